// The loop's inside. Private to this room; the sources loop*.cc share it, one for each concern:
//   loop.cc            Run: turn, wait, end
//   loop_record.cc     what a transition changes: store, window, timers, effects, events
//   loop_submit.cc     filling slots: begin an attempt, repeat a send
//   loop_slots.cc      who holds a slot, and what it proves
//   loop_account.cc    what runs of one account share
//   loop_budget.cc     what may not be sent: no room in the budget, too many failures
//   loop_follow.cc     looks, searches, downloads
//   loop_sweep.cc      ends told by the service's list
//   loop_upload.cc     local files that tasks wait for
//   loop_needs.cc      tasks that wait for others, and the outputs they take
//   loop_inbox.cc      commands from other processes
//   loop_intake.cc     work from the same process
//   loop_steering.cc   limits set in mid-run, and pauses
//   loop_recovery.cc   what a lost state knew
//   loop_canary.cc     a few tasks of each model first
//   loop_expiry.cc     windows that close: what is fetched again, and warnings
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pipeline/batch_command.h"
#include "pipeline/finish_sweep.h"
#include "pipeline/intake.h"
#include "pipeline/loop.h"
#include "pipeline/pacer.h"
#include "pipeline/step.h"
#include "pipeline/sweep.h"
#include "pipeline/under_way.h"
#include "pipeline/window.h"
#include "task/session.h"

namespace aigc::pipeline {

class Loop::Turns {
 public:
  Turns(store::Store& store, api::Exchange& exchange, files::OutputFolder& files,
        const Clock& clock, Random& random, Observer& observer, LoopOptions options);

  Result<RunResult> Run();
  void RequestStop();
  void Wake() { exchange_.Wake(); }

 private:
  // loop.cc
  Status TakeUp();
  Status TakeUpOne(store::ActiveTask task);
  Status Turn(std::vector<api::Completion> completions);
  Status Handle(api::Completion& completion);
  Status RunTimers();
  void StartPrepared();
  void Tell();
  SteadyTime Deadline();
  Result<bool> Ended();
  Result<bool> EndedPaused();
  void CheckReachable();
  Result<RunResult> Finish();
  void NoticeServerTime(const api::Completion& completion);
  std::vector<api::Completion> WaitAndWatchClock();
  StepContext Context();
  WallTime ServerNow() const;

  // loop_record.cc
  Status Take(Slot& slot, Transition transition);
  Status RecordRow(const store::TaskRow& before, const Transition& step);
  Status RecordLateFailure(const store::TaskRow& before, const Transition& step);
  Status RecordChange(const store::TaskRow& before, const store::TaskRow& after, std::string why);
  void React(const Transition& step);
  void Notice(Severity severity, std::string text);
  void Stop(StopReason reason, Error cause, bool abort);
  void Schedule(Slot& slot, Millis wait);
  void Forget(Key task);

  // loop_submit.cc
  Status FillSlots();
  Status BeginAttempt(store::ActiveTask task);
  Status NewSubmission(Slot& slot, TaskSpec spec, std::string& body);
  Status SendAgain(Slot& slot);
  Status Send(Slot& slot, const std::string& body);
  bool MaySubmit() const;
  bool CreateSlotFree() const;

  // loop_slots.cc
  Status KnowModels();
  void NoteSpec(Flight& flight, const TaskSpec& spec);
  Status ReadSpec(Flight& flight);
  void TakeSlot(Slot& slot);
  void LeaveSlot(Slot& slot);
  void Witness(Slot& slot, const Transition& step);
  void MeetConcurrency(const store::TaskRow& row, const Transition& step);
  InProcess CountInProcess(const Tenant& like) const;
  void LookAtUnproved(const Tenant& like);
  void CountSlotUse();
  void NoteEnd(Slot& slot, const Transition& step);

  // loop_account.cc
  void BeginShared();
  void EndShared();
  Status SayWishes();
  void LeaveLate(SteadyTime decided);
  void StartCreate();
  void StartQuery();
  SteadyTime NextCreate() const;
  SteadyTime NextQuery() const;

  // loop_sweep.cc
  bool Sweeps() const;
  void PumpSweep();
  Status HandleFinishedPage(const api::Completion& completion);
  void PlanLooksAnew();

  // loop_budget.cc
  Result<bool> MayPay(const store::ActiveTask& task);
  Status StopForBudget();
  void StopAfterFailures();

  // loop_follow.cc
  Status Pump();
  Status StartLook(Slot& slot);
  Status StartSweep();
  Status HandlePage(const api::Completion& completion);
  void NoticeListing(const Sweep& sweep);
  Status StartFetch(Slot& slot);
  Status StartDownload(Slot& slot, std::size_t index, const TaskSpec& spec);
  bool QuerySlotFree() const;
  bool DownloadSlotFree() const;
  std::size_t Started(api::Lane lane) const;

  // loop_upload.cc
  Status PumpUploads();
  Status StartUploadStep(UploadSlot& slot);
  Status HandleUpload(const std::string& sha256, const api::Completion& completion);
  Status TakeUpload(UploadSlot& slot, UploadTransition step);
  Result<std::vector<std::string>> FillInUploads(TaskSpec& spec);
  Status AwaitUploads(const store::TaskRow& row, const std::vector<std::string>& missing);
  Status RenewUploads(Slot& slot, Transition& step);

  // loop_needs.cc
  store::OnMoved Moved();
  Status TellWaiting(const store::TaskRow& ended);
  Result<Sourcing> FindSources(const store::TaskRow& row, TaskSpec& spec);
  Result<Sourcing> FindSource(const store::TaskRow& row, Source& source,
                              std::int64_t& inline_bytes);
  Result<std::optional<Sourcing>> TakeCopy(const store::TaskRow& row,
                                           const store::ArtifactRow& artifact, Source& source,
                                           std::int64_t& inline_bytes, std::string& why_not);
  Result<std::optional<Sourcing>> UploadCopy(const store::TaskRow& row,
                                             const store::ArtifactRow& artifact, Source& source,
                                             std::string& why_not);
  void AskFreshLinks();
  Status HandleFreshLink(Key task, const api::Completion& completion);
  Status TellBlocked(const store::StateCounts& counts);
  // loop_inbox.cc
  Status TakeCommands();
  Status TakeCommand(const files::InboxFile& file);
  Result<CommandOutcome> CarryOutCommand(const BatchCommand& command);
  void ClearInbox();

  // loop_intake.cc
  Status TakeIntake();
  void AskQuestions();
  void TellIntake();

  // loop_steering.cc
  Status TakeUpSteering();
  Status FollowSteering(const BatchCommand& command);
  void UseSteering();
  bool IsPaused(const store::TaskRow& row) const;
  std::vector<std::string> ClosedModels() const;  // full or paused
  Result<bool> OnlyPauseHolds();
  Status StopForPause();

  // loop_canary.cc
  bool CanariesWait() const;
  Status ChooseCanaries();
  void NoticeCanary(const store::TaskRow& after);

  // loop_recovery.cc
  Status BeginRecovery();
  Status HandleListed(const api::Completion& completion);
  Status HandleRemoteDetail(const api::Completion& completion);
  Status AskRecoveryAgain(const api::Completion& completion);
  void FinishCheck(const RemoteList& list);
  Status AdoptListed();
  Result<std::int64_t> AddHistory(const store::TaskRow& row, const RemoteTask& task,
                                  std::set<std::string>& sessions);
  Status Adopt(const store::TaskRow& row, const RemoteTask& task,
               const std::vector<RemoteTask*>& candidates);

  // loop_expiry.cc
  Status FindMissingFiles();
  Status FetchMissingFiles();
  Status GiveUpFile(const store::TaskRow& row);
  void TellOutOfReach();
  Status WarnOfExpiry();
  void LookSoon(const Flight& flight);

  store::Store& store_;
  api::Exchange& exchange_;
  files::OutputFolder& files_;
  const Clock& clock_;
  Random& random_;
  Observer& observer_;
  LoopOptions options_;
  std::atomic<bool> stop_requested_{false};

  std::map<Key, Slot> slots_;
  std::unordered_map<api::Ticket, Errand> errands_;
  std::vector<Prepared> prepared_;
  std::vector<PendingEvent> events_;
  std::vector<PendingNotice> notices_;
  using Timer = std::pair<SteadyTime, Key>;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::deque<Key> resends_due_, searches_due_;
  // In order, but what the service will soon forget comes first, oldest first.
  std::set<std::tuple<WallTime, std::uint64_t, Key>> looks_due_;  // nearest its end first
  std::uint64_t looks_queued_ = 0;
  std::set<std::pair<WallTime, Key>> fetches_due_;  // what expires first comes first

  std::map<std::string, UploadSlot> uploads_;  // by hash
  bool uploads_may_have_more_ = true;          // files to upload were not found to be all begun
  std::map<Key, FreshLink> fresh_links_;       // by the task that made the output
  std::set<Key> asked_fresh_;                  // once in a run is enough
  store::Selection queue_selection_;  // what may be begun now: all that is selected, or canaries
  bool canaries_due_ = false;         // to be chosen before anything is begun
  std::set<Key> canaries_;            // chosen and not succeeded yet
  bool had_canaries_ = false;

  std::optional<Recovering> recovering_;  // nothing is submitted while it is there

  std::deque<store::TaskMark> missing_;  // fetch_only: may lack files
  SteadyTime expiry_due_{};              // when windows are looked at next
  Millis results_warned_ = Millis::max(), tasks_warned_ = Millis::max();  // at what rest of time

  SteadyTime inbox_due_{};                  // when it is looked into next
  std::vector<std::string> inbox_taken_;    // carried out in this turn, removed after it
  std::set<std::string> inbox_unreadable_;  // could not even be set aside: told once

  std::deque<Intake::Question> questions_;                           // not asked yet
  std::vector<std::pair<std::string, CommandOutcome>> carried_out_;  // of the intake, this turn
  bool intake_again_ = false;  // it was told something and may have an answer

  const Limits base_limits_;  // without what was set
  store::Steering steering_;
  bool paused_ = false;  // the whole batch
  std::vector<std::string> paused_models_;
  std::deque<Key> resends_held_;   // due, of a paused model
  bool waits_for_resume_ = false;  // a pause was taken up in this run

  Pacer create_pacer_, query_pacer_;         // the account's
  Pacer own_creates_, own_queries_;          // this run's, where another one may go faster
  int creates_left_ = 0, queries_left_ = 0;  // requests that start after this turn's commit
  Window window_;
  store::AccountView* shared_ = nullptr;  // between BeginShared() and EndShared()
  bool joined_ = false, account_lost_ = false;
  bool has_rivals_ = false;               // other runs were seen on the account
  bool yields_pace_ = false;              // one of them waits, and the last request was ours
  std::vector<std::string> full_then_{};  // models that were full when the queue was looked at
  bool hidden_ = false;                   // and hid their tasks
  enum class Waits { kNothing, kPace, kLane, kSlot } waits_ = Waits::kNothing;
  std::optional<Tenant> next_tenant_;  // of the queue, when it was seen
  SteadyTime wishes_due_{}, learnt_due_{};
  std::map<std::string, store::TimingRow> timings_;
  std::vector<std::pair<std::string, Millis>> learnt_;  // not in the account state yet
  FinishSweep finish_sweep_;
  std::size_t running_ = 0;                                   // tasks in state running
  bool sweeps_ = false;                                       // looks were planned for that
  SteadyTime use_at_{};                                       // slot use is counted up to here
  std::size_t use_possible_ = 0;                              // slots that could be used since
  Micros busy_{0}, possible_{0};                              // slot-time in this run
  std::int64_t busy_before_ms_ = 0, possible_before_ms_ = 0;  // in earlier runs of the batch
  std::optional<Sweep> sweep_;
  bool sweep_page_due_ = false;
  bool listing_judged_ = false;  // it was seen whether the service lists our tasks
  std::size_t creates_out_ = 0, downloads_out_ = 0;

  bool queue_may_have_more_ = true;  // the ready queue was not found empty since it last changed
  WallTime ready_until_{};           // due times up to this count as past: the wall clock went back
  std::optional<WallTime> queue_due_;  // earliest due time in it, when it was found empty

  // The task that was next when the budget left no room for it; none while it is worth looking.
  struct Unaffordable {
    std::string id;
    std::optional<std::int64_t> micros;
  };
  std::optional<Unaffordable> unaffordable_;
  bool told_of_budget_ = false;

  StopReason reason_ = StopReason::kFinished;
  Error cause_;
  bool submitting_ = true;                  // false: nothing new is sent
  bool aborting_ = false;                   // leave as soon as nothing that matters is on the wire
  std::optional<SteadyTime> leave_at_;      // the grace time's end
  std::optional<SteadyTime> silent_since_;  // first failure since the last answer of the service
  Error last_silence_;

  Millis skew_{0};  // the service's clock less ours
  // The wall clock jumped, by hand or in a sleep, and the service was not heard of since.
  bool clock_doubted_ = false;
  WallTime server_mark_{}, recorded_mark_{};
  std::int64_t succeeded_ = 0, failed_ = 0;
  std::int64_t unfetched_ = 0;             // succeeded before, and not to be fetched again
  std::vector<std::string> out_of_reach_;  // the first ids of those that the service has deleted
  std::int64_t out_of_reach_count_ = 0;
  bool changed_ = false;  // something to show since the last OnProgress
};

}  // namespace aigc::pipeline
