#include "store/sqlite_rows.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace aigc::store {
namespace {

constexpr std::array kSubmissionOutcomes = {SubmissionOutcome::kOpen, SubmissionOutcome::kAccepted,
                                            SubmissionOutcome::kRefused, SubmissionOutcome::kLost};

Error NotAName(std::string_view what, std::string_view name) {
  return {ErrorCode::kStateDamaged, fmt::format("\"{}\" is not a {} in the state", name, what)};
}

// A send that was refused brought nothing, so no window counts from it.
#define AIGC_SQL_SUBMISSION_COLUMNS                                                   \
  " s.key, s.task, s.number, s.attempt, s.session_id, s.outcome, s.task_id, s.ended," \
  " s.error_code, s.error_message, s.created_ms, s.accepted_ms, count(send.key),"     \
  " coalesce(sum(send.outcome = 'unknown'), 0),"                                      \
  " coalesce(min(CASE WHEN send.outcome <> 'refused' THEN send.sent_ms END), 0),"     \
  " coalesce(min(CASE WHEN send.outcome <> 'refused' THEN send.server_ms END), 0),"   \
  " charge.status, charge.micros "
#define AIGC_SQL_SUBMISSION_TABLES                              \
  "FROM submission s LEFT JOIN send ON send.submission = s.key" \
  " LEFT JOIN charge ON charge.submission = s.key "

Result<SubmissionRow> ReadSubmission(const Query& query) {
  SubmissionRow row;
  row.key = query.Int64(0);
  row.task = query.Int64(1);
  row.number = query.Int(2);
  row.attempt = query.Int(3);
  row.session_id = query.Text(4);
  const std::string outcome = query.Text(5);
  bool known = false;
  for (const SubmissionOutcome candidate : kSubmissionOutcomes) {
    if (Name(candidate) != outcome) continue;
    row.outcome = candidate;
    known = true;
  }
  if (!known) return NotAName("outcome of a submission", outcome);
  row.task_id = query.Text(6);
  row.ended = query.Bool(7);
  row.error_code = query.Text(8);
  row.error_message = query.Text(9);
  row.created_at = query.Time(10);
  row.accepted_at = query.Time(11);
  row.sends = query.Int(12);
  row.unknown_sends = query.Int(13);
  row.first_send = query.Time(14);
  row.first_send_server = query.Time(15);
  for (const ChargeStatus status : {ChargeStatus::kSpent, ChargeStatus::kReleased}) {
    if (!query.Null(16) && query.Text(16) == Name(status)) row.charge = status;
  }
  if (!query.Null(17)) row.charge_micros = query.Int64(17);
  return row;
}

}  // namespace

std::string_view Name(SubmissionOutcome outcome) {
  switch (outcome) {
    case SubmissionOutcome::kOpen:
      return "open";
    case SubmissionOutcome::kAccepted:
      return "accepted";
    case SubmissionOutcome::kRefused:
      return "refused";
    case SubmissionOutcome::kLost:
      return "lost";
  }
  return "open";
}

std::string_view Name(ChargeStatus status) {
  switch (status) {
    case ChargeStatus::kReserved:
      return "reserved";
    case ChargeStatus::kSpent:
      return "spent";
    case ChargeStatus::kReleased:
      return "released";
  }
  return "reserved";
}

std::string_view Name(SendOutcome outcome) {
  switch (outcome) {
    case SendOutcome::kUnknown:
      return "unknown";
    case SendOutcome::kAccepted:
      return "accepted";
    case SendOutcome::kRefused:
      return "refused";
  }
  return "unknown";
}

Result<TaskState> StateFrom(std::string_view name) {
  if (const auto state = ParseTaskState(name)) return *state;
  return NotAName("state of a task", name);
}

Result<Kind> KindFrom(std::string_view name) {
  if (name == Name(Kind::kVideo)) return Kind::kVideo;
  if (name == Name(Kind::kImage)) return Kind::kImage;
  return NotAName("kind of task", name);
}

Result<TaskRow> ReadTask(const Query& query) {
  TaskRow row;
  row.key = query.Int64(0);
  row.position = query.Int64(1);
  row.id = query.Text(2);
  row.generation = query.Int(3);
  row.current = query.Bool(4);
  row.listed = query.Bool(5);
  row.fingerprint = query.Text(6);
  AIGC_ASSIGN_OR_RETURN(row.kind, KindFrom(query.Text(7)));
  row.model = query.Text(8);
  row.version = query.Text(9);
  row.priority = query.Int(10);
  AIGC_ASSIGN_OR_RETURN(row.state, StateFrom(query.Text(11)));
  row.due = query.Time(12);
  row.attempts = query.Int(13);
  row.submissions = query.Int(14);
  row.concurrency_refusals = query.Int(15);
  row.error_code = query.Text(16);
  row.error_message = query.Text(17);
  row.request_id = query.Text(18);
  row.created_at = query.Time(19);
  row.submitted_at = query.Time(20);
  row.started_at = query.Time(21);
  row.finished_at = query.Time(22);
  row.downloaded_at = query.Time(23);
  row.awaited = query.Bool(24);
  if (!query.Null(25)) row.estimate_micros = query.Int64(25);
  return row;
}

Result<TaskRow> LoadTask(Database& database, std::int64_t key) {
  Query query(database, "SELECT" AIGC_SQL_TASK_COLUMNS "FROM task WHERE key = ?1");
  if (query.Add(key).Next()) return ReadTask(query);
  return Error{ErrorCode::kNotFound, fmt::format("the state holds no task with key {}", key)};
}

Result<std::vector<SubmissionRow>> LoadSubmissions(Database& database, std::int64_t task,
                                                   bool with_bodies) {
  std::vector<SubmissionRow> rows;
  Query query(database, "SELECT" AIGC_SQL_SUBMISSION_COLUMNS AIGC_SQL_SUBMISSION_TABLES
                        "WHERE s.task = ?1 GROUP BY s.number ORDER BY s.number");
  query.Add(task);
  while (query.Next()) {
    AIGC_ASSIGN_OR_RETURN(SubmissionRow row, ReadSubmission(query));
    if (with_bodies) {
      Query body(database, "SELECT body FROM body WHERE submission = ?1");
      if (body.Add(row.key).Next()) row.body = body.Text(0);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::optional<SubmissionRow>> LoadNewestSubmission(Database& database, std::int64_t task) {
  Query query(database, "SELECT" AIGC_SQL_SUBMISSION_COLUMNS AIGC_SQL_SUBMISSION_TABLES
                        "WHERE s.task = ?1"
                        "   AND s.number = (SELECT max(number) FROM submission WHERE task = ?1)"
                        " GROUP BY s.number");
  if (!query.Add(task).Next()) return std::optional<SubmissionRow>{};
  AIGC_ASSIGN_OR_RETURN(SubmissionRow row, ReadSubmission(query));
  return std::optional<SubmissionRow>(std::move(row));
}

std::vector<ArtifactRow> LoadArtifacts(Database& database, std::int64_t task) {
  std::vector<ArtifactRow> rows;
  Query query(database,
              "SELECT task, number, url, file_id, content, usage_type, media_type, expires_ms,"
              " expected_bytes, path, bytes, sha256 FROM artifact WHERE task = ?1 ORDER BY number");
  query.Add(task);
  while (query.Next()) {
    ArtifactRow row;
    row.task = query.Int64(0);
    row.number = query.Int(1);
    row.url = query.Text(2);
    row.file_id = query.Text(3);
    row.content = query.Text(4);
    row.usage_type = query.Text(5);
    row.media_type = query.Text(6);
    row.expires = query.Time(7);
    row.expected_bytes = query.Int64(8);
    row.path = query.Text(9);
    row.bytes = query.Int64(10);
    row.sha256 = query.Text(11);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Need> LoadNeeds(Database& database, std::int64_t task) {
  std::vector<Need> needs;
  Query query(database, "SELECT kind, name, met FROM need WHERE task = ?1 ORDER BY kind, name");
  query.Add(task);
  while (query.Next()) {
    needs.push_back({query.Text(0) == Name(NeedKind::kTask) ? NeedKind::kTask : NeedKind::kFile,
                     query.Text(1), query.Bool(2)});
  }
  return needs;
}

bool HasWish(Database& database, std::int64_t task) {
  Query query(database, "SELECT 1 FROM wish WHERE task = ?1 AND what = 'cancel'");
  return query.Add(task).Next();
}

Result<ActiveTask> LoadActiveTask(Database& database, TaskRow row) {
  ActiveTask task;
  AIGC_ASSIGN_OR_RETURN(task.submission, LoadNewestSubmission(database, row.key));
  task.artifacts = LoadArtifacts(database, row.key);
  task.cancel_wanted = HasWish(database, row.key);
  task.row = std::move(row);
  return task;
}

}  // namespace aigc::store
