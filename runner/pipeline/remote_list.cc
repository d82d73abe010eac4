#include "pipeline/remote_list.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "api/error_class.h"
#include "base/text.h"
#include "pipeline/poll_schedule.h"
#include "pipeline/stages.h"

namespace aigc::pipeline {
namespace {

// The list is bounded by the service's clock, of which nothing is known before its first answer:
// this machine's may be off by hours.
constexpr Millis kClockMargin = std::chrono::hours{24};

// By when the service took them; a generation's own numbers where that was within one second.
bool Newer(const RemoteTask& a, const RemoteTask& b) {
  return std::tie(a.created, a.key.generation, a.key.submission) >
         std::tie(b.created, b.key.generation, b.key.submission);
}

std::string TextOf(std::string_view id, std::string_view fingerprint) {
  return std::string(id) + ";" + std::string(fingerprint);  // an id holds no ';'
}

}  // namespace

RemoteList::RemoteList(store::StoreReader* reader, std::string batch_name, WallTime server_now)
    : reader_(reader), batch_name_(std::move(batch_name)) {
  next_.after = server_now - kVisibility - kClockMargin;
  next_.before = server_now + kClockMargin;
}

Result<bool> RemoteList::Take(const api::TaskPage& page, WallTime server_now) {
  for (const api::TaskSummary& task : page.tasks) {
    saw_aigc_ = saw_aigc_ || ContainsIgnoreCase(task.task_type, "aigc");
    auto key = ParseSessionContext(task.session_context);
    if (!key || key->batch_name != batch_name_) continue;
    if (task.status == api::RemoteStatus::kAborted) continue;  // nothing was made, nothing is paid
    if (!task_ids_.insert(task.task_id).second) continue;      // pages may overlap
    RemoteTask remote;
    remote.key = *std::move(key);
    remote.session_id = task.session_id;
    remote.task_id = task.task_id;
    remote.created = task.created.value_or(server_now);
    remote.status = task.status;
    if (reader_ != nullptr && !task.session_id.empty()) {
      AIGC_ASSIGN_OR_RETURN(remote.known, reader_->HasSubmission(task.session_id));
    }
    if (!remote.known) ++unknown_;
    auto& same = by_text_[TextOf(remote.key.task_id, remote.key.fingerprint)];
    same.insert(std::upper_bound(same.begin(), same.end(), remote, Newer), std::move(remote));
  }
  if (page.scroll_token.empty() || page.tasks.empty() || !tokens_.insert(page.scroll_token).second)
    return true;
  next_.scroll_token = page.scroll_token;
  return false;
}

std::vector<std::string> RemoteList::TaskIds() const {
  std::vector<std::string> ids;
  for (const auto& [text, tasks] : by_text_) {
    // The texts of one task lie side by side.
    const std::string& id = tasks.front().key.task_id;
    if (ids.empty() || ids.back() != id) ids.push_back(id);
  }
  return ids;
}

bool RemoteList::Lists(std::string_view id, std::string_view fingerprint) const {
  return by_text_.contains(TextOf(id, fingerprint));
}

std::vector<RemoteTask*> RemoteList::For(std::string_view id, std::string_view fingerprint,
                                         std::string_view own) {
  std::vector<RemoteTask*> candidates;
  const auto found = by_text_.find(TextOf(id, fingerprint));
  if (found == by_text_.end()) return candidates;
  for (RemoteTask& task : found->second) {
    if (!task.known || (!own.empty() && task.session_id == own)) candidates.push_back(&task);
  }
  return candidates;
}

Choice Choose(const std::vector<RemoteTask*>& candidates) {
  RemoteTask* newest = nullptr;
  for (RemoteTask* task : candidates) {
    if (task->gone) continue;
    if (newest == nullptr) newest = task;
    if (!task->error_code.empty()) continue;
    const bool ended = task->status == api::RemoteStatus::kFinished;
    const bool must_ask = ended && !task->asked && candidates.size() > 1;
    return {task, must_ask};
  }
  return {newest, false};
}

void NoteDetail(RemoteTask& task, const api::TaskDetail& detail) {
  task.asked = true;
  task.status = detail.status;
  if (detail.status == api::RemoteStatus::kAborted) {
    task.error_code = "aborted";
  } else if (detail.status == api::RemoteStatus::kFinished && !EndedWell(detail)) {
    task.error_code = api::TaskErrorCode(detail.err_code, detail.err_code_ext);
    task.error_message = detail.message;
  }
}

bool MayAdopt(const store::TaskRow& row) {
  if (row.state == TaskState::kLost) return true;
  return row.submissions == 0 &&
         (row.state == TaskState::kPending || row.state == TaskState::kBlocked);
}

Result<std::string> OwnSession(store::StoreReader& reader, const store::TaskRow& row) {
  if (row.state != TaskState::kLost) return std::string();
  AIGC_ASSIGN_OR_RETURN(const auto stories, reader.Story(row.id));
  for (const store::TaskStory& story : stories) {
    if (story.row.key == row.key && !story.submissions.empty()) {
      return story.submissions.back().session_id;
    }
  }
  return std::string();
}

}  // namespace aigc::pipeline
