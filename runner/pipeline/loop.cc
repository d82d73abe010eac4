#include "pipeline/loop.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

// After a stop: how long to wait for create requests, whose answers matter, and for everything
// else, which the next run asks again.
constexpr Micros kCreateGrace = Seconds{20};
constexpr Micros kOtherGrace = Seconds{3};
// The state keeps the service's clock only this exactly; it guards windows of days.
constexpr Millis kMarkStep = Seconds{60};
// The wall clock does not run away from the steady one by so much in one wait by itself.
constexpr Micros kClockJump = Seconds{60};
// What other runs on the account do is looked at this often by one that waits for a slot.
constexpr Micros kRivalsEvery = Millis{200};
// Nothing is waited for longer than this in one go, so that a wall clock that jumps is noticed.
constexpr Micros kLongestWait = Seconds{60};

}  // namespace

Loop::Loop(store::Store& store, api::Exchange& exchange, files::OutputFolder& files,
           const Clock& clock, Random& random, Observer& observer, LoopOptions options)
    : turns_(std::make_unique<Turns>(store, exchange, files, clock, random, observer,
                                     std::move(options))) {}

Loop::~Loop() = default;

Result<RunResult> Loop::Run() { return turns_->Run(); }

void Loop::RequestStop() { turns_->RequestStop(); }

void Loop::Wake() { turns_->Wake(); }

Loop::Turns::Turns(store::Store& store, api::Exchange& exchange, files::OutputFolder& files,
                   const Clock& clock, Random& random, Observer& observer, LoopOptions options)
    : store_(store),
      exchange_(exchange),
      files_(files),
      clock_(clock),
      random_(random),
      observer_(observer),
      options_(std::move(options)),
      queue_selection_(options_.selection),
      canaries_due_(options_.limits.canary > 0 && !options_.fetch_only),
      base_limits_(options_.limits),
      create_pacer_(options_.limits.submit_rate),
      query_pacer_(options_.limits.poll_rate),
      own_creates_(options_.limits.submit_rate),
      own_queries_(options_.limits.poll_rate),
      window_(options_.limits),
      server_mark_(options_.server_mark),
      recorded_mark_(options_.server_mark) {}

void Loop::Turns::RequestStop() {
  stop_requested_ = true;
  exchange_.Wake();
}

Result<RunResult> Loop::Turns::Run() {
  AIGC_RETURN_IF_ERROR(TakeUpSteering());
  BeginShared();
  if (Status taken_up = TakeUp(); !taken_up.ok()) return std::move(taken_up).error();
  EndShared();
  AIGC_RETURN_IF_ERROR(BeginRecovery());
  std::vector<api::Completion> completions;
  while (true) {
    AIGC_RETURN_IF_ERROR(Turn(std::move(completions)));
    AIGC_ASSIGN_OR_RETURN(bool ended, Ended());
    if (ended && options_.inbox != nullptr) {
      // What came in last is taken up by this run still, and may go on with it.
      inbox_due_ = clock_.Ticks();
      AIGC_RETURN_IF_ERROR(Turn({}));
      AIGC_ASSIGN_OR_RETURN(ended, Ended());
    }
    if (ended) return Finish();
    completions = WaitAndWatchClock();
  }
}

std::vector<api::Completion> Loop::Turns::WaitAndWatchClock() {
  const WallTime wall = clock_.Now();
  const SteadyTime ticks = clock_.Ticks();
  auto completions = exchange_.Wait(Deadline());
  const Micros jump = (clock_.Now() - wall) - (clock_.Ticks() - ticks);
  if (std::chrono::abs(jump) > kClockJump) {
    clock_doubted_ = true;
    for (auto& [ticket, errand] : errands_) errand.slept = true;
  }
  return completions;
}

// Everything that was on its way when the last run ended goes on before anything new is begun.
Status Loop::Turns::TakeUp() {
  AIGC_ASSIGN_OR_RETURN(std::vector<store::ActiveTask> active, store_.LoadActive());
  if (options_.fetch_only) {
    std::erase_if(active, [](const store::ActiveTask& task) {
      return task.row.state != TaskState::kDownloading;
    });
    submitting_ = false;
    AIGC_RETURN_IF_ERROR(FindMissingFiles());
  } else {
    AIGC_ASSIGN_OR_RETURN(std::vector<store::ActiveTask> overdue, store_.LoadOverdue());
    std::move(overdue.begin(), overdue.end(), std::back_inserter(active));
  }
  AIGC_RETURN_IF_ERROR(KnowModels());
  AIGC_RETURN_IF_ERROR(store_.BeginTurn());
  for (store::ActiveTask& task : active) AIGC_RETURN_IF_ERROR(TakeUpOne(std::move(task)));
  AIGC_RETURN_IF_ERROR(store_.SettleNeeds(clock_.Now(), Moved()));
  return store_.CommitTurn();
}

Status Loop::Turns::TakeUpOne(store::ActiveTask task) {
  Slot& slot = slots_[task.row.key];
  slot.flight.row = std::move(task.row);
  slot.flight.submission = task.submission.value_or(store::SubmissionRow{});
  slot.flight.artifacts = std::move(task.artifacts);
  slot.flight.cancel = task.cancel_wanted;
  if (slot.flight.row.state == TaskState::kRunning) ++running_;
  if (HoldsSlot(slot.flight.row.state)) {
    AIGC_RETURN_IF_ERROR(ReadSpec(slot.flight));
    TakeSlot(slot);
  }
  return Take(slot, Step(slot.flight, Resumed{}, Context()));
}

Status Loop::Turns::Turn(std::vector<api::Completion> completions) {
  if (stop_requested_ && reason_ == StopReason::kFinished) {
    Stop(StopReason::kInterrupted, Error{ErrorCode::kInterrupted, "interrupted"}, /*abort=*/true);
  }
  AIGC_RETURN_IF_ERROR(store_.BeginTurn());
  const SteadyTime begun = clock_.Ticks();
  CountSlotUse();
  if (!completions.empty()) {
    BeginShared();
    for (api::Completion& completion : completions) AIGC_RETURN_IF_ERROR(Handle(completion));
    EndShared();
  }
  CheckReachable();
  AIGC_RETURN_IF_ERROR(TakeCommands());
  AIGC_RETURN_IF_ERROR(TakeIntake());
  AIGC_RETURN_IF_ERROR(FetchMissingFiles());
  AIGC_RETURN_IF_ERROR(WarnOfExpiry());
  AIGC_RETURN_IF_ERROR(RunTimers());
  BeginShared();
  AIGC_RETURN_IF_ERROR(Pump());
  AIGC_RETURN_IF_ERROR(PumpUploads());
  AIGC_RETURN_IF_ERROR(FillSlots());
  const bool room = waits_ != Waits::kNothing;
  use_possible_ = room ? window_.limit(clock_.Ticks()) : 0;
  AIGC_RETURN_IF_ERROR(SayWishes());
  EndShared();
  if (server_mark_ - recorded_mark_ >= kMarkStep) {
    AIGC_RETURN_IF_ERROR(store_.RaiseServerMark(server_mark_));
    recorded_mark_ = server_mark_;
  }
  AIGC_RETURN_IF_ERROR(store_.CommitTurn());
  ClearInbox();
  LeaveLate(begun);
  StartPrepared();
  Tell();
  return {};
}

Status Loop::Turns::Handle(api::Completion& completion) {
  const auto found = errands_.find(completion.ticket);
  if (found == errands_.end()) {
    return Error{ErrorCode::kInternal, "an answer came for a request that was not sent"};
  }
  const Errand errand = found->second;
  errands_.erase(found);
  if (!errand.slept) clock_doubted_ = false;
  // An answer from before a sleep tells of a clock that is long past; of one that was set, the
  // truth.
  if (!errand.slept || clock_doubted_) NoticeServerTime(completion);
  if (const auto* failure = std::get_if<api::Failure>(&completion.answer);
      failure != nullptr && failure->clock_corrected) {
    Notice(Severity::kWarning,
           fmt::format("this machine's clock is {} the service's by {}; signing with its time",
                       skew_ > Millis{0} ? "behind" : "ahead of",
                       FormatDuration(std::chrono::abs(skew_))));
  }
  if (errand.purpose == Purpose::kCreate) --creates_out_;
  if (errand.purpose == Purpose::kFetch) --downloads_out_;
  if (errand.purpose == Purpose::kSweep) return HandlePage(completion);
  if (errand.purpose == Purpose::kUpload) return HandleUpload(errand.file, completion);
  if (errand.purpose == Purpose::kFreshLink) return HandleFreshLink(errand.task, completion);
  if (errand.purpose == Purpose::kRecover) return HandleListed(completion);
  if (errand.purpose == Purpose::kAsk) {
    options_.intake->Answered(errand.question, completion);
    return {};
  }
  if (errand.purpose == Purpose::kFinished) return HandleFinishedPage(completion);
  const auto place = slots_.find(errand.task);
  if (place == slots_.end())
    return Error{ErrorCode::kInternal, "an answer came for a forgotten task"};
  Slot& slot = place->second;
  slot.on_wire = false;
  switch (errand.purpose) {
    case Purpose::kCreate:
      return Take(slot, Step(slot.flight, CreateEnded{completion}, Context()));
    case Purpose::kFetch:
      return Take(slot, Step(slot.flight, FetchEnded{errand.artifact, completion}, Context()));
    case Purpose::kAbort:
      return Take(slot, Step(slot.flight, AbortEnded{completion}, Context()));
    case Purpose::kLook:
    case Purpose::kSweep:
    case Purpose::kUpload:
    case Purpose::kFreshLink:
    case Purpose::kRecover:
    case Purpose::kAsk:
    case Purpose::kFinished:
      break;
  }
  return Take(slot, Step(slot.flight, LookEnded{completion}, Context()));
}

// Moves every flight whose time has come to the queue of what it does next.
Status Loop::Turns::RunTimers() {
  const SteadyTime now = clock_.Ticks();
  while (!timers_.empty() && timers_.top().first <= now) {
    const auto [wake, task] = timers_.top();
    timers_.pop();
    const auto place = slots_.find(task);
    if (place == slots_.end() || !place->second.timed || place->second.wake != wake) continue;
    Slot& slot = place->second;
    slot.timed = false;
    switch (slot.flight.phase) {
      case Phase::kLook:
      case Phase::kRefresh:
      case Phase::kAbort:
        LookSoon(slot.flight);
        break;
      case Phase::kSearch:
        searches_due_.push_back(task);
        break;
      case Phase::kResend:
        resends_due_.push_back(task);
        break;
      case Phase::kFetch: {
        WallTime first = WallTime::max();
        for (const auto& artifact : slot.flight.artifacts) {
          if (artifact.path.empty() && artifact.expires > WallTime{}) {
            first = std::min(first, artifact.expires);
          }
        }
        fetches_due_.emplace(first, task);
        break;
      }
      case Phase::kSending:
      case Phase::kParked:
      case Phase::kDone:
        break;
    }
  }
  return {};
}

void Loop::Turns::StartPrepared() {
  for (Prepared& prepared : prepared_) {
    errands_.emplace(exchange_.Start(std::move(prepared.request)), prepared.errand);
  }
  prepared_.clear();
}

void Loop::Turns::Tell() {
  TellIntake();
  const WallTime now = clock_.Now();
  for (const PendingEvent& event : events_) {
    observer_.OnTask({now, event.id, event.generation, event.from, event.to, event.why, event.code,
                      event.message, event.advice, event.request_id});
    changed_ = true;
  }
  events_.clear();
  for (const PendingNotice& notice : notices_) {
    observer_.OnNotice(now, notice.severity, notice.text);
  }
  notices_.clear();
  Progress progress;
  progress.at = now;
  progress.ticks = clock_.Ticks();
  progress.in_flight = window_.in_flight();
  progress.window = window_.limit(progress.ticks);
  progress.downloads = downloads_out_;
  progress.submit_rate = create_pacer_.RateAt(progress.ticks);
  progress.poll_rate = query_pacer_.RateAt(progress.ticks);
  progress.stopping = !submitting_ && !options_.fetch_only;
  progress.paused = paused_;
  if (!options_.fetch_only) progress.limits = &options_.limits;
  progress.changed = std::exchange(changed_, false);
  observer_.OnProgress(progress);
}

SteadyTime Loop::Turns::Deadline() {
  const SteadyTime now = clock_.Ticks();
  SteadyTime deadline = now + kLongestWait;
  const auto consider = [&deadline](SteadyTime at) { deadline = std::min(deadline, at); };
  if (leave_at_) consider(*leave_at_);
  if (options_.inbox != nullptr) consider(inbox_due_);
  if (aborting_) return deadline;  // nothing new is started
  if (intake_again_) consider(now);
  if (!questions_.empty() && exchange_.Capacity(api::Lane::kQuery) > 0) {
    consider(NextQuery());
  }
  if (!timers_.empty()) consider(timers_.top().first);
  for (const auto& [task, link] : fresh_links_) {
    if (!link.on_wire && exchange_.Capacity(api::Lane::kQuery) > 0) {
      consider(std::max(link.at, NextQuery()));
    }
  }
  if (recovering_ && recovering_->due_now && exchange_.Capacity(api::Lane::kQuery) > 0) {
    consider(std::max(recovering_->due, NextQuery()));
  }
  const bool search_waits = !searches_due_.empty() && !sweep_;  // one search at a time
  if ((!looks_due_.empty() || sweep_page_due_ || search_waits) &&
      exchange_.Capacity(api::Lane::kQuery) > 0) {
    consider(NextQuery());
  }
  if (const auto due = finish_sweep_.Due(running_);
      due && exchange_.Capacity(api::Lane::kQuery) > 0) {
    consider(std::max(*due, NextQuery()));
  }
  if (MaySubmit()) {
    if (uploads_may_have_more_ && uploads_.empty()) consider(now);
    for (const auto& [sha256, upload] : uploads_) {
      if (upload.on_wire) continue;
      const bool query = upload.upload.phase != UploadPhase::kPut;
      const api::Lane lane = query ? api::Lane::kQuery : api::Lane::kUpload;
      if (exchange_.Capacity(lane) == 0) continue;  // what ends there wakes the loop
      consider(query ? std::max(upload.wake, NextQuery()) : upload.wake);
    }
  }
  if (MaySubmit() && exchange_.Capacity(api::Lane::kCreate) > 0) {
    if (!resends_due_.empty()) consider(NextCreate());
    if (waits_ == Waits::kPace) consider(NextCreate());
    if (waits_ == Waits::kSlot) {
      if (const auto opening = window_.NextOpening(now)) consider(*opening);
      if (has_rivals_) consider(now + kRivalsEvery);
    }
    if (queue_due_) {
      const Millis wait = std::max(Millis{1}, *queue_due_ - clock_.Now());
      consider(now + std::min(Micros{wait}, kLongestWait));
    }
  }
  if (silent_since_) consider(*silent_since_ + Micros{options_.limits.give_up_after});
  return deadline;
}

Result<bool> Loop::Turns::Ended() {
  if (aborting_) {
    if (errands_.empty()) return true;
    const SteadyTime now = clock_.Ticks();
    if (!leave_at_) leave_at_ = now + (creates_out_ > 0 ? kCreateGrace : kOtherGrace);
    if (creates_out_ == 0) leave_at_ = std::min(*leave_at_, now + kOtherGrace);
    return now >= *leave_at_;
  }
  if (options_.intake != nullptr && options_.intake->Open()) return false;
  if (!errands_.empty() || !missing_.empty() || recovering_) return false;
  for (const auto& [task, slot] : slots_) {
    // What waits for a repeat can go no further once nothing may be sent; the next run goes on with
    // it. An overdue task is looked at once, and does not keep a run going.
    const Flight& flight = slot.flight;
    const bool overdue = flight.row.state == TaskState::kFailed && flight.phase == Phase::kLook;
    const bool stuck = flight.phase == Phase::kParked ||
                       (flight.phase == Phase::kResend && (!submitting_ || IsPaused(flight.row))) ||
                       (overdue && flight.looks + flight.look_failures > 0);
    if (!stuck) return false;
  }
  if (!submitting_) return true;
  if (paused_) return EndedPaused();
  if (!uploads_.empty() || uploads_may_have_more_) return false;
  if (!fresh_links_.empty() || queue_may_have_more_ || hidden_) return false;
  if (unaffordable_) {
    AIGC_RETURN_IF_ERROR(StopForBudget());
    return true;
  }
  if (queue_due_) return false;
  return EndedPaused();
}

// Nothing else is left to do.
Result<bool> Loop::Turns::EndedPaused() {
  AIGC_ASSIGN_OR_RETURN(const bool held, OnlyPauseHolds());
  if (!held) return true;
  if (waits_for_resume_) return false;
  AIGC_RETURN_IF_ERROR(StopForPause());
  return true;
}

void Loop::Turns::CheckReachable() {
  if (!silent_since_ || aborting_) return;
  if (clock_.Ticks() - *silent_since_ < options_.limits.give_up_after) return;
  Error cause = last_silence_;
  cause.code = ErrorCode::kUnreachable;
  cause.message = fmt::format("the service gave no answer for {}: {}",
                              FormatDuration(options_.limits.give_up_after), cause.message);
  cause.hint = "nothing is lost; check the network, then carry on with the same command";
  Stop(StopReason::kUnreachable, std::move(cause), /*abort=*/true);
}

Result<RunResult> Loop::Turns::Finish() {
  RunResult result;
  if (reason_ == StopReason::kFinished && !canaries_.empty()) {
    reason_ = StopReason::kCanary;
    cause_ = Error{ErrorCode::kAccount, "not every canary came to its end", "",
                   "the rest was not begun; carry on with the same command"};
  }
  result.reason = reason_;
  result.cause = cause_;
  CountSlotUse();
  learnt_due_ = {};
  BeginShared();
  EndShared();
  result.slots_busy = std::chrono::duration_cast<Millis>(busy_);
  result.slots_possible = std::chrono::duration_cast<Millis>(possible_);
  result.succeeded = succeeded_;
  result.failed = failed_;
  result.unfetched = unfetched_;
  TellOutOfReach();
  AIGC_ASSIGN_OR_RETURN(result.counts, store_.Counts(options_.selection));
  AIGC_RETURN_IF_ERROR(TellBlocked(result.counts));
  return result;
}

void Loop::Turns::NoticeServerTime(const api::Completion& completion) {
  if (!completion.server_time) return;
  // A Date header has whole seconds: half of one is the best guess.
  skew_ = *completion.server_time + Millis{500} - clock_.Now();
  if (std::chrono::abs(skew_) < Seconds{2}) skew_ = Millis{0};
  server_mark_ = std::max(server_mark_, *completion.server_time);
}

WallTime Loop::Turns::ServerNow() const { return std::max(clock_.Now() + skew_, server_mark_); }

StepContext Loop::Turns::Context() {
  return {clock_.Now(),   ServerNow(),         options_.limits, options_.download,
          random_.Unit(), window_.in_flight(), sweeps_};
}

}  // namespace aigc::pipeline
