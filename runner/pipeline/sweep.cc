#include "pipeline/sweep.h"

#include <utility>

#include "task/session.h"

namespace aigc::pipeline {

Sweep::Sweep(std::vector<Wanted> wanted, WallTime after, WallTime before)
    : wanted_(std::move(wanted)), after_(after), before_(before) {
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    by_session_[wanted_[i].session_id] = i;
    if (!wanted_[i].session_context.empty()) by_context_[wanted_[i].session_context] = i;
  }
}

api::ListRequest Sweep::NextPage() const {
  api::ListRequest request;
  request.after = after_;
  request.before = before_;
  request.scroll_token = token_;
  return request;
}

bool Sweep::Take(const api::TaskPage& page) {
  for (const api::TaskSummary& task : page.tasks) {
    saw_ours_ = saw_ours_ || ParseSessionContext(task.session_context).has_value();
    std::optional<std::size_t> index;
    if (const auto by_id = by_session_.find(task.session_id); by_id != by_session_.end()) {
      // The same id with another context is somebody else's.
      if (task.session_context.empty() ||
          task.session_context == wanted_[by_id->second].session_context) {
        index = by_id->second;
      }
    } else if (task.session_id.empty()) {
      if (const auto by_text = by_context_.find(task.session_context);
          by_text != by_context_.end()) {
        index = by_text->second;
      }
    }
    if (!index) continue;
    const auto [place, added] = found_.emplace(*index, task);
    if (!added && task.created && place->second.created && *task.created < *place->second.created) {
      place->second = task;
    }
  }
  if (page.tasks.empty() || page.scroll_token.empty()) return true;
  if (!seen_tokens_.insert(page.scroll_token).second) return true;
  token_ = page.scroll_token;
  return false;
}

const api::TaskSummary* Sweep::Found(const Wanted& wanted) const {
  const auto index = by_session_.find(wanted.session_id);
  if (index == by_session_.end()) return nullptr;
  const auto found = found_.find(index->second);
  return found == found_.end() ? nullptr : &found->second;
}

}  // namespace aigc::pipeline
