// SqliteStore: what people ask of a batch, and what may still come of what was given up.
#include <fmt/format.h>

#include <utility>

#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {

Result<std::vector<TaskMark>> SqliteStore::FindTasks(const Selection& selection,
                                                     const std::vector<TaskState>& states) {
  return database_->Read([&]() -> Result<std::vector<TaskMark>> {
    std::vector<std::string> names;
    for (const TaskState state : states) names.emplace_back(Name(state));
    std::vector<TaskMark> marks;
    Query query(*database_,
                "SELECT key, state, submissions, error_code FROM task WHERE one_is(?1, state)"
                " AND current = 1 AND listed = 1 AND" AIGC_SQL_SELECTED "ORDER BY position, key");
    query.Add(JoinTexts(names)).AddSelected(selection);
    while (query.Next()) {
      TaskMark mark;
      mark.key = query.Int64(0);
      AIGC_ASSIGN_OR_RETURN(mark.state, StateFrom(query.Text(1)));
      mark.submissions = query.Int(2);
      mark.error_code = query.Text(3);
      marks.push_back(std::move(mark));
    }
    return marks;
  });
}

Result<std::optional<CommandRow>> SqliteStore::FindCommand(std::string_view id) {
  return database_->Read([&]() -> Result<std::optional<CommandRow>> {
    Query query(*database_, "SELECT id, at_ms, text, outcome FROM command WHERE id = ?1");
    if (!query.Add(id).Next()) return std::optional<CommandRow>{};
    return std::optional<CommandRow>(
        CommandRow{query.Text(0), query.Time(1), query.Text(2), query.Text(3)});
  });
}

Result<StoreReader::Expiring> SqliteStore::FindExpiring(WallTime after, WallTime before) {
  return database_->Read([&]() -> Result<Expiring> {
    // In this order: the index artifact_away has the few rows that it is about.
    Query query(
        *database_,
        "SELECT count(*), coalesce(min(expires_ms), 0) FROM artifact"
        " CROSS JOIN task ON task.key = artifact.task WHERE path = '' AND url <> ''"
        " AND expires_ms > ?1 AND expires_ms < ?2 AND state IN ('downloading', 'succeeded')");
    Expiring expiring;
    if (query.Add(after).Add(before).Next()) expiring = {query.Int64(0), query.Time(1)};
    return expiring;
  });
}

Result<bool> SqliteStore::HasSubmission(std::string_view session_id) {
  return database_->Read([&]() -> Result<bool> {
    if (session_id.empty()) return Query(*database_, "SELECT 1 FROM submission LIMIT 1").Next();
    return Query(*database_, "SELECT 1 FROM submission WHERE session_id = ?1")
        .Add(session_id)
        .Next();
  });
}

Result<std::vector<ActiveTask>> SqliteStore::LoadOverdue() {
  return database_->Read([&]() -> Result<std::vector<ActiveTask>> {
    std::vector<ActiveTask> tasks;
    // The condition is that of the index submission_live, so that this looks at few rows.
    Query query(*database_,
                "SELECT" AIGC_SQL_TASK_COLUMNS
                "FROM task WHERE state = 'failed' AND error_code = 'overdue' AND key IN"
                " (SELECT task FROM submission"
                "  WHERE outcome = 'open' OR (outcome = 'accepted' AND ended = 0)) ORDER BY key");
    while (query.Next()) {
      AIGC_ASSIGN_OR_RETURN(TaskRow row, ReadTask(query));
      AIGC_ASSIGN_OR_RETURN(ActiveTask task, LoadActiveTask(*database_, std::move(row)));
      const bool live = task.submission && !task.submission->ended &&
                        task.submission->outcome == SubmissionOutcome::kAccepted;
      if (live) tasks.push_back(std::move(task));
    }
    return tasks;
  });
}

Status SqliteStore::WishCancelled(std::int64_t task, WallTime at) {
  return database_->Write([&]() -> Status {
    Query(*database_, "INSERT OR IGNORE INTO wish (task, what, asked_ms) VALUES (?1, 'cancel', ?2)")
        .Add(task)
        .Add(at)
        .Run();
    return {};
  });
}

Status SqliteStore::AddCommand(const CommandRow& command) {
  return database_->Write([&]() -> Status {
    Query(*database_, "INSERT INTO command (id, at_ms, text, outcome) VALUES (?1, ?2, ?3, ?4)")
        .Add(command.id)
        .Add(command.at)
        .Add(command.text)
        .Add(command.outcome)
        .Run();
    return {};
  });
}

}  // namespace aigc::store
