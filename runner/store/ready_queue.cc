#include "store/ready_queue.h"

#include <algorithm>

#include "store/sqlite_query.h"

namespace aigc::store {

#define AIGC_SQL_MAY_START " state = 'pending' AND current = 1 AND listed = 1 "
#define AIGC_SQL_READY                    \
  "SELECT rank, position, key FROM task " \
  "WHERE" AIGC_SQL_MAY_START "AND model = ?1 AND version = ?2 "

const std::string_view kReady = AIGC_SQL_READY "ORDER BY rank DESC, position, key LIMIT ?3";
const std::string_view kReadyHereSelected =
    AIGC_SQL_READY "AND rank = ?4 AND (position, key) > (?5, ?6) AND" AIGC_SQL_SELECTED
                   "ORDER BY position, key LIMIT ?3";
const std::string_view kReadyBelowSelected = AIGC_SQL_READY
    "AND rank < ?4 AND" AIGC_SQL_SELECTED "ORDER BY rank DESC, position, key LIMIT ?3";
const std::string_view kDueRetries =
    "SELECT key FROM task WHERE" AIGC_SQL_NOT_PENDING
    "state = 'waiting_retry' AND due_ms <= ?1 AND current = 1"
    " AND listed = 1 AND NOT one_is(?2, model) AND NOT one_is(?2, model || '/' || version)"
    " AND" AIGC_SQL_SELECTED "ORDER BY rank DESC, position LIMIT ?3";

std::vector<std::int64_t> ReadyQueue::Next(WallTime now, std::size_t limit,
                                           const Selection& selection,
                                           const std::vector<std::string>& skip_models) {
  std::vector<std::int64_t> keys;
  {
    Query due(database_, kDueRetries);
    due.Add(now).Add(JoinTexts(skip_models)).Add(limit).AddSelected(selection);
    while (due.Next()) keys.push_back(due.Int64(0));
  }
  if (keys.size() >= limit) return keys;
  if (selection.globs != selection_.globs || selection.tags != selection_.tags) Forget();
  selection_ = selection;

  const auto skipped = [&](const std::string& name) {
    return std::find(skip_models.begin(), skip_models.end(), name) != skip_models.end();
  };
  const std::size_t wanted = limit - keys.size();
  std::vector<Candidate> found;
  for (const Model& model : WaitingModels()) {
    if (skipped(model.first) || skipped(model.first + "/" + model.second)) continue;
    const auto best =
        selection.empty() ? Best(model, wanted) : BestSelected(model, wanted, selection);
    found.insert(found.end(), best.begin(), best.end());
  }
  std::sort(found.begin(), found.end());
  if (found.size() > wanted) found.resize(wanted);
  for (const Candidate& candidate : found) keys.push_back(candidate.key);
  return keys;
}

void ReadyQueue::Reappeared(const TaskRow& task) {
  const auto found = windows_.find({task.model, task.version});
  if (found == windows_.end()) return;
  Window& window = found->second;
  const Candidate candidate{2 * task.priority + (task.awaited ? 1 : 0), task.position, task.key};
  if (!window.complete && window.looked_up_to < candidate) return;  // still to be looked at
  window.known.insert(candidate);  // whether it is selected is found out before it is offered
}

std::vector<ReadyQueue::Model> ReadyQueue::WaitingModels() {
  std::vector<Model> models;
  Query query(database_,
              "SELECT DISTINCT model, version FROM tally WHERE" AIGC_SQL_MAY_START "AND n > 0");
  while (query.Next()) models.emplace_back(query.Text(0), query.Text(1));
  return models;
}

std::vector<ReadyQueue::Candidate> ReadyQueue::Best(const Model& model, std::size_t limit) {
  std::vector<Candidate> best;
  Query query(database_, kReady);
  query.Add(model.first).Add(model.second).Add(limit);
  while (query.Next()) best.push_back({query.Int64(0), query.Int64(1), query.Int64(2)});
  return best;
}

std::vector<ReadyQueue::Candidate> ReadyQueue::BestSelected(const Model& model, std::size_t limit,
                                                            const Selection& selection) {
  Window& window = windows_[model];
  std::vector<Candidate> best;
  for (auto candidate = window.known.begin();
       candidate != window.known.end() && best.size() < limit;) {
    if (StillReady(candidate->key, selection)) {
      best.push_back(*candidate++);
    } else {
      candidate = window.known.erase(candidate);
    }
  }
  if (best.size() < limit && !window.complete) {
    LookOn(model, window, limit - best.size(), selection);
    best.assign(window.known.begin(), window.known.end());  // all are checked now
    if (best.size() > limit) best.resize(limit);
  }
  return best;
}

void ReadyQueue::LookOn(const Model& model, Window& window, std::size_t limit,
                        const Selection& selection) {
  std::size_t found = 0;
  for (const std::string_view sql : {kReadyHereSelected, kReadyBelowSelected}) {
    if (found == limit) return;
    Query query(database_, sql);
    query.Add(model.first).Add(model.second).Add(limit - found);
    query.Add(window.looked_up_to.rank);
    if (sql == kReadyHereSelected) {
      query.Add(window.looked_up_to.position).Add(window.looked_up_to.key);
    }
    query.AddSelected(selection);
    while (query.Next()) {
      window.looked_up_to = {query.Int64(0), query.Int64(1), query.Int64(2)};
      window.known.insert(window.looked_up_to);
      ++found;
    }
  }
  window.complete = found < limit;
}

bool ReadyQueue::StillReady(std::int64_t key, const Selection& selection) {
  Query query(database_,
              "SELECT 1 FROM task WHERE key = ?1 AND" AIGC_SQL_MAY_START "AND" AIGC_SQL_SELECTED);
  return query.Add(key).AddSelected(selection).Next();
}

}  // namespace aigc::store
