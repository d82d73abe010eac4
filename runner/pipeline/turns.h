// The loop's inside. Private to this room; the sources loop*.cc share it, one for each concern:
//   loop.cc         Run: turn, wait, end
//   loop_record.cc  what a transition changes: store, window, timers, effects, events
//   loop_submit.cc  filling slots: begin an attempt, repeat a send
//   loop_budget.cc  what may not be sent: no room in the budget, too many failures
//   loop_follow.cc  looks, searches, downloads
//   loop_upload.cc  local files that tasks wait for
//   loop_needs.cc   tasks that wait for others, and the outputs they take
//   loop_inbox.cc   commands from other processes
//   loop_intake.cc  work from the same process
//   loop_recovery.cc  what a lost state knew
//   loop_canary.cc  a few tasks of each model first
//   loop_expiry.cc  windows that close: what is fetched again, and warnings
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

#include "pipeline/intake.h"
#include "pipeline/loop.h"
#include "pipeline/pacer.h"
#include "pipeline/step.h"
#include "pipeline/sweep.h"
#include "pipeline/upload_step.h"
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
  using Key = std::int64_t;  // TaskRow::key

  // A flight with what the loop itself keeps about it.
  struct Slot {
    Flight flight;
    SteadyTime wake{};  // when flight.phase acts; matches one entry of timers_
    bool timed = false;
    bool on_wire = false;  // a request of it is out
  };

  enum class Purpose {
    kCreate,
    kLook,
    kSweep,
    kFetch,
    kFreshLink,
    kUpload,
    kAbort,
    kRecover,
    kAsk
  };
  struct Errand {  // what a ticket was for
    Purpose purpose = Purpose::kLook;
    Key task = 0;
    std::size_t artifact = 0;
    std::string file{};          // kUpload: its hash
    std::uint64_t question = 0;  // kAsk: its number
  };
  struct UploadSlot {
    Upload upload;
    SteadyTime wake{};  // when upload.phase acts
    bool on_wire = false;
  };
  struct Prepared {  // recorded in this turn, started after its commit
    Errand errand;
    api::Request request;
  };
  struct PendingEvent {  // told to the observer after the commit
    std::string id, why, code, message, request_id;
    std::string_view advice;
    int generation = 1;
    TaskState from = TaskState::kPending, to = TaskState::kPending;
  };

  // Whether all outputs of other tasks that a task takes can be handed to the service.
  enum class Readiness {
    kReady,
    kWaits,  // for a fresh link or an upload: the task is blocked again
    kFails,  // and never will be
  };
  struct Sourcing {
    Readiness readiness = Readiness::kReady;
    std::string code, message;  // kFails: why
  };
  struct FreshLink {  // asked for, of a task that others need
    std::string id, task_id;
    SteadyTime at{};  // not before
    int failures = 0;
    bool on_wire = false;
  };

  // A task that the service lists under this batch's name.
  struct Listed {
    SubmissionKey key;
    std::string session_id, task_id;
    WallTime created{};
  };
  struct Recovering {
    api::ListRequest next;
    std::set<std::string> tokens;          // seen
    std::map<std::string, Listed> newest;  // by task id and fingerprint, unknown to the state
    std::int64_t listed = 0;               // of this batch, unknown to the state
    bool aigc = false;                     // some task of this kind was listed
    bool page_due = true;
    int failures = 0;
    SteadyTime due{};
  };

  struct PendingNotice {
    Severity severity;
    std::string text;
  };

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
  void CheckReachable();
  Result<RunResult> Finish();
  void NoticeServerTime(const api::Completion& completion);
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
  store::OnMoved OnUploadMoved();

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

  // loop_canary.cc
  bool CanariesWait() const;
  Status ChooseCanaries();
  void NoticeCanary(const store::TaskRow& after);

  // loop_recovery.cc
  Status BeginRecovery();
  Status HandleListed(const api::Completion& completion);
  Status FinishRecovery();
  Status Adopt(const store::TaskRow& row, const Listed& listed);

  // loop_expiry.cc
  Status FindMissingFiles();
  Status FetchMissingFiles();
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
  std::set<std::tuple<WallTime, std::uint64_t, Key>> looks_due_;
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

  Pacer create_pacer_, query_pacer_;
  Window window_;
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
  WallTime server_mark_{}, recorded_mark_{};
  std::int64_t succeeded_ = 0, failed_ = 0;
  bool changed_ = false;  // something to show since the last OnProgress
};

}  // namespace aigc::pipeline
