// The Store on SQLite; also the reader, over a connection that cannot write. Private to this room.
// What each call promises is in store.h. Definitions: sqlite_store_read.cc, …_activity.cc,
// …_plan.cc, …_needs.cc, …_loop.cc, …_control.cc, …_money.cc, …_steering.cc, …_uploads.cc.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "store/ready_queue.h"
#include "store/run_lock.h"
#include "store/sqlite_database.h"
#include "store/store.h"

namespace aigc::store {

class SqliteStore final : public Store {
 public:
  // `lock` is null for readers and in memory.
  SqliteStore(std::unique_ptr<RunLock> lock, std::unique_ptr<Database> database);
  // Once, before anything else: SQL functions and this connection's temporary tables.
  Status Prepare();

  Result<BatchRecord> Batch() override;
  Result<StateCounts> Counts(const Selection& selection) override;
  Result<std::vector<ModelCounts>> CountsByModel(const Selection& selection) override;
  Result<std::vector<FailureGroup>> Failures(const Selection& selection) override;
  Result<TaskRow> FindTask(std::string_view id) override;
  Result<std::vector<TaskStory>> Story(std::string_view id) override;
  Status ForEachReportRow(const Selection& selection,
                          const std::function<Status(const ReportRow&)>& visit) override;
  Result<std::vector<ReportRow>> Page(const PageRequest& request) override;
  Result<std::string> SpecOf(std::int64_t task) override;
  Result<TaskRow> RowOf(std::int64_t task) override;
  Result<std::unique_ptr<Comparison>> Compare() override;
  Result<std::vector<GenerationTime>> GenerationTimes() override;
  Result<MoneyState> Money() override;
  Result<Activity> RecentActivity(WallTime since, std::size_t failures) override;
  Result<std::vector<UnpricedModel>> Unpriced(const Selection& selection) override;
  Result<std::vector<TaskMark>> FindTasks(const Selection& selection,
                                          const std::vector<TaskState>& states) override;
  Result<Expiring> FindExpiring(WallTime after, WallTime before) override;
  Result<Steering> ReadSteering() override;
  Result<std::optional<CommandRow>> FindCommand(std::string_view id) override;
  Result<bool> HasSubmission(std::string_view session_id) override;

  Status BeginTurn() override;
  Status CommitTurn() override;
  void AbandonTurn() override;

  Status PutBatch(const BatchRecord& batch) override;
  Result<std::int64_t> AddTask(const NewTask& task, WallTime now) override;
  Status ReplaceTask(std::int64_t task, const NewTask& replacement, WallTime now) override;
  Result<std::int64_t> AddGeneration(std::int64_t old_task, const NewTask& task,
                                     WallTime now) override;
  Status RestoreGeneration(std::int64_t task, std::int64_t current, const NewTask& as,
                           WallTime now) override;
  Status Vacate(std::int64_t task) override;
  Status Occupy(std::int64_t task, std::int64_t current, const NewTask& as, WallTime now) override;
  Status SetPosition(std::int64_t task, std::int64_t position) override;
  Status SetSpec(std::int64_t task, const TaskSpec& spec, std::string_view fingerprint) override;
  Status LeaveOut(std::int64_t task) override;
  Status BeginMany() override;
  Status EndMany() override;
  Status PutInput(std::string_view sha256, std::string_view bytes, WallTime now) override;
  Result<bool> HoldsInput(std::string_view sha256) override;
  Result<std::string> Input(std::string_view sha256) override;

  Status SettleNeeds(WallTime now, const OnMoved& moved) override;
  Status MeetNeed(NeedKind kind, std::string_view name, WallTime now,
                  const OnMoved& moved) override;
  Status SkipWaiting(std::string_view id, WallTime now, const OnMoved& moved) override;
  Result<std::vector<std::string>> WaitedFor(const Selection& selection,
                                             std::size_t limit) override;
  Status AddNeed(std::int64_t task, const Need& need, WallTime now) override;
  Status SetMoneyTerms(const MoneyTerms& terms) override;
  Status SetEstimate(std::int64_t task, std::optional<std::int64_t> micros) override;
  Status ForEachUnfinished(
      const std::function<Status(const TaskRow&, const std::string& spec_json)>& visit) override;
  Result<Affordable> Affords(std::int64_t task) override;

  Status PutUpload(const UploadRow& upload) override;
  Result<UploadRow> Upload(std::string_view sha256) override;
  Result<std::vector<UploadRow>> NextUploads(std::size_t limit, const Selection& selection,
                                             const std::vector<std::string>& skip) override;
  Status FailWaiting(std::string_view sha256, std::string_view code, std::string_view message,
                     WallTime now, const OnMoved& moved) override;

  Result<std::vector<ActiveTask>> LoadActive() override;
  Result<std::vector<ActiveTask>> LoadOverdue() override;
  Result<ActiveTask> Load(std::int64_t task) override;
  Result<std::vector<ActiveTask>> NextReady(WallTime now, std::size_t limit,
                                            const Selection& selection,
                                            const std::vector<std::string>& skip_models) override;
  Result<std::optional<WallTime>> EarliestDue(const Selection& selection) override;
  Status Apply(const TaskChange& change) override;
  Result<SubmissionRow> AddSubmission(const SubmissionRow& submission) override;
  Result<std::string> BodyOf(std::int64_t submission) override;
  Result<std::int64_t> AddSend(std::int64_t submission, WallTime now, WallTime server_now) override;
  Status FinishSend(std::int64_t send, SendOutcome outcome, WallTime now,
                    std::string_view error_code, std::string_view error_message,
                    std::string_view request_id) override;
  Status SetSubmission(const SubmissionRow& submission) override;
  Status PutArtifact(const ArtifactRow& artifact) override;
  Status Note(std::int64_t task, WallTime at, std::string_view why) override;
  Status WishCancelled(std::int64_t task, WallTime at) override;
  Result<bool> SetSetting(std::string_view name, const std::optional<std::string>& value,
                          WallTime at) override;
  Result<bool> SetPaused(std::string_view model, bool paused, WallTime at) override;
  Status AddCommand(const CommandRow& command) override;
  Status RaiseServerMark(WallTime server_time) override;

 private:
  // Parts of one write; they throw as Query does.
  std::int64_t InsertTask(const NewTask& task, int generation, WallTime now);
  void PutSpec(std::int64_t task, const TaskSpec& spec);
  void PutNeed(std::int64_t task, const Need& need);
  void PutTags(std::int64_t task, const TaskSpec& spec);
  int FirstFreeGeneration(std::string_view id);
  void CountInserted(const NewTask& task, TaskState state);
  void EndOfMany() noexcept;
  Status Retire(std::int64_t task, std::string_view id, std::string_view why, WallTime now);
  Status Place(std::int64_t task, std::int64_t position);
  void AddJournal(std::int64_t task, WallTime at, std::string_view from, std::string_view to,
                  std::string_view why);
  Result<TaskStory> StoryOf(TaskRow row);
  struct Failed;  // a task that ended without succeeding, in a cascade
  Status Move(TaskRow row, TaskState to, std::string_view code, std::string_view message,
              std::string_view why, WallTime now, const OnMoved& moved);
  Status SkipAll(std::vector<Failed> failed, WallTime now, const OnMoved& moved,
                 std::unordered_set<std::int64_t>& skipped);
  void RefreshAwaited();
  // Whether `micros` more may be reserved.
  Affordable Room(std::optional<std::int64_t> micros);
  Status Reserve(std::int64_t submission);

  std::unique_ptr<RunLock> lock_;  // released last, after the connection is closed
  std::unique_ptr<Database> database_;
  ReadyQueue ready_;
  bool many_ = false;                      // between BeginMany() and the end of its turn
  std::vector<std::string> to_be_made_{};  // the SQL of what BeginMany() took away; empty: nothing
  std::vector<ModelCounts> inserted_{};    // since then; those of the task before are last
};

}  // namespace aigc::store
