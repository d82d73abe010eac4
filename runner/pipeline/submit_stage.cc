// From a create request on the wire to a task id, a refusal, or `lost`.
//
// A send ends accepted, refused or unknown. While no send of the submission is unknown, a refusal
// is the truth about the whole submission. After one unknown send only finding it in the list gives
// it a good end: a refusal of the very same bytes says nothing about the send before (reference 6.4
// step 2), so it ends the tries and leaves the task to a person, after a last search made when the
// unknown send can no longer arrive. Everything else goes round: search three times, send the same
// bytes again under the same SessionId, search again.
#include <fmt/format.h>

#include <algorithm>

#include "api/error_class.h"
#include "pipeline/backoff.h"
#include "pipeline/stages.h"

namespace aigc::pipeline {
namespace {

using api::ErrorClass;
using api::Failure;
using api::FailureKind;
using store::SendOutcome;
using store::SubmissionOutcome;

// Reference 6.4 step 3: search, wait 5 s, search again, twice; then send again.
constexpr int kSearchesPerSend = 3;
constexpr Millis kBetweenSearches = Seconds{5};
// The list lags behind the answer by a moment.
constexpr Millis kBeforeFirstSearch = Seconds{1};
// After a duplicate the task must be in the list sooner or later: with back-off for about an hour.
constexpr int kSearchesAfterDuplicate = 24;
// Repeats of one submission whose outcome stayed unknown. With the back-off below the last comes
// about half an hour after the first; a request that never gets a readable answer is then left to a
// person.
constexpr int kUnknownSends = 10;
// Refusals because the service is short of something (7.2: "after several tries account").
constexpr int kBusySends = 6;

struct Reading {
  SendOutcome outcome = SendOutcome::kUnknown;
  ErrorClass error_class = ErrorClass::kAmbiguous;
  std::string_view advice{};
};

// What a failed create request says about its own send.
Reading Read(const Failure& failure, const StepContext& context) {
  switch (failure.kind) {
    case FailureKind::kNotSent:
    case FailureKind::kUntrusted:
      return {SendOutcome::kRefused, ErrorClass::kTransient, {}};
    case FailureKind::kUnclear:
    case FailureKind::kLocal:
      return {SendOutcome::kUnknown, ErrorClass::kAmbiguous, {}};
    case FailureKind::kHttp: {
      const bool final = failure.http_status >= 400 && failure.http_status < 500 &&
                         failure.http_status != 408 && failure.http_status != 429;
      if (final) return {SendOutcome::kRefused, ErrorClass::kPermanent, {}};
      return {SendOutcome::kUnknown, ErrorClass::kAmbiguous, {}};
    }
    case FailureKind::kApi:
      break;
  }
  api::Verdict verdict = api::ClassifyApiError(failure.code, failure.message, /*create=*/true);
  // With nothing else of ours in flight it cannot have been one too many of ours.
  if (verdict.guessed && context.in_flight <= 1) verdict.error_class = ErrorClass::kRate;
  const bool unknown = verdict.error_class == ErrorClass::kAmbiguous ||
                       verdict.error_class == ErrorClass::kDuplicate ||
                       verdict.error_class == ErrorClass::kTransient ||
                       verdict.error_class == ErrorClass::kTransientOnce ||
                       verdict.error_class == ErrorClass::kUnknown;
  return {unknown ? SendOutcome::kUnknown : SendOutcome::kRefused, verdict.error_class,
          verdict.advice};
}

Effect EffectOf(const Failure& failure, ErrorClass error_class) {
  if (failure.kind == FailureKind::kUntrusted) return Effect::kStopUntrusted;
  switch (error_class) {
    case ErrorClass::kRate:
      return Effect::kSlowCreates;
    case ErrorClass::kConcurrency:
      return Effect::kConcurrency;
    case ErrorClass::kAuth:
      return Effect::kStopCredentials;
    case ErrorClass::kClock:
      return failure.clock_corrected ? Effect::kNone : Effect::kStopCredentials;
    case ErrorClass::kAccount:
      return AccountEffect(failure.code);
    case ErrorClass::kBusy:
    case ErrorClass::kAmbiguous:
    case ErrorClass::kDuplicate:
    case ErrorClass::kPermanent:
    case ErrorClass::kContent:
    case ErrorClass::kTransient:
    case ErrorClass::kTransientOnce:
    case ErrorClass::kUnknown:
    case ErrorClass::kUnknownTask:
      break;
  }
  return Effect::kNone;
}

// How long a refused submission waits before its next send.
Millis RefusalDelay(const Failure& failure, ErrorClass error_class, int sends,
                    const StepContext& context) {
  if (failure.clock_corrected) return Millis{0};
  if (error_class == ErrorClass::kRate) {
    // Reference 6.1: 1, 2, 4 … s with jitter, at most 30 s.
    return FullJitter(sends - 1, Seconds{1}, Seconds{30}, context.chance, Millis{200});
  }
  if (error_class == ErrorClass::kBusy) {
    return FullJitter(sends - 1, Seconds{60}, std::chrono::minutes{10}, context.chance,
                      Seconds{30});
  }
  return FullJitter(sends - 1, Seconds{2}, Seconds{60}, context.chance, Seconds{1});
}

std::string Because(const Failure& failure) {
  if (failure.kind == FailureKind::kHttp) return fmt::format("HTTP {}", failure.http_status);
  return failure.message.empty() ? failure.code
                                 : fmt::format("{}: {}", failure.code, failure.message);
}

// A refusal while every send of the submission is known to be refused: nothing can have been
// accepted, so nothing is held of the budget until the next send.
Transition Refused(Flight flight, const Failure& failure, const Reading& reading,
                   const StepContext& context) {
  flight.submission.charge = store::ChargeStatus::kReleased;
  if (flight.cancel) {
    return CancelRefused(std::move(flight), "cancelled; its send was refused: " + Because(failure));
  }
  if (reading.error_class == ErrorClass::kPermanent ||
      reading.error_class == ErrorClass::kContent ||
      reading.error_class == ErrorClass::kUnknownTask) {
    flight.submission.outcome = SubmissionOutcome::kRefused;
    const std::string code = failure.kind == FailureKind::kHttp
                                 ? fmt::format("http_{}", failure.http_status)
                                 : failure.code;
    return Fail(std::move(flight), code, failure.message,
                fmt::format("refused: {}", Because(failure)));
  }
  flight.row.error_code = failure.code;
  flight.row.error_message = failure.message;
  if (reading.error_class == ErrorClass::kConcurrency || reading.error_class == ErrorClass::kAuth ||
      reading.error_class == ErrorClass::kAccount ||
      (reading.error_class == ErrorClass::kClock && !failure.clock_corrected)) {
    // Not this task's fault: it goes back to its place in the queue, with the same submission.
    return Requeue(std::move(flight), TaskState::kPending, Millis{0},
                   fmt::format("not accepted, back in the queue: {}", Because(failure)), context);
  }
  const Millis delay = RefusalDelay(failure, reading.error_class, flight.submission.sends, context);
  return Requeue(
      std::move(flight), TaskState::kWaitingRetry, delay,
      fmt::format("not accepted, again in {}: {}", FormatDuration(delay), Because(failure)),
      context);
}

// A send ended without acceptance while an earlier (or this) one is unknown.
Transition Unknown(Flight flight, const Failure& failure, const Reading& reading,
                   const StepContext& context) {
  Transition step;
  flight.searches = 0;
  flight.phase = Phase::kSearch;
  step.wait = kBeforeFirstSearch;
  if (reading.outcome == SendOutcome::kUnknown) flight.last_unknown = flight.sent;
  if (reading.error_class == ErrorClass::kDuplicate) {
    flight.duplicate = true;
    step.why =
        fmt::format("the service knows this submission, looking for it: {}", Because(failure));
  } else if (reading.outcome == SendOutcome::kRefused &&
             (reading.error_class == ErrorClass::kPermanent ||
              reading.error_class == ErrorClass::kContent)) {
    flight.refused_code = failure.code;
    flight.refused_message = failure.message;
    flight.searches = kSearchesPerSend - 1;  // one last search decides
    step.why = fmt::format("the repeat was refused, looking once more: {}", Because(failure));
  } else if (reading.outcome == SendOutcome::kRefused && !flight.cancel) {
    flight.phase = Phase::kResend;
    step.wait = std::max<Millis>(
        Seconds{1}, RefusalDelay(failure, reading.error_class, flight.submission.sends, context));
    step.why = fmt::format("the repeat was not accepted, again in {}: {}",
                           FormatDuration(step.wait), Because(failure));
  } else {
    step.why = fmt::format("outcome unknown, looking for it: {}", Because(failure));
  }
  step.next = std::move(flight);
  return step;
}

}  // namespace

bool MayResend(const Flight& flight, WallTime server_now) {
  if (flight.submission.unknown_sends == 0) return true;
  return flight.submission.unknown_sends < kUnknownSends && !flight.duplicate &&
         server_now - flight.submission.first_send_server < kResendWindow;
}

Transition AfterCreate(Flight flight, const api::Completion& completion,
                       const StepContext& context) {
  const std::string request_id = completion.request_id;
  if (!request_id.empty()) flight.row.request_id = request_id;
  if (const auto* accepted = std::get_if<api::CreateAnswer>(&completion.answer)) {
    --flight.submission.unknown_sends;
    Transition step = Accepted(std::move(flight), accepted->task_id, context.server_now,
                               fmt::format("accepted as {}", accepted->task_id), context);
    step.send_ended = true;
    step.send_outcome = SendOutcome::kAccepted;
    step.request_id = request_id;
    return step;
  }
  Failure unreadable;
  unreadable.code = "garbage";
  unreadable.message = "an answer of another kind";
  const auto* failed = std::get_if<Failure>(&completion.answer);
  const Failure& failure = failed ? *failed : unreadable;
  Reading reading = Read(failure, context);
  if (reading.error_class == ErrorClass::kBusy && flight.submission.sends >= kBusySends) {
    reading.error_class = ErrorClass::kAccount;
  }
  if (reading.outcome == SendOutcome::kRefused) --flight.submission.unknown_sends;
  const bool settled = flight.submission.unknown_sends == 0;
  Transition step = settled ? Refused(std::move(flight), failure, reading, context)
                            : Unknown(std::move(flight), failure, reading, context);
  step.submission_changed = step.submission_changed || settled;
  step.send_ended = true;
  step.send_outcome = reading.outcome;
  step.code = failure.code;
  step.message = failure.message;
  step.request_id = request_id;
  step.advice = reading.advice;
  step.effect = EffectOf(failure, reading.error_class);
  step.answered = !Unanswered(failure);
  return step;
}

Transition AfterSearch(Flight flight, const api::TaskSummary* found, const StepContext& context) {
  flight.search_failures = 0;
  if (found != nullptr) {
    return Accepted(std::move(flight), found->task_id, found->created.value_or(context.server_now),
                    fmt::format("found at the service as {}", found->task_id), context);
  }
  ++flight.searches;
  if (!flight.refused_code.empty() && flight.searches >= kSearchesPerSend) {
    if (const Millis left = flight.last_unknown + kSendLife - context.server_now;
        left > Millis{0}) {
      Transition step;
      flight.searches = kSearchesPerSend - 1;
      step.wait = left;
      step.why = fmt::format("refused, but an earlier send may still arrive: looking again in {}",
                             FormatDuration(left));
      step.next = std::move(flight);
      return step;
    }
    std::string why = fmt::format(
        "a repeat was refused ({}: {}), and whether the send before it was accepted is not known",
        flight.refused_code, flight.refused_message);
    return Lose(std::move(flight), std::move(why));
  }
  if (flight.duplicate || flight.cancel) {  // neither is sent again
    if (flight.searches >= kSearchesAfterDuplicate) {
      return Lose(std::move(flight),
                  flight.duplicate
                      ? "the service says that it has this submission, but does not list it"
                      : "cancelled while a send had no answer, and the service does not list it");
    }
    Transition step;
    step.wait = Doubling(flight.searches - 1, kBetweenSearches, std::chrono::minutes{5});
    step.next = std::move(flight);
    return step;
  }
  Transition step;
  if (flight.searches < kSearchesPerSend) {
    step.wait = kBetweenSearches;
    step.next = std::move(flight);
    return step;
  }
  if (!MayResend(flight, context.server_now)) {
    // Nothing is given up while a send may still arrive, or its task may still come into the list;
    // nor before all that the service lists was searched: a state that was put back from a backup
    // may have sent the same long ago.
    const Millis left = flight.last_unknown + kSendLife - context.server_now;
    if (left > Millis{0} || flight.searches <= kWideSearchAfter) {
      step.wait =
          Doubling(flight.searches - kSearchesPerSend, kBetweenSearches, std::chrono::minutes{5});
      if (left > Millis{0}) step.wait = std::min(step.wait, left);
      step.next = std::move(flight);
      return step;
    }
    const int unknown = flight.submission.unknown_sends;
    return Lose(
        std::move(flight),
        fmt::format("{} sends without a readable answer, and the service lists none of them",
                    unknown));
  }
  // Each further repeat waits longer: 0 s, about 10 s, 20 s … up to 5 min.
  const int repeats = flight.submission.sends - 1;
  step.wait = repeats == 0 ? Millis{0}
                           : FullJitter(repeats - 1, Seconds{10}, std::chrono::minutes{5},
                                        context.chance, Seconds{2});
  flight.phase = Phase::kResend;
  step.why = "not found at the service, sending the same request again under its SessionId";
  step.next = std::move(flight);
  return step;
}

Transition AfterSearchFailure(Flight flight, const api::Completion& completion,
                              const StepContext& context) {
  const int failures = flight.search_failures++;
  const auto* failure = std::get_if<Failure>(&completion.answer);
  return AskAgain(std::move(flight), failure ? *failure : Failure{}, failures, context);
}

}  // namespace aigc::pipeline
