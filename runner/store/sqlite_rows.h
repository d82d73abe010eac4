// Columns of the state's tables ↔ the rows of store.h: the one place that knows their order.
// Private to this room; reading and writing throw SQLite::Exception, run them inside
// Database::Guard().
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/sqlite_query.h"
#include "store/store.h"

namespace aigc::store {

// Selected first, from a table named `task`; ReadTask() reads these kTaskColumnCount columns.
#define AIGC_SQL_TASK_COLUMNS                                                                  \
  " task.key, task.position, task.id, task.generation, task.current, task.listed,"             \
  " task.fingerprint, task.kind, task.model, task.version, task.priority, task.state,"         \
  " task.due_ms, task.attempts, task.submissions, task.concurrency_refusals, task.error_code," \
  " task.error_message, task.request_id, task.created_ms, task.submitted_ms, task.started_ms," \
  " task.finished_ms, task.downloaded_ms, task.awaited, task.estimate_micros "
inline constexpr int kTaskColumnCount = 26;
Result<TaskRow> ReadTask(const Query& query);

// kNotFound without such a row.
Result<TaskRow> LoadTask(Database& database, std::int64_t key);

// The submissions of a task, oldest first, summed up from their sends. With their bodies or
// without.
Result<std::vector<SubmissionRow>> LoadSubmissions(Database& database, std::int64_t task,
                                                   bool with_bodies);
// The newest of them, without its body; none when there is none.
Result<std::optional<SubmissionRow>> LoadNewestSubmission(Database& database, std::int64_t task);

std::vector<ArtifactRow> LoadArtifacts(Database& database, std::int64_t task);

// All of a task's needs, by kind and name.
std::vector<Need> LoadNeeds(Database& database, std::int64_t task);
// Whether a person wants the task cancelled.
bool HasWish(Database& database, std::int64_t task);

Result<ActiveTask> LoadActiveTask(Database& database, TaskRow row);

// Readers of the enums' stored names. kStateDamaged for others (the schema lets none in).
Result<TaskState> StateFrom(std::string_view name);
Result<Kind> KindFrom(std::string_view name);

}  // namespace aigc::store
