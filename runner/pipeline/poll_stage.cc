// From a task id to a result, a failure with or without another attempt, or overdue.
#include <fmt/format.h>

#include <algorithm>

#include "api/error_class.h"
#include "pipeline/backoff.h"
#include "pipeline/poll_schedule.h"
#include "pipeline/stages.h"

namespace aigc::pipeline {
namespace {

using api::ErrorClass;
using api::Failure;
using api::RemoteStatus;
using api::TaskDetail;

// A task the service does not know in its first minute may just not be there yet (7.2).
constexpr Millis kSettling = Seconds{60};
// Finished without any output: asked again three times over a minute (8.1).
constexpr int kEmptyLooks = 3;
constexpr Millis kBetweenEmptyLooks = Seconds{20};
// Failed for concurrency: 30 s doubling, at most 20 times (design: "Never pay twice" 4).
constexpr int kConcurrencyRefusals = 20;
// Overdue tasks are looked at this often while a run goes on.
constexpr Millis kBetweenLateLooks = std::chrono::minutes{10};
// New attempts after a failure come after minutes (7.3: model backlog, resources short).
constexpr Millis kFirstRetry = Seconds{30};
constexpr Millis kLastRetry = std::chrono::minutes{15};

// How long the task has been generating: by the service's clock once it said when it began.
Millis SlotTime(const Flight& flight, const StepContext& context) {
  return flight.row.started_at > WallTime{} ? context.server_now - flight.row.started_at
                                            : context.server_now - flight.submission.accepted_at;
}

// How many attempts a failure of this class may use in all.
int AttemptsFor(ErrorClass error_class, int limit) {
  switch (error_class) {
    case ErrorClass::kTransient:
    case ErrorClass::kBusy:
    case ErrorClass::kRate:
    case ErrorClass::kAmbiguous:
      return limit;
    case ErrorClass::kTransientOnce:
      return std::min(limit, 2);
    case ErrorClass::kUnknown:
      return std::min(limit, 3);
    case ErrorClass::kConcurrency:
    case ErrorClass::kDuplicate:
    case ErrorClass::kPermanent:
    case ErrorClass::kContent:
    case ErrorClass::kUnknownTask:
    case ErrorClass::kAuth:
    case ErrorClass::kClock:
    case ErrorClass::kAccount:
      break;
  }
  return 1;
}

// What a task that failed after it was accepted costs. One that was too many at once was never
// generated.
store::ChargeStatus FailedCharge(ErrorClass error_class, const StepContext& context) {
  const bool free = context.limits.failed_cost_free || error_class == ErrorClass::kConcurrency ||
                    error_class == ErrorClass::kRate;
  return free ? store::ChargeStatus::kReleased : store::ChargeStatus::kSpent;
}

// How long it took. FinishTime has whole seconds, and the clocks may differ: what our own looks saw
// bounds it.
Millis TimeTaken(const Flight& flight, const TaskDetail& detail, const StepContext& context) {
  const Millis seen = std::max(Millis{0}, context.server_now - flight.submission.accepted_at);
  const Millis said =
      detail.finished.value_or(context.server_now) + Seconds{1} - flight.submission.accepted_at;
  return std::clamp(said, std::min(flight.unfinished_age, seen), seen);
}

Transition Ended(Flight flight, const TaskDetail& detail, const StepContext& context) {
  const api::Verdict verdict =
      detail.status == RemoteStatus::kAborted
          ? api::Verdict{ErrorClass::kPermanent, "the task was aborted while it waited"}
          : api::ClassifyTaskError(detail.err_code, detail.err_code_ext, detail.message);
  const std::string code = detail.status == RemoteStatus::kAborted
                               ? "aborted"
                               : api::TaskErrorCode(detail.err_code, detail.err_code_ext);
  const std::string message = detail.message;
  flight.row.finished_at = detail.finished.value_or(context.now);
  flight.submission.ended = true;
  flight.submission.error_code = code;
  flight.submission.error_message = message;
  flight.row.error_code = code;
  flight.row.error_message = message;

  Transition step;
  if (flight.row.state == TaskState::kFailed) {
    // Overdue until now; that it ended at the service lets `retry --failed` make it anew.
    step = Fail(std::move(flight), code, message,
                fmt::format("overdue, and failed in the end ({}): {}", code, message));
  } else if (flight.cancel) {
    step = Cancel(std::move(flight),
                  detail.status == RemoteStatus::kAborted
                      ? "cancelled; the service had not begun it"
                      : fmt::format("cancelled; it had failed ({}): {}", code, message));
  } else if (verdict.error_class == ErrorClass::kConcurrency &&
             flight.row.concurrency_refusals < kConcurrencyRefusals) {
    const Millis delay =
        Doubling(flight.row.concurrency_refusals, Seconds{30}, std::chrono::minutes{15});
    ++flight.row.concurrency_refusals;
    flight.row.attempts = std::max(0, flight.row.attempts - 1);  // not this task's fault
    step = Requeue(std::move(flight), TaskState::kWaitingRetry, delay,
                   fmt::format("too many tasks at once, a new submission in {}: {}",
                               FormatDuration(delay), message),
                   context);
    step.effect = Effect::kConcurrency;
  } else if (flight.row.attempts < AttemptsFor(verdict.error_class, context.limits.attempts)) {
    const Millis delay =
        FullJitter(flight.row.attempts, kFirstRetry, kLastRetry, context.chance, Seconds{10});
    const int next = flight.row.attempts + 1;
    step = Requeue(std::move(flight), TaskState::kWaitingRetry, delay,
                   fmt::format("failed ({}), attempt {} of {} in {}: {}", code, next,
                               context.limits.attempts, FormatDuration(delay), message),
                   context);
  } else {
    step = Fail(std::move(flight), code, message, fmt::format("failed ({}): {}", code, message));
  }
  step.submission_changed = true;
  step.next.submission.charge = detail.status == RemoteStatus::kAborted
                                    ? store::ChargeStatus::kReleased  // it was never begun
                                    : FailedCharge(verdict.error_class, context);
  step.ended_at = detail.finished.value_or(context.server_now);
  step.code = code;
  step.message = message;
  step.advice = verdict.advice;
  step.proof =
      verdict.error_class != ErrorClass::kConcurrency && detail.status != RemoteStatus::kAborted;
  return step;
}

Transition Finished(Flight flight, const TaskDetail& detail, const StepContext& context) {
  flight.row.finished_at = detail.finished.value_or(context.now);
  if (flight.row.error_code != kFileMissing) {
    flight.row.error_code.clear();
    flight.row.error_message.clear();
  }
  flight.submission.ended = true;
  flight.submission.charge = store::ChargeStatus::kSpent;
  const std::vector<store::ArtifactRow> known = std::move(flight.artifacts);
  flight.artifacts.clear();
  std::vector<std::size_t> changed;
  for (const api::OutputFile& output : detail.outputs) {
    store::ArtifactRow artifact;
    artifact.number = static_cast<int>(flight.artifacts.size()) + 1;
    if (flight.artifacts.size() < known.size()) artifact = known[flight.artifacts.size()];
    artifact.task = flight.row.key;
    artifact.url = output.url;
    artifact.file_id = output.file_id;
    artifact.content = output.content;
    artifact.usage_type = output.usage_type;
    artifact.media_type = output.file_type;
    artifact.expires = output.expires.value_or(WallTime{});
    artifact.expected_bytes = output.bytes;
    changed.push_back(flight.artifacts.size());
    flight.artifacts.push_back(std::move(artifact));
  }
  const bool late = flight.row.state == TaskState::kFailed;
  const bool refreshed = flight.row.state == TaskState::kDownloading;
  const Millis took = TimeTaken(flight, detail, context);
  Transition step = FetchNext(std::move(flight),
                              late ? "overdue, and generated after all" : "generated", context);
  step.artifacts_changed.insert(step.artifacts_changed.end(), changed.begin(), changed.end());
  step.submission_changed = true;
  step.proof = true;
  if (!refreshed) {
    step.took = took;
    step.ended_at = detail.finished.value_or(context.server_now);
  }
  return step;
}

Transition LookAgain(Flight flight, Millis wait) {
  Transition step;
  step.wait = wait;
  step.next = std::move(flight);
  return step;
}

Transition Overdue(Flight flight, const StepContext& context) {
  const Millis timeout = PatienceWith(flight, context.limits);
  Transition step =
      Fail(std::move(flight), "overdue",
           fmt::format("accepted, and not finished after {}", FormatDuration(timeout)),
           fmt::format("not finished after {}: given up for this run, it may still finish",
                       FormatDuration(timeout)));
  step.next.submission.ended = false;  // it may still finish; later runs look at it again
  step.next.submission.charge = store::ChargeStatus::kReserved;
  step.next.submission.error_code.clear();
  step.next.submission.error_message.clear();
  return step;
}

Transition Detailed(Flight flight, const TaskDetail& detail, const StepContext& context) {
  flight.look_failures = 0;
  ++flight.looks;
  if (detail.began) flight.row.started_at = *detail.began;
  const bool refreshing = flight.phase == Phase::kRefresh;
  if (detail.status == RemoteStatus::kAborted) return Ended(std::move(flight), detail, context);
  if (detail.status == RemoteStatus::kFinished) {
    if (!detail.has_task) return LookAgain(std::move(flight), context.limits.look_every);  // 8.1
    if (!EndedWell(detail) && !refreshing) return Ended(std::move(flight), detail, context);
    if (!detail.outputs.empty()) return Finished(std::move(flight), detail, context);
    if (++flight.empty_looks <= kEmptyLooks)
      return LookAgain(std::move(flight), kBetweenEmptyLooks);
    if (flight.row.error_code == kFileMissing) {
      return EndWithoutFile(std::move(flight), "the service names no output file any more",
                            "the link died, and the service names no other");
    }
    Transition step = Fail(std::move(flight), "empty_output", "finished without an output file",
                           "finished, but the service names no output file");
    step.next.submission.charge = FailedCharge(ErrorClass::kUnknown, context);
    return step;
  }
  if (flight.row.state == TaskState::kFailed) {
    return LookAgain(std::move(flight), kBetweenLateLooks);
  }
  if (SlotTime(flight, context) > PatienceWith(flight, context.limits)) {
    return Overdue(std::move(flight), context);
  }
  const Millis age = context.server_now - flight.submission.accepted_at;
  const Millis wait = NextLook(context.limits, PlanOf(flight, context), age);
  flight.unfinished_age = age;
  Transition step = flight.cancel && !flight.committed
                        ? CancelOrFollow(std::move(flight), detail.status, wait, context)
                        : LookAgain(std::move(flight), wait);
  step.proof = detail.status == RemoteStatus::kProcessing;
  step.queued = detail.status == RemoteStatus::kWaiting;
  return step;
}

}  // namespace

bool EndedWell(const TaskDetail& detail) {
  return detail.err_code == 0 &&
         (detail.err_code_ext.empty() || detail.err_code_ext == "0" ||
          detail.err_code_ext == "Success") &&
         detail.inner_status != "FAIL";
}

Transition AfterLook(Flight flight, const api::Completion& completion, const StepContext& context) {
  if (!completion.request_id.empty()) flight.row.request_id = completion.request_id;
  if (const auto* detail = std::get_if<TaskDetail>(&completion.answer)) {
    return Detailed(std::move(flight), *detail, context);
  }
  const auto* failed = std::get_if<Failure>(&completion.answer);
  const Failure failure = failed ? *failed : Failure{};
  const int failures = flight.look_failures++;
  const Millis age = context.server_now - flight.submission.accepted_at;
  if (failure.kind == api::FailureKind::kApi &&
      api::ClassifyApiError(failure.code, failure.message, /*create=*/false).error_class ==
          ErrorClass::kUnknownTask) {
    // Not found within the window is never proof that the task is gone.
    if (age < kSettling) return LookAgain(std::move(flight), Seconds{5});
    if (age < kVisibility) {
      if (flight.row.state == TaskState::kFailed) {
        return LookAgain(std::move(flight), kBetweenLateLooks);
      }
      if (flight.row.state == TaskState::kRunning && age > PatienceWith(flight, context.limits)) {
        return Overdue(std::move(flight), context);
      }
      return LookAgain(std::move(flight), Doubling(failures, Seconds{10}, std::chrono::minutes{5}));
    }
    if (flight.phase == Phase::kRefresh) {
      return EndWithoutFile(std::move(flight),
                            "the result's link died and the service no longer knows the task",
                            "the link died, and after 72 h there is no fresh one");
    }
    if (flight.row.state == TaskState::kFailed) return EndOverdue(std::move(flight));
    return Lose(std::move(flight),
                "accepted, but the service no longer knows the task (older than 72 h)");
  }
  return AskAgain(std::move(flight), failure, failures, context);
}

}  // namespace aigc::pipeline
