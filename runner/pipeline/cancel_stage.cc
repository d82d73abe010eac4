// From a person's wish to have a task cancelled to its end. What may have been accepted is never
// called cancelled on our word alone: it is looked for, the service is asked to take it out of its
// queue, and a look says what became of it. What runs already is paid for and followed to its end.
#include <fmt/format.h>

#include "api/error_class.h"
#include "pipeline/stages.h"

namespace aigc::pipeline {
namespace {

using api::ErrorClass;
using api::Failure;

constexpr char kCommitted[] =
    "too late to cancel: the service works on it, it is paid for and followed to its end";

}  // namespace

Transition Cancel(Flight flight, std::string why) {
  Transition step;
  flight.row.state = TaskState::kCancelled;
  flight.row.error_code.clear();
  flight.row.error_message.clear();
  flight.phase = Phase::kDone;
  step.submission_changed = true;
  step.why = std::move(why);
  step.next = std::move(flight);
  return step;
}

Transition CancelRefused(Flight flight, std::string why) {
  flight.submission.outcome = store::SubmissionOutcome::kRefused;
  flight.submission.charge = store::ChargeStatus::kReleased;
  return Cancel(std::move(flight), std::move(why));
}

Transition AfterCancelWish(Flight flight) {
  Transition step;
  flight.cancel = true;
  if (flight.phase == Phase::kResend) {
    if (flight.submission.unknown_sends == 0) {
      return CancelRefused(std::move(flight), "cancelled; no send of it was accepted");
    }
    flight.phase = Phase::kSearch;
    flight.searches = 0;
  } else if (flight.phase == Phase::kLook) {
    flight.phase = Phase::kAbort;
  }
  step.next = std::move(flight);
  return step;
}

Transition CancelOrFollow(Flight flight, api::RemoteStatus status, Millis next_look,
                          const StepContext& context) {
  Transition step;
  if (status == api::RemoteStatus::kProcessing) {
    flight.committed = true;
    step.why = kCommitted;
    step.wait = next_look;
  } else {
    flight.phase = Phase::kAbort;
    if (flight.aborts > 0) step.wait = context.limits.look_every;  // agreed, and not seen yet
  }
  step.next = std::move(flight);
  return step;
}

Transition AfterAbort(Flight flight, const api::Completion& completion,
                      const StepContext& context) {
  if (!completion.request_id.empty()) flight.row.request_id = completion.request_id;
  flight.phase = Phase::kLook;
  const auto* failure = std::get_if<Failure>(&completion.answer);
  if (failure == nullptr) {
    // The next look is the proof.
    Transition step;
    flight.look_failures = 0;
    ++flight.aborts;
    step.why = "the service was asked to take it out of its queue, and agreed";
    step.next = std::move(flight);
    return step;
  }
  if (failure->kind == api::FailureKind::kApi) {
    const ErrorClass error_class =
        api::ClassifyApiError(failure->code, failure->message, /*create=*/false).error_class;
    const bool refused = error_class == ErrorClass::kPermanent ||
                         error_class == ErrorClass::kAuth ||  // may look, but not cancel
                         error_class == ErrorClass::kUnknownTask;
    if (refused) {
      Transition step;
      flight.committed = true;
      step.code = failure->code;
      step.message = failure->message;
      step.request_id = completion.request_id;
      step.why = error_class == ErrorClass::kPermanent
                     ? fmt::format("{} ({})", kCommitted, failure->code)
                     : fmt::format("the service does not cancel it, followed to its end: {}: {}",
                                   failure->code, failure->message);
      step.wait = context.limits.look_every;
      step.next = std::move(flight);
      return step;
    }
  }
  const int failures = flight.look_failures++;
  flight.phase = Phase::kAbort;
  return AskAgain(std::move(flight), *failure, failures, context);
}

}  // namespace aigc::pipeline
