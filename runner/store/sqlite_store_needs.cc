// SqliteStore: what waits for what.
#include <fmt/format.h>

#include <deque>
#include <utility>

#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {
namespace {

// Statements that walk from needs to tasks or back; all by key, or by need_name.
constexpr std::string_view kWaitingFor =
    "SELECT task FROM need WHERE kind = ?1 AND name = ?2 AND met = 0";
constexpr std::string_view kHasUnmet = "SELECT 1 FROM need WHERE task = ?1 AND met = 0 LIMIT 1";

// All at once: the rows are changed while the list is worked through.
std::vector<std::int64_t> Keys(Query& query) {
  std::vector<std::int64_t> keys;
  while (query.Next()) keys.push_back(query.Int64(0));
  return keys;
}

bool HasUnmetNeed(Database& database, std::int64_t task) {
  return Query(database, kHasUnmet).Add(task).Next();
}

// "failed", "is lost": how a task that others need ended.
std::string_view Ended(TaskState state) {
  if (state == TaskState::kLost) return "is lost";
  if (state == TaskState::kSkipped) return "was skipped";
  return state == TaskState::kCancelled ? "was cancelled" : "failed";
}

constexpr std::string_view kAllThere = "everything that it needs is there";

}  // namespace

std::string_view Name(NeedKind kind) { return kind == NeedKind::kTask ? "task" : "file"; }

struct SqliteStore::Failed {
  std::string id;    // what others need
  std::string root;  // what failed first; the same as id when nothing was before it
  TaskState root_state = TaskState::kFailed;
};

void SqliteStore::PutNeed(std::int64_t task, const Need& need) {
  Query(*database_,
        "INSERT INTO need (task, kind, name, met) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET met = ?4")
      .Add(task)
      .Add(Name(need.kind))
      .Add(need.name)
      .Add(need.met)
      .Run();
}

Status SqliteStore::Move(TaskRow row, TaskState to, std::string_view code, std::string_view message,
                         std::string_view why, WallTime now, const OnMoved& moved) {
  const TaskState from = row.state;
  if (!MayFollow(from, to)) {
    return Error{ErrorCode::kInternal,
                 fmt::format("a task that waits may not go from {} to {}", Name(from), Name(to))};
  }
  Query(*database_,
        "UPDATE task SET state = ?2, due_ms = 0, error_code = ?3, error_message = ?4"
        " WHERE key = ?1")
      .Add(row.key)
      .Add(Name(to))
      .Add(code)
      .Add(message)
      .Run();
  AddJournal(row.key, now, Name(from), Name(to), why);
  row.state = to;
  row.due = WallTime{};
  row.error_code = code;
  row.error_message = message;
  if (to == TaskState::kPending) ready_.Reappeared(row);
  if (moved) moved(row, from, why);
  return {};
}

Status SqliteStore::MeetNeed(NeedKind kind, std::string_view name, WallTime now,
                             const OnMoved& moved) {
  return database_->Write([&]() -> Status {
    std::vector<std::int64_t> waiting;
    {
      Query query(*database_, kWaitingFor);
      waiting = Keys(query.Add(Name(kind)).Add(name));
    }
    if (waiting.empty()) return {};
    Query(*database_, "UPDATE need SET met = 1 WHERE kind = ?1 AND name = ?2 AND met = 0")
        .Add(Name(kind))
        .Add(name)
        .Run();
    for (const std::int64_t task : waiting) {
      if (HasUnmetNeed(*database_, task)) continue;
      AIGC_ASSIGN_OR_RETURN(TaskRow row, LoadTask(*database_, task));
      const bool waits = row.state == TaskState::kBlocked || row.state == TaskState::kSkipped;
      if (!waits || !row.current) continue;
      AIGC_RETURN_IF_ERROR(
          Move(std::move(row), TaskState::kPending, "", "", kAllThere, now, moved));
    }
    return {};
  });
}

Status SqliteStore::SkipWaiting(std::string_view id, WallTime now, const OnMoved& moved) {
  return database_->Write([&]() -> Status {
    Failed failed{std::string(id), std::string(id)};
    {
      Query query(*database_, "SELECT state FROM task WHERE id = ?1 AND current = 1");
      if (!query.Add(id).Next()) return {};
      AIGC_ASSIGN_OR_RETURN(failed.root_state, StateFrom(query.Text(0)));
    }
    if (!IsFinal(failed.root_state) || failed.root_state == TaskState::kSucceeded) return {};
    std::unordered_set<std::int64_t> skipped;
    return SkipAll({std::move(failed)}, now, moved, skipped);
  });
}

// Breadth first and not recursive: a chain may be as long as the batch. `skipped` gets the keys of
// all tasks that are skipped for this, those that were before included.
Status SqliteStore::SkipAll(std::vector<Failed> failed, WallTime now, const OnMoved& moved,
                            std::unordered_set<std::int64_t>& skipped) {
  std::deque<Failed> queue(std::make_move_iterator(failed.begin()),
                           std::make_move_iterator(failed.end()));
  for (; !queue.empty(); queue.pop_front()) {
    const Failed& cause = queue.front();
    std::vector<std::int64_t> waiting;
    {
      Query query(*database_, kWaitingFor);
      waiting = Keys(query.Add(Name(NeedKind::kTask)).Add(cause.id));
    }
    for (const std::int64_t task : waiting) {
      AIGC_ASSIGN_OR_RETURN(TaskRow row, LoadTask(*database_, task));
      const bool waits = row.state == TaskState::kBlocked || row.state == TaskState::kSkipped;
      if (!waits || !row.current || !skipped.insert(task).second) continue;
      Failed next{row.id, cause.root, cause.root_state};
      if (row.state == TaskState::kBlocked) {
        const std::string message =
            cause.id == cause.root
                ? fmt::format("it needs the task \"{}\", which {}", cause.id,
                              Ended(cause.root_state))
                : fmt::format("it needs the task \"{}\", which is skipped since the task \"{}\" {}",
                              cause.id, cause.root, Ended(cause.root_state));
        AIGC_RETURN_IF_ERROR(
            Move(std::move(row), TaskState::kSkipped, kNeedFailed, message, message, now, moved));
      }
      queue.push_back(std::move(next));
    }
  }
  return {};
}

Status SqliteStore::SettleNeeds(WallTime now, const OnMoved& moved) {
  return database_->Write([&]() -> Status {
    if (!Query(*database_, "SELECT 1 FROM need LIMIT 1").Next() &&
        !Query(*database_, "SELECT 1 FROM task WHERE" AIGC_SQL_NOT_PENDING
                           "state IN ('blocked', 'skipped') LIMIT 1")
             .Next()) {
      return {};
    }
    Query(*database_,
          "UPDATE need SET met = 1 - met WHERE kind = 'task' AND met <> EXISTS (SELECT 1 FROM task"
          " WHERE task.id = need.name AND task.current = 1 AND task.state = 'succeeded')")
        .Run();
    RefreshAwaited();

    const auto for_each = [&](std::string_view sql,
                              const std::function<Status(TaskRow)>& visit) -> Status {
      std::vector<std::int64_t> keys;
      {
        Query query(*database_, sql);
        keys = Keys(query);
      }
      for (const std::int64_t key : keys) {
        AIGC_ASSIGN_OR_RETURN(TaskRow row, LoadTask(*database_, key));
        AIGC_RETURN_IF_ERROR(visit(std::move(row)));
      }
      return {};
    };

    // What was made ready and needs something after all. A task with a submission has all it needs
    // in the stored body.
    AIGC_RETURN_IF_ERROR(for_each(
        "SELECT DISTINCT task.key FROM need JOIN task ON task.key = need.task WHERE need.met = 0"
        " AND task.state = 'pending' AND task.current = 1 AND task.submissions = 0",
        [&](TaskRow row) {
          return Move(std::move(row), TaskState::kBlocked, "", "", "it needs what is not there yet",
                      now, moved);
        }));

    std::vector<Failed> failed;
    {
      Query query(*database_,
                  "SELECT DISTINCT task.id, task.state FROM need JOIN task ON task.id = need.name"
                  " AND task.current = 1 WHERE need.kind = 'task' AND need.met = 0"
                  " AND task.state IN ('failed', 'cancelled', 'lost') ORDER BY task.position");
      while (query.Next()) {
        AIGC_ASSIGN_OR_RETURN(const TaskState state, StateFrom(query.Text(1)));
        failed.push_back({query.Text(0), query.Text(0), state});
      }
    }
    std::unordered_set<std::int64_t> skipped;
    AIGC_RETURN_IF_ERROR(SkipAll(std::move(failed), now, moved, skipped));

    AIGC_RETURN_IF_ERROR(for_each(
        "SELECT key FROM task WHERE" AIGC_SQL_NOT_PENDING "state = 'skipped' AND current = 1",
        [&](TaskRow row) -> Status {
          if (skipped.count(row.key) > 0) return {};
          return Move(std::move(row), TaskState::kBlocked, "", "",
                      "nothing that it needs has failed any more", now, moved);
        }));
    return for_each(
        "SELECT key FROM task WHERE" AIGC_SQL_NOT_PENDING "state = 'blocked' AND current = 1",
        [&](TaskRow row) -> Status {
          if (HasUnmetNeed(*database_, row.key)) return {};
          return Move(std::move(row), TaskState::kPending, "", "", kAllThere, now, moved);
        });
  });
}

// A task is awaited while one of the manifest that has not got everything yet names it.
void SqliteStore::RefreshAwaited() {
  const int more = Query(*database_,
                         "UPDATE task SET awaited = 1 WHERE awaited = 0 AND current = 1 AND id IN"
                         " (SELECT need.name FROM need JOIN task waiting ON waiting.key = need.task"
                         "  WHERE need.kind = 'task' AND need.met = 0 AND waiting.current = 1"
                         "  AND waiting.listed = 1)")
                       .Run();
  const int less = Query(*database_,
                         "UPDATE task SET awaited = 0 WHERE awaited = 1 AND NOT EXISTS"
                         " (SELECT 1 FROM need JOIN task waiting ON waiting.key = need.task"
                         "  WHERE need.kind = 'task' AND need.name = task.id AND need.met = 0"
                         "  AND waiting.current = 1 AND waiting.listed = 1)")
                       .Run();
  if (more + less > 0) ready_.Forget();
}

Result<std::vector<std::string>> SqliteStore::WaitedFor(const Selection& selection,
                                                        std::size_t limit) {
  return database_->Read([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> names;
    Query query(*database_,
                "WITH RECURSIVE waiting (key) AS ("
                " SELECT key FROM task WHERE" AIGC_SQL_NOT_PENDING
                "state = 'blocked' AND current = 1 AND listed = 1"
                "  AND" AIGC_SQL_SELECTED
                " UNION SELECT other.key FROM waiting JOIN need ON need.task = waiting.key"
                "  JOIN task other ON other.id = need.name AND other.current = 1"
                "  WHERE need.kind = 'task' AND need.met = 0)"
                "SELECT id FROM task WHERE key IN waiting AND (state <> 'blocked' OR NOT "
                "(" AIGC_SQL_SELECTED ")) ORDER BY position LIMIT ?1");
    query.Add(limit).AddSelected(selection);
    while (query.Next()) names.push_back(query.Text(0));
    return names;
  });
}

Status SqliteStore::AddNeed(std::int64_t task, const Need& need, WallTime now) {
  return database_->Write([&]() -> Status {
    PutNeed(task, need);
    AIGC_ASSIGN_OR_RETURN(TaskRow row, LoadTask(*database_, task));
    const bool queued = row.state == TaskState::kPending || row.state == TaskState::kWaitingRetry;
    if (need.met || !queued) return {};
    return Move(std::move(row), TaskState::kBlocked, "", "",
                fmt::format("it needs the {} {}", Name(need.kind), need.name), now, nullptr);
  });
}

}  // namespace aigc::store
