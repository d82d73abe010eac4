// What the state of a batch holds, as plain values: its rows, what planning adds, and what a change
// of a task consists of. Copyable; any thread. Read and written through store.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/times.h"
#include "task/task_spec.h"
#include "task/task_state.h"

namespace aigc::store {

struct BatchRecord {
  std::string uuid;
  std::string name;
  std::string endpoint;  // scheme://host[:port]
  std::int64_t sub_app_id = 0;
  std::string machine;        // machine-id, hashed; a copy elsewhere is noticed
  std::string manifest_path;  // absolute, for messages
  std::string folder;         // absolute: the manifest's folder; output paths are relative to it
  std::string manifest_text;  // as read; `resume` takes limits and output settings from it
  std::string
      output_dir;  // as settled when the batch was last run, relative to `folder` or absolute
  WallTime created_at{};
  WallTime server_mark{};  // highest Date header seen from the service
  int version = 0;         // schema version of the file
};

// A row of the table `task`: one generation of one task.
struct TaskRow {
  std::int64_t key = 0;       // row id, one per generation
  std::int64_t position = 0;  // order in the manifest, from 1
  std::string id;
  int generation = 1;
  bool current = true;  // false: an earlier generation, kept as history
  bool listed = true;   // false: no longer in the manifest ("left out")
  std::string fingerprint;
  Kind kind = Kind::kVideo;
  std::string model, version;
  int priority = 0;
  bool awaited = false;  // others wait for it: before others of its priority
  TaskState state = TaskState::kPending;
  WallTime due{};       // kWaitingRetry: not before this
  int attempts = 0;     // counted against limits.attempts
  int submissions = 0;  // number of the newest submission, 0 without one
  int concurrency_refusals =
      0;  // failed after acceptance for concurrency; not attempts, capped apart
  std::string error_code, error_message;  // why it failed, or why it waits
  std::string request_id;                 // of the answer that decided last
  WallTime created_at{}, submitted_at{}, started_at{}, finished_at{},
      downloaded_at{};                            // epoch: not yet
  std::optional<std::int64_t> estimate_micros{};  // cost of one submission; none: not known
};

enum class SubmissionOutcome {
  kOpen,      // not decided: sends on the wire, or unknown
  kAccepted,  // the service gave a task id
  kRefused,   // every send refused
  kLost,      // never found within the windows
};
std::string_view Name(SubmissionOutcome outcome);

enum class SendOutcome { kUnknown, kAccepted, kRefused };  // kUnknown also while on the wire
std::string_view Name(SendOutcome outcome);

// What a submission costs of the budget.
enum class ChargeStatus {
  kReserved,  // sent and not decided, generating, or lost: it may have to be paid
  kSpent,     // generated, or failed and counted
  kReleased,  // refused, or failed and free
};
std::string_view Name(ChargeStatus status);

struct SubmissionRow {
  std::int64_t key = 0;
  std::int64_t task = 0;  // TaskRow::key
  int number = 1;         // within the generation
  int attempt = 1;
  std::string session_id;
  std::string
      body;  // exact bytes but for inline files, see api/request_body.h; empty unless asked for
  SubmissionOutcome outcome = SubmissionOutcome::kOpen;
  std::string task_id;  // the service's, when accepted
  bool ended = false;   // accepted and seen finished, failed or given up
  std::string error_code, error_message;
  WallTime created_at{}, accepted_at{};
  ChargeStatus charge = ChargeStatus::kReserved;
  std::optional<std::int64_t> charge_micros{};  // none: not known, or not sent yet. Never written
  // Summed up from its sends:
  int sends = 0;
  int unknown_sends = 0;  // outcome unknown, those on the wire included
  WallTime first_send{};  // of those that are not refused, by our clock; epoch without one
  WallTime
      first_send_server{};  // by the service's clock as far as known (server mark at that time)
};

struct ArtifactRow {
  std::int64_t task = 0;
  int number = 1;  // output number, from 1
  std::string url, file_id;
  std::string content;  // FileContent of outputs that have no URL
  std::string usage_type, media_type;
  WallTime expires{};               // epoch: no date known
  std::int64_t expected_bytes = 0;  // from MetaData.Size; 0: unknown
  std::string path;                 // relative to the batch's folder, with '/'; empty until on disk
  std::int64_t bytes = 0;
  std::string sha256;
};

// Everything the loop needs to go on with a task that is not waiting in the queue.
struct ActiveTask {
  TaskRow row;
  std::optional<SubmissionRow> submission;  // the newest, without its body
  std::vector<ArtifactRow> artifacts;
  bool cancel_wanted = false;  // see Store::WishCancelled()
};

// As much of a task as it takes to choose what a command is about.
struct TaskMark {
  std::int64_t key = 0;
  TaskState state = TaskState::kPending;
  int submissions = 0;
  std::string error_code;
};

// A command given from elsewhere, as it was carried out.
struct CommandRow {
  std::string id;
  WallTime at{};
  std::string text, outcome;
};

// What people set of a batch while it is under way. It holds for later runs too.
struct SettingRow {
  std::string name;   // as under `limits` in a manifest: "submit_rate", "per_model.Kling/2.1"
  std::string value;  // as written there: "5", "2h", "auto"
  WallTime at{};
  bool operator==(const SettingRow&) const = default;
};
struct PauseRow {
  std::string model;  // "Kling" or "Kling/2.1"; empty: the whole batch
  WallTime since{};
  bool operator==(const PauseRow&) const = default;
};
struct Steering {
  std::vector<SettingRow> settings;  // by name
  std::vector<PauseRow> pauses;      // by model, the whole batch first
};

// Which tasks a run or report is about. Empty lists select everything. A task is selected when its
// id matches one of the globs (base/text.h GlobMatch) and it has one of the tags.
struct Selection {
  std::vector<std::string> globs;
  std::vector<std::string> tags;
  bool left_out = false;  // also tasks that are no longer in the manifest
  bool history = false;   // also earlier generations
  bool empty() const { return globs.empty() && tags.empty(); }
};

// A part of the listed current tasks in manifest order, for looking through a batch of any size.
struct PageRequest {
  std::int64_t after = 0;  // TaskRow::position of the last one seen
  std::size_t limit = 100;
  std::vector<TaskState> states{};  // empty: all
  std::string model{};              // "Kling" or "Kling/2.1"; empty: all
  std::vector<std::string> tags{};  // one of them; empty: all
  std::string text{};  // in the id or in what was asked, without ASCII case; empty: all
};

// What a task waits for before it may be submitted.
enum class NeedKind {
  kTask,  // name: the id of another task, which must have succeeded
  kFile,  // name: the hash of a local file, which must be with the service
};
std::string_view Name(NeedKind kind);

struct Need {
  NeedKind kind = NeedKind::kTask;
  std::string name;
  bool met = false;
  bool operator==(const Need&) const = default;
};

// TaskRow::error_code of a task that was skipped because one that it needs did not succeed.
inline constexpr std::string_view kNeedFailed = "need_failed";

// A local file that is uploaded once for all tasks that use it.
struct UploadRow {
  std::string sha256;
  std::string path;  // absolute, where it was found last
  std::int64_t bytes = 0;
  std::string media_type;  // "png"
  std::string file_id;     // the service's; empty: not there
  WallTime uploaded_at{};  // epoch: not there
  WallTime expires{};      // when the service deletes it; epoch: never
  int renewals = 0;        // how often the service had forgotten it too early
  bool operator==(const UploadRow&) const = default;
};

// Blocked from the start when its spec names other tasks (their outputs, depends_on) or `uploads`
// has something, else pending.
struct NewTask {
  TaskSpec spec;
  std::string fingerprint;
  std::int64_t position = 0;
  int generation = 1;                  // see AddTask
  std::vector<std::string> uploads{};  // hashes of local files that must be with the service first
  std::optional<std::int64_t> estimate_micros{};
};

// Told of every task that waiting ended for, or began: `row` as it is now, `from` what it was.
using OnMoved = std::function<void(const TaskRow& row, TaskState from, std::string_view why)>;

// One change of a task's row, with its line in the journal.
struct TaskChange {
  std::int64_t task = 0;
  TaskState from = TaskState::kPending;
  TaskState to = TaskState::kPending;
  std::string why;  // journal text, one line
  WallTime at{};    // when, for the journal
  WallTime due{};   // stored when `to` is kWaitingRetry
  std::optional<int> attempts{}, concurrency_refusals{};
  std::optional<std::string> error_code{}, error_message{}, request_id{};
  std::optional<WallTime> submitted_at{}, started_at{}, finished_at{}, downloaded_at{};
};

struct JournalRow {
  WallTime at{};
  int generation = 1;
  std::string from, to, why;
};

struct SendRow {
  int submission = 1;
  WallTime sent_at{}, answered_at{};
  SendOutcome outcome = SendOutcome::kUnknown;
  std::string error_code, error_message, request_id;
};

struct TaskStory {
  TaskRow row;
  std::string spec_json;
  std::vector<SubmissionRow> submissions;  // with bodies
  std::vector<SendRow> sends;
  std::vector<ArtifactRow> artifacts;
  std::vector<Need> needs;
  std::vector<JournalRow> journal;
};

struct ReportRow {
  TaskRow row;
  std::string spec_json;
  std::string session_id;  // of the newest submission
  std::string task_id;
  std::vector<ArtifactRow> artifacts;
  std::vector<std::string> waits_for;  // of a blocked task: ids of tasks, and "file HASH"
};

using StateCounts = std::map<TaskState, std::int64_t>;

struct ModelCounts {
  Kind kind = Kind::kVideo;
  std::string model, version;
  StateCounts counts;
};

// Tasks that ended badly for the same reason, with the same words of the service.
struct FailureGroup {
  TaskState state = TaskState::kFailed;  // failed or lost
  std::string code;                      // the service's or our own; may be empty
  std::int64_t count = 0;
  std::string task_id, message, request_id;  // of the first of them in manifest order
};

struct GenerationTime {
  std::string model, version;
  Millis median{};
  std::int64_t tasks = 0;  // that it is the median of
  Millis mean{};
  Millis quick{}, slow{};  // one in ten was quicker, one in ten slower
};

// What is going on in a batch, for a screen. Bounded, however large the batch: what happened is
// taken from the newest few thousand lines of the journal.
struct Activity {
  struct Running {
    std::string model, version;
    WallTime started{};  // epoch: accepted, and not seen to be worked on
  };
  struct Failure {
    std::string id, code, message;
    TaskState state = TaskState::kFailed;  // failed or lost
    WallTime at{};
  };
  std::vector<Running> running;
  WallTime oldest_accepted{};     // of what has not ended at the service; epoch: nothing
  std::int64_t sent = 0;          // create requests since the time that was asked for
  std::int64_t ended = 0;         // tasks that became final since then
  std::vector<Failure> failures;  // newest first
};

// What the batch may cost. Settled before a run.
struct MoneyTerms {
  std::string currency;   // of all estimates and of the budget; empty: no price is known
  std::string source;     // which prices: when it changes, so do the estimates
  bool verified = false;  // the estimates are of the user's own price list
  std::optional<std::int64_t> budget_micros{};  // none: no limit
  bool allow_unpriced = false;                  // send tasks without a known cost under a budget
};

// The terms of the last run, and what came of them so far. `verified` holds only while every amount
// is.
struct MoneyState {
  MoneyTerms terms;
  std::int64_t spent_micros = 0, reserved_micros = 0;
  std::int64_t unpriced = 0;  // submissions that may have to be paid and have no known cost
};

// Whether a task may be sent now.
enum class Affordable { kYes, kOverBudget, kUnpriced };

struct UnpricedModel {
  Kind kind = Kind::kVideo;
  std::string model, version;
  std::int64_t tasks = 0;
  std::string first;  // id of the first of them
};

}  // namespace aigc::store
