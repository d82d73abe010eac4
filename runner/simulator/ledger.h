// What the simulated service did: every accepted task, and counts of everything it was asked. The
// truth a test holds the runner against ("how many tasks were paid for?").
//
// Read-only outside this room; filled by Service and Schedule. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/secret.h"
#include "base/times.h"
#include "simulator/scenario.h"

namespace aigc::simulator {

enum class Phase { kWaiting, kProcessing, kFinished, kAborted };
std::string_view Name(Phase phase);  // "WAITING", …

// How a task ends, decided when it is accepted.
struct Outcome {
  int err_code = 0;
  std::string err_code_ext{};
  std::string message{};
  bool inner_fail = false;    // task object says FAIL while the task says FINISH
  bool empty_output = false;  // success without a file
  bool ok() const { return err_code == 0 && err_code_ext.empty() && !inner_fail; }
};

enum class Shape { kWide, kTall, kSquare };

// What a task makes when it ends well.
struct Product {
  Shape shape = Shape::kWide;
  std::string suffix{};    // "mp4", "png", "jpg"
  bool permanent = false;  // StorageMode
  std::string media_name{};
  std::int64_t class_id = 0;
  double seconds = 0;  // of video asked for
};

struct ResultFile {
  std::string path;  // of its first link: "/files/<task id>/0-0/aigcVideoGenFile.mp4"
  std::uint64_t bytes = 0;
  std::string sha256{};
};

struct LedgerTask {
  std::uint64_t number = 0;  // 1, 2, … in order of acceptance
  std::string task_id{};
  Kind kind = Kind::kVideo;
  std::int64_t sub_app_id = 0;
  std::string model{};
  std::string version{};
  std::string session_id{};
  std::string session_context{};
  std::string request_sha256{};
  std::string input_json{};  // the normalised echo in answers
  std::int64_t priority = 0;
  WallTime accepted_at{};

  // Decided at acceptance.
  Outcome outcome{};
  Millis waits{0};                // before it may begin
  std::optional<Millis> takes{};  // generating; none: never finishes
  bool over_limit = false;        // takes no place: it fails for being one too many
  int waiting_polls = 0;          // when any of the two is set, looks move it and time does not
  int processing_polls = 0;
  bool by_polls() const { return waiting_polls + processing_polls > 0; }
  Product product{};
  std::vector<ResultFile> files{};  // empty unless it ends well

  // What became of it so far. Times it has not reached yet are empty.
  Phase phase = Phase::kWaiting;
  std::optional<WallTime> began_at{};
  std::optional<WallTime> finished_at{};
  std::optional<WallTime> aborted_at{};
  int polls = 0;       // details answered
  int null_polls = 0;  // details still to be answered with a null task object

  // The link of its files: the generation in the path, and when it dies.
  std::uint32_t link = 0;
  std::optional<WallTime> link_expires_at{};
};

// One upload: applied for, filled, made a file.
struct LedgerUpload {
  std::string session_key{};
  std::string path{};  // of the object, decoded
  std::int64_t sub_app_id = 0;
  std::string media_type{};
  std::string media_name{};
  std::optional<WallTime> delete_at{};
  Credentials keys{};  // to the storage; no id: the caller's own
  WallTime keys_expire{};
  WallTime applied_at{};

  std::optional<WallTime> put_at{};
  std::uint64_t bytes = 0;
  std::string sha256{};  // of the newest content

  std::string file_id{};  // empty until committed
  std::optional<WallTime> committed_at{};
};

// Per API action, and "PutObject" for contents put into the storage; file requests are under
// "file".
struct ActionCounts {
  std::uint64_t seen = 0;        // requests that arrived, whatever became of them
  std::uint64_t accepted = 0;    // answered with success
  std::uint64_t throttled = 0;   // rate errors, scripted ones included
  std::uint64_t refused = 0;     // any other API error
  std::uint64_t duplicates = 0;  // of the refused: repeated SessionId
  std::uint64_t bad_auth = 0;    // of the refused: AuthFailure.*
  std::uint64_t over_limit = 0;  // creates above the concurrency limit, refused or failed
  std::uint64_t dropped_before = 0;
  std::uint64_t dropped_after = 0;
  std::uint64_t spoiled = 0;         // answered with a scripted HTTP status or garbage
  std::uint64_t faults = 0;          // scripted faults of any kind, those of tasks included
  std::vector<WallTime> arrivals{};  // create actions only: every one seen, in order
};

class Ledger {
 public:
  const std::deque<LedgerTask>& tasks() const { return tasks_; }
  // Null when there is none. The pointers live as long as the ledger.
  const LedgerTask* Find(std::string_view task_id) const;
  // The newest accepted task with that SessionId.
  const LedgerTask* FindSession(std::string_view session_id) const;
  std::uint64_t count(Kind kind) const;

  const std::deque<LedgerUpload>& uploads() const { return uploads_; }
  // The committed upload with that file id; null when there is none.
  const LedgerUpload* FindFile(std::string_view file_id) const;
  // How many were committed.
  std::uint64_t files() const;

  // All zero for an action that was never asked for.
  const ActionCounts& counts(std::string_view action) const;
  const std::map<std::string, ActionCounts, std::less<>>& all_counts() const { return counts_; }
  // The most creates that arrived within any window of one second, [t, t + 1 s).
  std::uint64_t BusiestSecond(std::string_view action) const;
  // The most tasks of a kind that generated at the same time.
  int peak(Kind kind) const { return peak_[static_cast<std::size_t>(kind)]; }

  // For Service and Schedule.
  LedgerTask& Add(LedgerTask task);  // gives it its number; REQUIRES: a new task id
  LedgerTask& Get(std::uint64_t number) { return tasks_[number - 1]; }
  LedgerTask* FindMutable(std::string_view task_id);
  ActionCounts& Count(std::string_view action);
  LedgerUpload& AddUpload(LedgerUpload upload);
  LedgerUpload* FindUploadByKey(std::string_view session_key);
  LedgerUpload* FindUploadByPath(std::string_view path);
  void NoteRunning(Kind kind, int running);

 private:
  std::deque<LedgerTask> tasks_;
  std::deque<LedgerUpload> uploads_;
  std::unordered_map<std::string, std::uint64_t> by_id_;
  std::unordered_map<std::string, std::uint64_t> by_session_;
  std::map<std::string, ActionCounts, std::less<>> counts_;
  std::array<int, 2> peak_{};
};

}  // namespace aigc::simulator
