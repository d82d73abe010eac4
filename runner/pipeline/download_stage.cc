// From a result to files on disk.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/backoff.h"
#include "pipeline/stages.h"

namespace aigc::pipeline {
namespace {

using api::Failure;
using api::FailureKind;

// A link that answers 403, 404 or 410 is asked for anew this often (8.3).
constexpr int kRefreshes = 2;
// Failures in a row after which a result is left for the next run; nothing is lost by that.
constexpr int kFetchFailures = 12;
// A length that differs from the service's own MetaData.Size this often is the true length.
constexpr int kLengthMismatches = 3;

bool LinkDied(const Failure& failure) {
  return failure.kind == FailureKind::kHttp &&
         (failure.http_status == 403 || failure.http_status == 404 || failure.http_status == 410);
}

Transition TryLater(Flight flight, const Failure& failure, const StepContext& context) {
  Transition step;
  step.code = failure.code;
  step.message = failure.message;
  step.answered = true;  // other hosts than the API's
  if (++flight.fetch_failures >= kFetchFailures) {
    flight.phase = Phase::kParked;
    step.why = fmt::format("download failed {} times, left for the next run: {}",
                           flight.fetch_failures, failure.message);
  } else {
    step.wait =
        FullJitter(flight.fetch_failures - 1, Seconds{1}, Seconds{60}, context.chance, Millis{200});
    flight.phase = Phase::kFetch;
  }
  step.next = std::move(flight);
  return step;
}

}  // namespace

Transition EndWithoutFile(Flight flight, std::string message, std::string why) {
  if (flight.row.error_code != kFileMissing) {
    return Fail(std::move(flight), std::string(kExpired), std::move(message), std::move(why));
  }
  Transition step;
  flight.row.state = TaskState::kSucceeded;
  flight.row.error_code = kExpired;
  flight.row.error_message = message;
  flight.phase = Phase::kDone;
  step.code = kExpired;
  step.message = std::move(message);
  step.why = std::move(why) + "; it stays a success without its file";
  step.next = std::move(flight);
  return step;
}

Transition FetchNext(Flight flight, std::string why, const StepContext& context) {
  Transition step;
  step.why = std::move(why);
  const bool whole = std::all_of(
      flight.artifacts.begin(), flight.artifacts.end(), [](const store::ArtifactRow& artifact) {
        return !artifact.path.empty() || (artifact.url.empty() && artifact.content.empty());
      });
  if (whole || !context.download) {
    if (whole) {
      if (context.download) flight.row.downloaded_at = context.now;
      flight.row.error_code.clear();
      flight.row.error_message.clear();
    }
    flight.row.state = TaskState::kSucceeded;
    flight.phase = Phase::kDone;
  } else {
    flight.row.state = TaskState::kDownloading;
    flight.phase = Phase::kFetch;
  }
  step.next = std::move(flight);
  return step;
}

Transition AfterFetch(Flight flight, std::size_t index, const api::Completion& completion,
                      const StepContext& context) {
  if (const auto* done = std::get_if<api::DownloadAnswer>(&completion.answer)) {
    store::ArtifactRow& artifact = flight.artifacts[index];
    artifact.path = done->stored.path;
    artifact.bytes = static_cast<std::int64_t>(done->stored.bytes);
    artifact.sha256 = done->stored.sha256;
    flight.fetch_failures = 0;
    Transition step = FetchNext(std::move(flight), "downloaded", context);
    step.artifacts_changed.push_back(index);
    if (step.next.row.state == TaskState::kDownloading) step.why.clear();  // more to come
    return step;
  }
  const auto* failed = std::get_if<Failure>(&completion.answer);
  const Failure failure = failed ? *failed : Failure{};
  if (failure.kind == FailureKind::kLocal && failure.local_code != ErrorCode::kInvalid) {
    Transition step;
    flight.phase = Phase::kParked;
    step.code = failure.code;
    step.message = failure.message;
    step.effect = Effect::kStopLocal;
    step.next = std::move(flight);
    return step;
  }
  if (failure.kind == FailureKind::kLocal && ++flight.length_mismatches >= kLengthMismatches) {
    flight.artifacts[index].expected_bytes = 0;
  }
  if (LinkDied(failure)) {
    const Millis age = context.server_now - flight.submission.accepted_at;
    if (flight.refreshes < kRefreshes && age < kVisibility) {
      ++flight.refreshes;
      Transition step;
      flight.phase = Phase::kRefresh;
      flight.empty_looks = 0;
      step.why =
          fmt::format("the link answered HTTP {}, asking for a fresh one", failure.http_status);
      step.next = std::move(flight);
      return step;
    }
    return EndWithoutFile(std::move(flight),
                          fmt::format("the result's link answers HTTP {}", failure.http_status),
                          "the link died, and the service gave no better one");
  }
  return TryLater(std::move(flight), failure, context);
}

}  // namespace aigc::pipeline
