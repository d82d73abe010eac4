// What a transition changes: rows of the store, the window, timers, and the run as a whole.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/turns.h"

namespace aigc::pipeline {

Status Loop::Turns::Take(Slot& slot, Transition step) {
  AIGC_RETURN_IF_ERROR(RenewUploads(slot, step));
  const store::TaskRow before = slot.flight.row;
  const std::int64_t send = slot.flight.send;
  slot.flight = std::move(step.next);
  Flight& flight = slot.flight;
  const WallTime now = clock_.Now();

  if (step.send_ended) {
    AIGC_RETURN_IF_ERROR(
        store_.FinishSend(send, step.send_outcome, now, step.code, step.message, step.request_id));
    flight.send = 0;
  }
  if (step.submission_changed && flight.submission.key != 0) {
    AIGC_RETURN_IF_ERROR(store_.SetSubmission(flight.submission));
  }
  for (const std::size_t index : step.artifacts_changed) {
    AIGC_RETURN_IF_ERROR(store_.PutArtifact(flight.artifacts[index]));
  }
  AIGC_RETURN_IF_ERROR(RecordRow(before, step));

  if (before.state == TaskState::kRunning) --running_;
  if (flight.row.state == TaskState::kRunning) ++running_;
  if (HoldsSlot(before.state)) {
    NoteEnd(slot, step);
    Witness(slot, step);
  }
  if (HoldsSlot(before.state) && !HoldsSlot(flight.row.state)) {
    LeaveSlot(slot);
    queue_may_have_more_ = true;  // a model that was full may have room again
  }
  const Millis wait = step.wait;
  if (step.effect == Effect::kConcurrency) MeetConcurrency(before, step);
  React(step);
  slot.found = false;
  if (flight.phase == Phase::kDone) {
    queue_may_have_more_ = true;  // it may be back in the queue
    Forget(flight.row.key);
  } else {
    Schedule(slot, wait);
  }
  return {};
}

Status Loop::Turns::RecordRow(const store::TaskRow& before, const Transition& step) {
  const Flight& flight = slots_.at(before.key).flight;
  const store::TaskRow& after = flight.row;
  if (before.state == TaskState::kFailed && after.state == TaskState::kFailed &&
      before.error_code != after.error_code) {
    return RecordLateFailure(before, step);
  }
  if (before.state == after.state) {
    if (step.why.empty()) return {};
    changed_ = true;
    return store_.Note(after.key, clock_.Now(), step.why);
  }
  AIGC_RETURN_IF_ERROR(RecordChange(before, after, step.why));
  if (before.state == TaskState::kFailed) {
    // Overdue, and generated after all: nothing that waits for it is skipped any more.
    AIGC_RETURN_IF_ERROR(store_.SettleNeeds(clock_.Now(), Moved()));
    queue_may_have_more_ = true;
  }
  const bool without_file = !after.error_code.empty();
  if (after.state == TaskState::kSucceeded) ++(without_file ? unfetched_ : succeeded_);
  if (after.state == TaskState::kFailed || after.state == TaskState::kLost) ++failed_;
  PendingEvent event;
  event.id = after.id;
  event.generation = after.generation;
  event.from = before.state;
  event.to = after.state;
  event.why = step.why;
  event.code = after.error_code;
  event.message = after.error_message;
  event.request_id = after.request_id;
  event.advice = step.advice;
  events_.push_back(std::move(event));
  AIGC_RETURN_IF_ERROR(TellWaiting(after));
  NoticeCanary(after);
  StopAfterFailures();
  return {};
}

// An overdue task that failed at the service after all: the state knows no change from failed to
// failed, so it was running once more, for a moment.
Status Loop::Turns::RecordLateFailure(const store::TaskRow& before, const Transition& step) {
  store::TaskRow seen = before;
  seen.state = TaskState::kRunning;
  AIGC_RETURN_IF_ERROR(RecordChange(before, seen, "overdue, and seen to have ended"));
  changed_ = true;
  return RecordChange(seen, slots_.at(before.key).flight.row, step.why);
}

Status Loop::Turns::RecordChange(const store::TaskRow& before, const store::TaskRow& after,
                                 std::string why) {
  store::TaskChange change;
  change.task = after.key;
  change.from = before.state;
  change.to = after.state;
  change.why = std::move(why);
  change.at = clock_.Now();
  change.due = after.due;
  change.attempts = after.attempts;
  change.concurrency_refusals = after.concurrency_refusals;
  change.error_code = after.error_code;
  change.error_message = after.error_message;
  change.request_id = after.request_id;
  change.submitted_at = after.submitted_at;
  change.started_at = after.started_at;
  change.finished_at = after.finished_at;
  change.downloaded_at = after.downloaded_at;
  return store_.Apply(change);
}

void Loop::Turns::React(const Transition& step) {
  const SteadyTime now = clock_.Ticks();
  if (step.answered) {
    silent_since_.reset();
  } else {
    if (!silent_since_) silent_since_ = now;
    last_silence_ = Error{ErrorCode::kUnreachable, step.message.empty() ? step.code : step.message};
  }
  const auto explain = [&](ErrorCode code) {
    return Error{
        code, step.message.empty() ? step.code : fmt::format("{}: {}", step.code, step.message),
        step.request_id.empty() ? "" : "request " + step.request_id, std::string(step.advice)};
  };
  switch (step.effect) {
    case Effect::kNone:
      break;
    case Effect::kSlowCreates:
      if (create_pacer_.Slow(now, clock_.Now(), step.message)) {
        Notice(Severity::kInfo,
               fmt::format("the service asks for fewer requests a second, submitting at "
                           "{:.1f}/s of {:.1f}/s for now: {}",
                           create_pacer_.RateAt(now), create_pacer_.rate(), step.message));
      }
      break;
    case Effect::kSlowQueries:
      if (query_pacer_.Slow(now, clock_.Now(), step.message)) {
        Notice(Severity::kInfo,
               fmt::format("the service asks for fewer requests a second, looking at "
                           "{:.1f}/s of {:.1f}/s for now: {}",
                           query_pacer_.RateAt(now), query_pacer_.rate(), step.message));
      }
      break;
    case Effect::kConcurrency:
      break;  // MeetConcurrency
    case Effect::kStopCredentials: {
      // A refused query means that nothing can be followed either.
      const bool query = !step.send_ended;
      Stop(StopReason::kCredentials, explain(ErrorCode::kCredentials), query);
      break;
    }
    case Effect::kStopAccount:
      Stop(StopReason::kAccount, explain(ErrorCode::kAccount), /*abort=*/false);
      break;
    case Effect::kStopUntrusted: {
      Error cause = explain(ErrorCode::kUntrusted);
      if (cause.hint.empty()) {
        cause.hint = "if a proxy or a private endpoint is meant, give its CA with --ca-file";
      }
      Stop(StopReason::kUntrusted, std::move(cause), /*abort=*/true);
      break;
    }
    case Effect::kStopLocal: {
      Error cause = explain(ErrorCode::kIo);
      cause.hint = "make room or allow writing there, then carry on with the same command";
      Stop(StopReason::kLocal, std::move(cause), /*abort=*/true);
      break;
    }
  }
}

void Loop::Turns::Stop(StopReason reason, Error cause, bool abort) {
  submitting_ = false;
  // Whoever waits behind an intake is to hear of it at once; what runs is followed by the next run.
  aborting_ = aborting_ || abort || options_.intake != nullptr;
  if (reason_ != StopReason::kFinished) return;  // the first reason is the one to tell
  reason_ = reason;
  cause_ = std::move(cause);
  if (reason != StopReason::kInterrupted) {
    Notice(Severity::kWarning,
           (abort ? "stopping: " : "submitting nothing more: ") + cause_.message);
  }
}

void Loop::Turns::Schedule(Slot& slot, Millis wait) {
  const Phase phase = slot.flight.phase;
  if (phase == Phase::kSending || phase == Phase::kParked) {
    slot.timed = false;
    return;
  }
  slot.wake = clock_.Ticks() + Micros{wait};
  slot.timed = true;
  timers_.emplace(slot.wake, slot.flight.row.key);
}

void Loop::Turns::Notice(Severity severity, std::string text) {
  notices_.push_back({severity, std::move(text)});
}

void Loop::Turns::Forget(Key task) { slots_.erase(task); }

}  // namespace aigc::pipeline
