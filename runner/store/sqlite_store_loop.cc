// SqliteStore: turns, and what the loop asks and writes.
#include <fmt/format.h>

#include <utility>

#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {
namespace {

Error Defect(std::string message) { return {ErrorCode::kInternal, std::move(message)}; }

}  // namespace

Status SqliteStore::BeginTurn() { return database_->BeginTurn(); }

Status SqliteStore::CommitTurn() {
  Status status = database_->CommitTurn();
  if (!status.ok()) ready_.Forget();
  EndOfMany();
  return status;
}

void SqliteStore::AbandonTurn() {
  database_->AbandonTurn();
  ready_.Forget();
  EndOfMany();
}

Result<std::vector<ActiveTask>> SqliteStore::LoadActive() {
  return database_->Read([&]() -> Result<std::vector<ActiveTask>> {
    std::vector<ActiveTask> tasks;
    Query query(*database_, "SELECT" AIGC_SQL_TASK_COLUMNS "FROM task WHERE" AIGC_SQL_NOT_PENDING
                            "state IN ('submitting', 'running', 'downloading')"
                            " ORDER BY key");
    while (query.Next()) {
      AIGC_ASSIGN_OR_RETURN(TaskRow row, ReadTask(query));
      AIGC_ASSIGN_OR_RETURN(ActiveTask task, LoadActiveTask(*database_, std::move(row)));
      tasks.push_back(std::move(task));
    }
    return tasks;
  });
}

Result<ActiveTask> SqliteStore::Load(std::int64_t task) {
  return database_->Read([&]() -> Result<ActiveTask> {
    AIGC_ASSIGN_OR_RETURN(TaskRow row, LoadTask(*database_, task));
    return LoadActiveTask(*database_, std::move(row));
  });
}

Result<std::vector<ActiveTask>> SqliteStore::NextReady(
    WallTime now, std::size_t limit, const Selection& selection,
    const std::vector<std::string>& skip_models) {
  return database_->Read([&]() -> Result<std::vector<ActiveTask>> {
    std::vector<ActiveTask> tasks;
    for (const std::int64_t key : ready_.Next(now, limit, selection, skip_models)) {
      AIGC_ASSIGN_OR_RETURN(TaskRow row, LoadTask(*database_, key));
      ActiveTask task;
      if (row.submissions == 0) {  // never sent, as most: nothing belongs to it yet
        task.row = std::move(row);
      } else {
        AIGC_ASSIGN_OR_RETURN(task, LoadActiveTask(*database_, std::move(row)));
      }
      tasks.push_back(std::move(task));
    }
    return tasks;
  });
}

Result<std::optional<WallTime>> SqliteStore::EarliestDue(const Selection& selection) {
  return database_->Read([&]() -> Result<std::optional<WallTime>> {
    Query query(*database_, "SELECT due_ms FROM task WHERE" AIGC_SQL_NOT_PENDING
                            "state = 'waiting_retry' AND current = 1"
                            " AND listed = 1 AND" AIGC_SQL_SELECTED "ORDER BY due_ms LIMIT 1");
    query.AddSelected(selection);
    if (!query.Next()) return std::optional<WallTime>{};
    return std::optional<WallTime>(query.Time(0));
  });
}

Status SqliteStore::Apply(const TaskChange& change) {
  return database_->Write([&]() -> Status {
    if (!MayFollow(change.from, change.to)) {
      return Defect(
          fmt::format("a task may not go from {} to {}", Name(change.from), Name(change.to)));
    }
    const bool waits = change.to == TaskState::kWaitingRetry;
    const int changed =
        Query(*database_,
              "UPDATE task SET state = ?3, due_ms = ?4, attempts = coalesce(?5, attempts),"
              " concurrency_refusals = coalesce(?6, concurrency_refusals),"
              " error_code = coalesce(?7, error_code),"
              " error_message = coalesce(?8, error_message),"
              " request_id = coalesce(?9, request_id), submitted_ms = coalesce(?10, submitted_ms),"
              " started_ms = coalesce(?11, started_ms), finished_ms = coalesce(?12, finished_ms),"
              " downloaded_ms = coalesce(?13, downloaded_ms) WHERE key = ?1 AND state = ?2")
            .Add(change.task)
            .Add(Name(change.from))
            .Add(Name(change.to))
            .Add(waits ? change.due : WallTime{})
            .Add(change.attempts)
            .Add(change.concurrency_refusals)
            .Add(change.error_code)
            .Add(change.error_message)
            .Add(change.request_id)
            .Add(change.submitted_at)
            .Add(change.started_at)
            .Add(change.finished_at)
            .Add(change.downloaded_at)
            .Run();
    if (changed != 1 || change.to == TaskState::kPending) {
      AIGC_ASSIGN_OR_RETURN(const TaskRow stored, LoadTask(*database_, change.task));
      if (changed != 1) {
        return Defect(fmt::format("task {} was to go from {} to {} but is {}", stored.id,
                                  Name(change.from), Name(change.to), Name(stored.state)));
      }
      ready_.Reappeared(stored);
    }
    AddJournal(change.task, change.at, Name(change.from), Name(change.to), change.why);
    return {};
  });
}

Result<SubmissionRow> SqliteStore::AddSubmission(const SubmissionRow& submission) {
  return database_->Write([&]() -> Result<SubmissionRow> {
    Query(*database_,
          "INSERT INTO submission (task, number, attempt, session_id, outcome, task_id, ended,"
          " error_code, error_message, created_ms, accepted_ms)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
        .Add(submission.task)
        .Add(submission.number)
        .Add(submission.attempt)
        .Add(submission.session_id)
        .Add(Name(submission.outcome))
        .Add(submission.task_id)
        .Add(submission.ended)
        .Add(submission.error_code)
        .Add(submission.error_message)
        .Add(submission.created_at)
        .Add(submission.accepted_at)
        .Run();
    SubmissionRow added = submission;
    added.key = database_->LastRowKey();
    added.sends = added.unknown_sends = 0;
    added.first_send = added.first_send_server = WallTime{};
    Query(*database_, "INSERT INTO body (submission, body) VALUES (?1, ?2)")
        .Add(added.key)
        .Add(submission.body)
        .Run();
    Query(*database_, "UPDATE task SET submissions = max(submissions, ?2) WHERE key = ?1")
        .Add(submission.task)
        .Add(submission.number)
        .Run();
    if (submission.outcome == SubmissionOutcome::kAccepted) {
      Query(*database_,
            "INSERT INTO charge (submission, micros, status)"
            " SELECT ?1, estimate_micros, 'reserved' FROM task WHERE key = ?2")
          .Add(added.key)
          .Add(submission.task)
          .Run();
    }
    return added;
  });
}

Result<std::string> SqliteStore::BodyOf(std::int64_t submission) {
  return database_->Read([&]() -> Result<std::string> {
    Query query(*database_, "SELECT body FROM body WHERE submission = ?1");
    if (query.Add(submission).Next()) return query.Text(0);
    return Error{ErrorCode::kNotFound,
                 fmt::format("the state holds no submission with key {}", submission),
                 database_->file()};
  });
}

Result<std::int64_t> SqliteStore::AddSend(std::int64_t submission, WallTime now,
                                          WallTime server_now) {
  return database_->Write([&]() -> Result<std::int64_t> {
    AIGC_RETURN_IF_ERROR(Reserve(submission));
    Query(*database_,
          "INSERT INTO send (submission, sent_ms, server_ms, outcome) VALUES (?1, ?2, ?3, ?4)")
        .Add(submission)
        .Add(now)
        .Add(server_now)
        .Add(Name(SendOutcome::kUnknown))
        .Run();
    return database_->LastRowKey();
  });
}

Status SqliteStore::FinishSend(std::int64_t send, SendOutcome outcome, WallTime now,
                               std::string_view error_code, std::string_view error_message,
                               std::string_view request_id) {
  return database_->Write([&]() -> Status {
    // What a send was found to be is final: a known refusal or acceptance is never written over.
    const int changed =
        Query(*database_,
              "UPDATE send SET outcome = ?2, answered_ms = ?3, error_code = ?4,"
              " error_message = ?5, request_id = ?6 WHERE key = ?1 AND outcome = 'unknown'")
            .Add(send)
            .Add(Name(outcome))
            .Add(now)
            .Add(error_code)
            .Add(error_message)
            .Add(request_id)
            .Run();
    if (changed == 1) return {};
    return Defect(fmt::format("send {} is not there, or was decided before", send));
  });
}

Status SqliteStore::SetSubmission(const SubmissionRow& submission) {
  return database_->Write([&]() -> Status {
    // A task id, once known, is what was paid for: it is never replaced or dropped.
    const int changed =
        Query(*database_,
              "UPDATE submission SET outcome = ?2, task_id = ?3, ended = ?4, error_code = ?5,"
              " error_message = ?6, accepted_ms = ?7"
              " WHERE key = ?1 AND (task_id = '' OR task_id = ?3)"
              "   AND (outcome <> 'accepted' OR ?2 IN ('accepted', 'lost'))")
            .Add(submission.key)
            .Add(Name(submission.outcome))
            .Add(submission.task_id)
            .Add(submission.ended)
            .Add(submission.error_code)
            .Add(submission.error_message)
            .Add(submission.accepted_at)
            .Run();
    if (changed == 1) {
      Query(*database_, "UPDATE charge SET status = ?2 WHERE submission = ?1 AND status <> ?2")
          .Add(submission.key)
          .Add(Name(submission.charge))
          .Run();
      return {};
    }
    return Defect(
        fmt::format("submission {} is not there, or was accepted before under another "
                    "task id",
                    submission.key));
  });
}

Status SqliteStore::PutArtifact(const ArtifactRow& artifact) {
  return database_->Write([&]() -> Status {
    Query(*database_,
          "INSERT INTO artifact (task, number, url, file_id, usage_type, media_type, expires_ms,"
          " expected_bytes, path, bytes, sha256, content)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
          " ON CONFLICT DO UPDATE SET url = ?3, file_id = ?4, usage_type = ?5, media_type = ?6,"
          " expires_ms = ?7, expected_bytes = ?8, path = ?9, bytes = ?10, sha256 = ?11,"
          " content = ?12")
        .Add(artifact.task)
        .Add(artifact.number)
        .Add(artifact.url)
        .Add(artifact.file_id)
        .Add(artifact.usage_type)
        .Add(artifact.media_type)
        .Add(artifact.expires)
        .Add(artifact.expected_bytes)
        .Add(artifact.path)
        .Add(artifact.bytes)
        .Add(artifact.sha256)
        .Add(artifact.content)
        .Run();
    return {};
  });
}

Status SqliteStore::Note(std::int64_t task, WallTime at, std::string_view why) {
  return database_->Write([&]() -> Status {
    AIGC_ASSIGN_OR_RETURN(const TaskRow row, LoadTask(*database_, task));
    AddJournal(task, at, Name(row.state), Name(row.state), why);
    return {};
  });
}

Status SqliteStore::RaiseServerMark(WallTime server_time) {
  return database_->Write([&]() -> Status {
    Query(*database_, "UPDATE batch SET server_mark_ms = ?1 WHERE server_mark_ms < ?1")
        .Add(server_time)
        .Run();
    return {};
  });
}

}  // namespace aigc::store
