// The state of one batch: every task, every submission and send, every file, and the journal of how
// each task came to be where it is. Written by the one run that holds the lock; read by anybody.
//
// Promise: what a committed turn wrote survives a killed process and lost power. Nothing of a turn
// that was not committed is visible to anybody.
//
// Use: all writing happens between BeginTurn() and CommitTurn(), one transaction and one sync per
// turn of the loop (group commit). A request may leave the machine only after the turn that
// recorded its send is committed. Reading inside a turn sees the turn's own writes.
//
// Failure: kDiskFull, kNoPermission, kIo and kStateDamaged. After a failed write the turn is rolled
// back by CommitTurn() or AbandonTurn(), and the caller must reload what it holds in memory. A
// transition that task/task_state.h does not allow, or whose `from` is not what is stored, is
// kInternal.
//
// One thread: the loop's. Opening: store/sqlite_store.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/times.h"
#include "store/comparison.h"
#include "store/records.h"
#include "task/task_spec.h"

namespace aigc::store {

// Reading: what status, show, report and the loop ask. All of it works on a read-only store too.
class StoreReader {
 public:
  virtual ~StoreReader() = default;
  virtual Result<BatchRecord> Batch() = 0;
  virtual Result<StateCounts> Counts(const Selection& selection) = 0;
  virtual Result<std::vector<ModelCounts>> CountsByModel(const Selection& selection) = 0;
  // One for each state, code and message; in the manifest order of the first of each.
  virtual Result<std::vector<FailureGroup>> Failures(const Selection& selection) = 0;
  // Current generation, kNotFound when there is no such task.
  virtual Result<TaskRow> FindTask(std::string_view id) = 0;
  virtual Result<std::vector<TaskStory>> Story(std::string_view id) = 0;  // newest generation first
  // In manifest order, streamed: memory does not grow with the batch. Stops at the first error that
  // `visit` returns and hands it on.
  virtual Status ForEachReportRow(const Selection& selection,
                                  const std::function<Status(const ReportRow&)>& visit) = 0;
  // At most `limit` of them. Filters that few tasks pass cost a walk over the whole batch.
  virtual Result<std::vector<ReportRow>> Page(const PageRequest& request) = 0;
  virtual Result<std::string> SpecOf(std::int64_t task) = 0;  // JSON
  virtual Result<TaskRow> RowOf(std::int64_t task) = 0;       // kNotFound without such a row
  // For planning; see store/comparison.h.
  virtual Result<std::unique_ptr<Comparison>> Compare() = 0;
  // How long the service took over tasks of each model that succeeded, of the newest thousand.
  virtual Result<std::vector<GenerationTime>> GenerationTimes() = 0;
  virtual Result<MoneyState> Money() = 0;
  // What happened since `since`, and at most so many of the last failures.
  virtual Result<Activity> RecentActivity(WallTime since, std::size_t failures) = 0;
  // Listed current tasks that are not final and whose cost is not known.
  virtual Result<std::vector<UnpricedModel>> Unpriced(const Selection& selection) = 0;
  // The listed current tasks in one of these states, in manifest order.
  virtual Result<std::vector<TaskMark>> FindTasks(const Selection& selection,
                                                  const std::vector<TaskState>& states) = 0;
  // Results that are not on disk and that the service deletes within that time.
  struct Expiring {
    std::int64_t results = 0;
    WallTime first{};  // when the first of them goes
  };
  virtual Result<Expiring> FindExpiring(WallTime after, WallTime before) = 0;
  // What people set of the batch, see pipeline/steering.h.
  virtual Result<Steering> ReadSteering() = 0;
  // None when no such command was carried out (yet).
  virtual Result<std::optional<CommandRow>> FindCommand(std::string_view id) = 0;
  // Whether the state knows a submission of this SessionId; of any, when it is empty.
  virtual Result<bool> HasSubmission(std::string_view session_id) = 0;
};

class Store : public StoreReader {
 public:
  virtual Status BeginTurn() = 0;
  virtual Status CommitTurn() = 0;  // durable when it returns ok; no open turn: ok, nothing happens
  virtual void AbandonTurn() = 0;   // rolls back

  // --- the batch and its tasks (planning) ---
  virtual Status PutBatch(const BatchRecord& batch) = 0;  // inserts or replaces the one row
  // Key of the new row. A `generation` of 0 is the first that was never used under this id.
  virtual Result<std::int64_t> AddTask(const NewTask& task, WallTime now) = 0;
  // Replaces spec and fingerprint of a task without any submission.
  virtual Status ReplaceTask(std::int64_t task, const NewTask& replacement, WallTime now) = 0;
  // A new generation of the same id: the old row stops being current.
  virtual Result<std::int64_t> AddGeneration(std::int64_t old_task, const NewTask& task,
                                             WallTime now) = 0;
  // An earlier generation counts again, in the state it is in; the row `current`, if not 0, stops
  // to.
  virtual Status RestoreGeneration(std::int64_t task, std::int64_t current, const NewTask& as,
                                   WallTime now) = 0;
  // Moving rows to other ids: first all that move leave their ids, then each gets its new one and
  // is current there in place of `current` (0: of none). Its generation is kept when none so high
  // was ever used under the new id. All in one turn.
  virtual Status Vacate(std::int64_t task) = 0;
  virtual Status Occupy(std::int64_t task, std::int64_t current, const NewTask& as,
                        WallTime now) = 0;
  virtual Status SetPosition(std::int64_t task, std::int64_t position) = 0;  // also marks it listed
  // What does not shape the output (tags, output names, priority …) may change on a kept task.
  virtual Status SetSpec(std::int64_t task, const TaskSpec& spec, std::string_view fingerprint) = 0;
  // The manifest has the task no longer: it is not submitted, but followed to its end.
  virtual Status LeaveOut(std::int64_t task) = 0;
  // Around the writing of very many tasks, in one turn: takes more memory until the turn ends, and
  // the indexes of a state without tasks are made in one go by EndMany(). In between, only tasks
  // with ids that the turn has not added yet may be added, and none may be looked for.
  virtual Status BeginMany() = 0;
  virtual Status EndMany() = 0;
  // Bytes of a local file, once per content.
  virtual Status PutInput(std::string_view sha256, std::string_view bytes, WallTime now) = 0;
  virtual Result<bool> HoldsInput(std::string_view sha256) = 0;
  virtual Result<std::string> Input(std::string_view sha256) = 0;  // kNotFound when absent

  // --- what waits for what (planning and the loop) ---
  // A task is blocked until all its needs are met, then pending. One that needs a task which
  // failed, is lost, was cancelled or was skipped is skipped, and so is what needs that one,
  // however long the chain; the journal names the task that failed.

  // Brings needs, states and TaskRow::awaited of all tasks that were not sent yet into line with
  // the states of what they wait for; un-skips what nothing holds up any more. Wanted after
  // anything but the functions below changed tasks: planning, retry, cancel. Changes nothing when
  // called twice.
  virtual Status SettleNeeds(WallTime now, const OnMoved& moved) = 0;
  // `name` is there: what waits for nothing else becomes pending.
  virtual Status MeetNeed(NeedKind kind, std::string_view name, WallTime now,
                          const OnMoved& moved) = 0;
  // The task `id`, which ended without succeeding: skips what waits for it.
  virtual Status SkipWaiting(std::string_view id, WallTime now, const OnMoved& moved) = 0;
  // Of the tasks that the selected blocked ones wait for, near and far: those that are not blocked
  // themselves, or not selected. At most `limit` ids, in manifest order.
  virtual Result<std::vector<std::string>> WaitedFor(const Selection& selection,
                                                     std::size_t limit) = 0;
  // A further need, or one that was met and is no more; a task in the queue becomes blocked.
  virtual Status AddNeed(std::int64_t task, const Need& need, WallTime now) = 0;

  // --- uploads (planning and the loop) ---
  virtual Status PutUpload(const UploadRow& upload) = 0;          // inserts or replaces, by sha256
  virtual Result<UploadRow> Upload(std::string_view sha256) = 0;  // kNotFound when absent
  // Files without a file id that listed, selected, blocked tasks wait for; in the order in which
  // those tasks would be submitted. At most `limit`, without those in `skip`.
  virtual Result<std::vector<UploadRow>> NextUploads(std::size_t limit, const Selection& selection,
                                                     const std::vector<std::string>& skip) = 0;
  // The file cannot be uploaded: every listed task that waits for it fails, and what waits for such
  // a task is skipped.
  virtual Status FailWaiting(std::string_view sha256, std::string_view code,
                             std::string_view message, WallTime now, const OnMoved& moved) = 0;

  // --- money (planning; the loop asks Affords) ---
  // kUsage when something was spent or is reserved in another currency; else another currency
  // forgets all estimates.
  virtual Status SetMoneyTerms(const MoneyTerms& terms) = 0;
  // Nothing happens to a task that succeeded: it keeps the estimate it was made with.
  virtual Status SetEstimate(std::int64_t task, std::optional<std::int64_t> micros) = 0;
  // Current tasks that did not succeed (yet): what SetEstimate() is for. In manifest order.
  virtual Status ForEachUnfinished(
      const std::function<Status(const TaskRow&, const std::string& spec_json)>& visit) = 0;
  // Whether AddSend() would take a send of this task: a submission whose cost is reserved already
  // is affordable whatever the budget says.
  virtual Result<Affordable> Affords(std::int64_t task) = 0;

  // --- the loop ---
  // Tasks in submitting, running and downloading, whatever the selection: they are followed to
  // their end.
  virtual Result<std::vector<ActiveTask>> LoadActive() = 0;
  // Tasks of any generation that failed as "overdue" and may have finished since: their newest
  // submission is accepted and has not ended.
  virtual Result<std::vector<ActiveTask>> LoadOverdue() = 0;
  virtual Result<ActiveTask> Load(std::int64_t task) = 0;
  // Listed current tasks that may be submitted: waiting_retry with due ≤ now, then pending; by
  // priority (high first), then position. At most `limit`. `skip_models` ("Kling" or "Kling/2.1")
  // are left out.
  virtual Result<std::vector<ActiveTask>> NextReady(
      WallTime now, std::size_t limit, const Selection& selection,
      const std::vector<std::string>& skip_models) = 0;
  // Earliest due time of a waiting_retry task; none without one.
  virtual Result<std::optional<WallTime>> EarliestDue(const Selection& selection) = 0;
  virtual Status Apply(const TaskChange& change) = 0;
  // Fills in key. One that is accepted already (recovered) is paid for: the task's estimate is
  // reserved for it, whatever the budget says.
  virtual Result<SubmissionRow> AddSubmission(const SubmissionRow& submission) = 0;
  virtual Result<std::string> BodyOf(std::int64_t submission) = 0;
  // Reserves the task's estimate for the submission, unless it is reserved already. kBudget, and
  // the turn is lost, when spent and reserved would pass the budget, or the cost is not known and
  // has to be.
  virtual Result<std::int64_t> AddSend(std::int64_t submission, WallTime now,
                                       WallTime server_now) = 0;
  virtual Status FinishSend(std::int64_t send, SendOutcome outcome, WallTime now,
                            std::string_view error_code, std::string_view error_message,
                            std::string_view request_id) = 0;
  virtual Status SetSubmission(
      const SubmissionRow& submission) = 0;  // outcome, task_id, ended, error, accepted_at, charge
  virtual Status PutArtifact(
      const ArtifactRow& artifact) = 0;  // inserts or replaces (task, number)
  virtual Status Note(std::int64_t task, WallTime at,
                      std::string_view why) = 0;  // journal, no change of state
  // A person wants the task, which is with the service or may be, cancelled. Kept until it ends.
  virtual Status WishCancelled(std::int64_t task, WallTime at) = 0;
  // Sets a limit; none takes it back. Gives whether that changed anything.
  virtual Result<bool> SetSetting(std::string_view name, const std::optional<std::string>& value,
                                  WallTime at) = 0;
  // Pauses a model, or with an empty name the batch; or ends that. Gives whether that changed
  // anything.
  virtual Result<bool> SetPaused(std::string_view model, bool paused, WallTime at) = 0;
  // Once per id, in the turn that carries the command out.
  virtual Status AddCommand(const CommandRow& command) = 0;
  // Keeps the highest.
  virtual Status RaiseServerMark(WallTime server_time) = 0;
};

}  // namespace aigc::store
