#include "simulator/ledger.h"

#include <algorithm>
#include <utility>

namespace aigc::simulator {

std::string_view Name(Kind kind) { return kind == Kind::kVideo ? "video" : "image"; }

std::string_view Name(Phase phase) {
  switch (phase) {
    case Phase::kWaiting:
      return "WAITING";
    case Phase::kProcessing:
      return "PROCESSING";
    case Phase::kFinished:
      return "FINISH";
    case Phase::kAborted:
      return "ABORTED";
  }
  return "";
}

const LedgerTask* Ledger::Find(std::string_view task_id) const {
  auto found = by_id_.find(std::string(task_id));
  return found == by_id_.end() ? nullptr : &tasks_[found->second - 1];
}

LedgerTask* Ledger::FindMutable(std::string_view task_id) {
  auto found = by_id_.find(std::string(task_id));
  return found == by_id_.end() ? nullptr : &Get(found->second);
}

const LedgerTask* Ledger::FindSession(std::string_view session_id) const {
  auto found = by_session_.find(std::string(session_id));
  return found == by_session_.end() ? nullptr : &tasks_[found->second - 1];
}

std::uint64_t Ledger::count(Kind kind) const {
  return static_cast<std::uint64_t>(std::count_if(
      tasks_.begin(), tasks_.end(), [kind](const LedgerTask& task) { return task.kind == kind; }));
}

const ActionCounts& Ledger::counts(std::string_view action) const {
  static const ActionCounts kNone;
  auto found = counts_.find(action);
  return found == counts_.end() ? kNone : found->second;
}

std::uint64_t Ledger::BusiestSecond(std::string_view action) const {
  std::vector<WallTime> times = counts(action).arrivals;
  std::sort(times.begin(), times.end());  // the clock may have been set back in between
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] >= Seconds(1)) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

LedgerTask& Ledger::Add(LedgerTask task) {
  task.number = tasks_.size() + 1;
  by_id_.emplace(task.task_id, task.number);
  if (!task.session_id.empty()) by_session_[task.session_id] = task.number;
  return tasks_.emplace_back(std::move(task));
}

LedgerUpload& Ledger::AddUpload(LedgerUpload upload) {
  return uploads_.emplace_back(std::move(upload));
}

LedgerUpload* Ledger::FindUploadByKey(std::string_view session_key) {
  auto found = std::find_if(uploads_.begin(), uploads_.end(), [&](const LedgerUpload& upload) {
    return upload.session_key == session_key;
  });
  return found == uploads_.end() ? nullptr : &*found;
}

LedgerUpload* Ledger::FindUploadByPath(std::string_view path) {
  auto found = std::find_if(uploads_.begin(), uploads_.end(),
                            [&](const LedgerUpload& upload) { return upload.path == path; });
  return found == uploads_.end() ? nullptr : &*found;
}

const LedgerUpload* Ledger::FindFile(std::string_view file_id) const {
  if (file_id.empty()) return nullptr;
  auto found = std::find_if(uploads_.begin(), uploads_.end(),
                            [&](const LedgerUpload& upload) { return upload.file_id == file_id; });
  return found == uploads_.end() ? nullptr : &*found;
}

std::uint64_t Ledger::files() const {
  return static_cast<std::uint64_t>(
      std::count_if(uploads_.begin(), uploads_.end(),
                    [](const LedgerUpload& upload) { return !upload.file_id.empty(); }));
}

ActionCounts& Ledger::Count(std::string_view action) {
  auto found = counts_.find(action);
  if (found == counts_.end()) found = counts_.emplace(std::string(action), ActionCounts{}).first;
  return found->second;
}

void Ledger::NoteRunning(Kind kind, int running) {
  int& peak = peak_[static_cast<std::size_t>(kind)];
  peak = std::max(peak, running);
}

}  // namespace aigc::simulator
