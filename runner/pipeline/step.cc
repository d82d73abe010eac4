#include "pipeline/step.h"

#include <algorithm>

#include "api/error_class.h"
#include "pipeline/backoff.h"
#include "pipeline/poll_schedule.h"
#include "pipeline/stages.h"

namespace aigc::pipeline {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

// Where a task that was on its way when the last run ended goes on.
Transition AfterRestart(Flight flight, const StepContext& context) {
  Transition step;
  switch (flight.row.state) {
    case TaskState::kSubmitting:
      if (flight.submission.unknown_sends > 0) {
        flight.phase = Phase::kSearch;
        flight.last_unknown = context.server_now;  // at the latest
        step.why = "taken up again: a send has no recorded outcome, looking for it";
      } else if (flight.cancel) {
        return CancelRefused(std::move(flight), "cancelled; no send of it was accepted");
      } else {
        flight.phase = Phase::kResend;
      }
      break;
    case TaskState::kRunning:
      flight.phase = flight.cancel ? Phase::kAbort : Phase::kLook;
      step.why = "taken up again";
      break;
    case TaskState::kDownloading:
      return FetchNext(std::move(flight), "taken up again", context);
    case TaskState::kFailed:
      // Overdue in an earlier run: it may have finished since.
      if (context.server_now - flight.submission.accepted_at >= kVisibility) {
        return EndOverdue(std::move(flight));
      }
      flight.phase = Phase::kLook;
      break;
    case TaskState::kPending:
    case TaskState::kBlocked:
    case TaskState::kWaitingRetry:
    case TaskState::kSucceeded:
    case TaskState::kSkipped:
    case TaskState::kCancelled:
    case TaskState::kLost:
      flight.phase = Phase::kDone;
      break;
  }
  step.next = std::move(flight);
  return step;
}

}  // namespace

Transition Step(Flight flight, const Event& event, const StepContext& context) {
  return std::visit(
      Overloaded{
          [&](const Resumed&) { return AfterRestart(std::move(flight), context); },
          [&](const CreateEnded& e) {
            return AfterCreate(std::move(flight), e.completion, context);
          },
          [&](const SearchEnded& e) { return AfterSearch(std::move(flight), e.found, context); },
          [&](const SearchFailed& e) {
            return AfterSearchFailure(std::move(flight), e.completion, context);
          },
          [&](const LookEnded& e) { return AfterLook(std::move(flight), e.completion, context); },
          [&](const FetchEnded& e) {
            return AfterFetch(std::move(flight), e.artifact, e.completion, context);
          },
          [&](const CancelWanted&) { return AfterCancelWish(std::move(flight)); },
          [&](const AbortEnded& e) {
            return AfterAbort(std::move(flight), e.completion, context);
          }},
      event);
}

bool Unanswered(const api::Failure& failure) {
  using enum api::FailureKind;
  return failure.kind == kNotSent || failure.kind == kUntrusted || failure.kind == kUnclear ||
         failure.kind == kHttp;
}

Effect AccountEffect(std::string_view code) {
  const bool used_up = code.starts_with("LimitExceeded") || code.starts_with("Resource");
  return used_up ? Effect::kStopAccount : Effect::kStopCredentials;
}

Transition AskAgain(Flight flight, const api::Failure& failure, int failures,
                    const StepContext& context) {
  Transition step;
  step.code = failure.code;
  step.message = failure.message;
  step.answered = !Unanswered(failure);
  step.wait =
      FullJitter(failures, Seconds{2}, Seconds{60}, context.chance, context.limits.look_every);
  if (failure.kind == api::FailureKind::kUntrusted) step.effect = Effect::kStopUntrusted;
  if (failure.kind == api::FailureKind::kApi) {
    const api::Verdict verdict =
        api::ClassifyApiError(failure.code, failure.message, /*create=*/false);
    step.advice = verdict.advice;
    if (verdict.error_class == api::ErrorClass::kRate) step.effect = Effect::kSlowQueries;
    if (verdict.error_class == api::ErrorClass::kAuth) step.effect = Effect::kStopCredentials;
    if (verdict.error_class == api::ErrorClass::kAccount) step.effect = AccountEffect(failure.code);
    if (verdict.error_class == api::ErrorClass::kClock) {
      if (failure.clock_corrected) {
        step.wait = Millis{0};
      } else {
        step.effect = Effect::kStopCredentials;
      }
    }
  }
  step.next = std::move(flight);
  return step;
}

LookPlan PlanOf(const Flight& flight, const StepContext& context) {
  return {flight.expected, flight.early_look && flight.looks == 0, context.listed};
}

Millis PatienceWith(const Flight& flight, const Limits& limits) {
  return flight.off_peak ? std::max(limits.task_timeout, kOffPeakPatience) : limits.task_timeout;
}

Transition Accepted(Flight flight, const std::string& task_id, WallTime when, std::string why,
                    const StepContext& context) {
  Transition step;
  flight.row.state = TaskState::kRunning;
  flight.row.submitted_at = when;
  flight.row.error_code.clear();
  flight.row.error_message.clear();
  flight.submission.outcome = store::SubmissionOutcome::kAccepted;
  flight.submission.charge = store::ChargeStatus::kReserved;
  flight.submission.task_id = task_id;
  flight.submission.accepted_at = when;
  flight.phase = flight.cancel ? Phase::kAbort : Phase::kLook;
  flight.looks = 0;
  flight.unfinished_age = {};
  step.submission_changed = true;
  step.why = std::move(why);
  step.wait = flight.cancel ? Millis{0} : FirstLook(context.limits, PlanOf(flight, context));
  step.next = std::move(flight);
  return step;
}

Transition Fail(Flight flight, std::string code, std::string message, std::string why) {
  Transition step;
  flight.row.state = TaskState::kFailed;
  flight.row.error_code = code;
  flight.row.error_message = message;
  flight.phase = Phase::kDone;
  step.code = std::move(code);
  step.message = std::move(message);
  step.why = std::move(why);
  step.submission_changed = true;
  flight.submission.ended = flight.submission.outcome == store::SubmissionOutcome::kAccepted;
  if (flight.submission.ended) flight.submission.charge = store::ChargeStatus::kSpent;
  if (flight.submission.outcome == store::SubmissionOutcome::kRefused) {
    flight.submission.charge = store::ChargeStatus::kReleased;
  }
  flight.submission.error_code = flight.row.error_code;
  flight.submission.error_message = flight.row.error_message;
  step.next = std::move(flight);
  return step;
}

Transition Lose(Flight flight, std::string why) {
  Transition step;
  flight.row.state = TaskState::kLost;
  flight.row.error_code = "lost";
  flight.row.error_message = why;
  if (flight.submission.outcome == store::SubmissionOutcome::kOpen) {
    flight.submission.outcome = store::SubmissionOutcome::kLost;
  }
  flight.submission.ended = flight.submission.outcome == store::SubmissionOutcome::kAccepted;
  flight.phase = Phase::kDone;
  step.submission_changed = true;
  step.code = "lost";
  step.message = why;
  step.why = std::move(why);
  step.next = std::move(flight);
  return step;
}

Transition EndOverdue(Flight flight) {
  Transition step;
  flight.submission.ended = true;
  flight.phase = Phase::kDone;
  step.submission_changed = true;
  step.why = "overdue, and the service no longer tells about it";
  step.next = std::move(flight);
  return step;
}

Transition Requeue(Flight flight, TaskState to, Millis delay, std::string why,
                   const StepContext& context) {
  Transition step;
  // An earlier generation was only followed to its end: a new try would be paid for, and nobody
  // wants its result.
  if (!flight.row.current) to = TaskState::kCancelled;
  flight.row.state = to;
  flight.row.due = to == TaskState::kWaitingRetry ? context.now + delay : WallTime{};
  flight.phase = Phase::kDone;
  step.why = std::move(why);
  step.next = std::move(flight);
  return step;
}

}  // namespace aigc::pipeline
