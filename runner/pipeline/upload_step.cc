#include "pipeline/upload_step.h"

#include <fmt/format.h>

#include "api/error_class.h"
#include "pipeline/backoff.h"
#include "pipeline/stages.h"

namespace aigc::pipeline {
namespace {

using api::ErrorClass;
using api::Failure;
using api::FailureKind;

// Places asked for in a row for one upload before it is given up: keys that never work.
constexpr int kMostPlaces = 6;
// A PUT that failed so often without an answer gets a new place: the old one may be the reason.
constexpr int kPutsPerPlace = 3;
constexpr Millis kFirstRetry = Seconds{1};
constexpr Millis kLastRetry = Seconds{60};
constexpr int kFewestFailures = 5;  // before it is given up for taking too long

UploadTransition Fail(Upload upload, std::string code, std::string message) {
  UploadTransition step;
  step.why = fmt::format("{} cannot be uploaded: {}", upload.file.path, message);
  step.failed = true;
  step.code = std::move(code);
  step.message = std::move(message);
  step.next = std::move(upload);
  return step;
}

bool MayPass(int http_status) {
  return http_status < 400 || http_status >= 500 || http_status == 408 || http_status == 429;
}

UploadTransition Again(Upload upload, UploadPhase phase, const Failure& failure,
                       const StepContext& context) {
  ++upload.failures;
  if (!upload.failing_since) upload.failing_since = context.now;
  const bool placeless = phase == UploadPhase::kApply && upload.places >= kMostPlaces;
  if (placeless || (upload.failures >= kFewestFailures &&
                    context.now - *upload.failing_since >= context.limits.give_up_after)) {
    return Fail(std::move(upload), "upload_failed",
                fmt::format("the upload failed again and again, last with {}: {}", failure.code,
                            failure.message));
  }
  upload.phase = phase;
  UploadTransition step;
  step.wait = FullJitter(upload.failures - 1, kFirstRetry, kLastRetry, context.chance, Seconds{1});
  step.code = failure.code;
  step.message = failure.message;
  step.why = fmt::format("uploading {}: {}: {}; again in {}", upload.file.path, failure.code,
                         failure.message, FormatDuration(step.wait));
  step.next = std::move(upload);
  return step;
}

UploadTransition AfterApi(Upload upload, const Failure& failure, const StepContext& context) {
  const UploadPhase phase = upload.phase;
  if (failure.kind != FailureKind::kApi) {
    if (failure.kind == FailureKind::kHttp && !MayPass(failure.http_status)) {
      return Fail(std::move(upload), "upload_failed", failure.message);
    }
    UploadTransition step = Again(std::move(upload), phase, failure, context);
    step.answered = !Unanswered(failure);
    return step;
  }
  const api::Verdict verdict =
      api::ClassifyApiError(failure.code, failure.message, /*create=*/false);
  const ErrorClass found = verdict.error_class;
  // The key or the content is not there any more: a new place for both (7.2).
  const bool forgotten =
      phase == UploadPhase::kCommit &&
      (failure.code == "InvalidParameterValue.VodSessionKey" || found == ErrorClass::kUnknownTask);
  const bool final = found == ErrorClass::kPermanent || found == ErrorClass::kContent ||
                     found == ErrorClass::kDuplicate || found == ErrorClass::kUnknownTask;
  UploadTransition step =
      final && !forgotten
          ? Fail(std::move(upload), "upload_failed",
                 fmt::format("{}: {}", failure.code, failure.message))
          : Again(std::move(upload), forgotten ? UploadPhase::kApply : phase, failure, context);
  step.advice = verdict.advice;
  if (found == ErrorClass::kRate) step.effect = Effect::kSlowQueries;
  if (found == ErrorClass::kAuth) step.effect = Effect::kStopCredentials;
  if (found == ErrorClass::kAccount) step.effect = AccountEffect(failure.code);
  if (found == ErrorClass::kClock) {
    if (failure.clock_corrected) {
      step.wait = Millis{0};
    } else {
      step.effect = Effect::kStopCredentials;
    }
  }
  return step;
}

UploadTransition AfterStorage(Upload upload, const Failure& failure, const StepContext& context) {
  switch (failure.kind) {
    case FailureKind::kLocal:
      if (failure.local_code == ErrorCode::kInvalid) {
        const std::string path = upload.file.path;
        return Fail(
            std::move(upload), "input_changed",
            fmt::format("{} is not the file any more that the plan saw; it was not sent", path));
      }
      return Fail(std::move(upload), "upload_failed", failure.message);
    case FailureKind::kHttp:
      // 403 covers keys that are over, a wrong clock and a refused signature: with a new place come
      // new keys, and the time to sign with is corrected by then.
      if (failure.http_status == 403) {
        return Again(std::move(upload), UploadPhase::kApply, failure, context);
      }
      if (!MayPass(failure.http_status)) {
        return Fail(std::move(upload), "upload_failed", failure.message);
      }
      break;
    case FailureKind::kNotSent:
    case FailureKind::kUntrusted:
    case FailureKind::kUnclear:
    case FailureKind::kApi:
      break;
  }
  const bool elsewhere = (upload.failures + 1) % kPutsPerPlace == 0 && upload.places < kMostPlaces;
  return Again(std::move(upload), elsewhere ? UploadPhase::kApply : UploadPhase::kPut, failure,
               context);
}

}  // namespace

bool IsUsable(const store::UploadRow& file, WallTime now) {
  return !file.file_id.empty() &&
         (file.expires == WallTime{} || file.expires > now + kUploadMargin);
}

UploadTransition AfterUpload(Upload upload, const api::Completion& completion,
                             const StepContext& context) {
  UploadTransition step;
  const bool put = upload.phase == UploadPhase::kPut;
  if (const auto* place = std::get_if<api::UploadPlace>(&completion.answer)) {
    upload.place = *place;
    // Both times on the right are the service's, so that a wrong clock of ours does not matter; the
    // answer may have taken its time, so that the life is counted from the question.
    upload.keys_until.reset();
    if (place->expires) {
      const WallTime told = completion.server_time.value_or(context.server_now);
      upload.keys_until = upload.asked_at + (*place->expires - told);
    }
    ++upload.places;
    upload.phase = UploadPhase::kPut;
    step.next = std::move(upload);
  } else if (std::holds_alternative<api::PutObjectAnswer>(completion.answer)) {
    upload.phase = UploadPhase::kCommit;
    step.next = std::move(upload);
  } else if (const auto* done = std::get_if<api::CommitUploadAnswer>(&completion.answer)) {
    step.file_id = done->file_id;
    step.next = std::move(upload);
  } else {
    const auto* failure = std::get_if<Failure>(&completion.answer);
    const Failure other{FailureKind::kUnclear, 0, "garbage", "an answer of another kind"};
    step = put ? AfterStorage(std::move(upload), failure ? *failure : other, context)
               : AfterApi(std::move(upload), failure ? *failure : other, context);
    if (failure != nullptr && failure->kind == FailureKind::kUntrusted) {
      step.effect = Effect::kStopUntrusted;
    }
  }
  step.api = !put;
  step.request_id = completion.request_id;
  return step;
}

bool KeysAreOver(const Upload& upload, WallTime now) {
  return upload.keys_until && *upload.keys_until < now + kKeyMargin && upload.places < kMostPlaces;
}

UploadTransition CannotRead(Upload upload, const Error& error) {
  return Fail(std::move(upload), "upload_failed", Describe(error));
}

}  // namespace aigc::pipeline
