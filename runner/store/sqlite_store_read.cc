// SqliteStore: opening, and what StoreReader asks.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "store/sqlite_comparison.h"
#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {
namespace {

Error NoSuchTask(std::string_view id, const std::string& file) {
  return {ErrorCode::kNotFound, fmt::format("there is no task \"{}\" in this batch", id), file};
}

std::string SpecText(Database& database, std::int64_t task) {
  Query query(database, "SELECT json FROM spec WHERE task = ?1");
  return query.Add(task).Next() ? query.Text(0) : std::string{};
}

// Steps a query of (kind, model, version, state, count) rows, ordered by the first three.
Result<std::vector<ModelCounts>> ReadModelCounts(Query& query) {
  std::vector<ModelCounts> models;
  while (query.Next()) {
    ModelCounts row;
    AIGC_ASSIGN_OR_RETURN(row.kind, KindFrom(query.Text(0)));
    row.model = query.Text(1);
    row.version = query.Text(2);
    const bool same = !models.empty() && models.back().kind == row.kind &&
                      models.back().model == row.model && models.back().version == row.version;
    if (!same) models.push_back(std::move(row));
    AIGC_ASSIGN_OR_RETURN(const TaskState state, StateFrom(query.Text(3)));
    models.back().counts[state] += query.Int64(4);
  }
  return models;
}

// A row of AIGC_SQL_REPORT.
Result<ReportRow> ReadReportRow(Database& database, const Query& query) {
  ReportRow row;
  AIGC_ASSIGN_OR_RETURN(row.row, ReadTask(query));
  row.spec_json = query.Text(kTaskColumnCount);
  row.session_id = query.Text(kTaskColumnCount + 1);
  row.task_id = query.Text(kTaskColumnCount + 2);
  row.artifacts = LoadArtifacts(database, row.row.key);
  if (row.row.state == TaskState::kBlocked) {
    for (const Need& need : LoadNeeds(database, row.row.key)) {
      if (need.met) continue;
      row.waits_for.push_back(need.kind == NeedKind::kTask ? need.name : "file " + need.name);
    }
  }
  return row;
}

#define AIGC_SQL_REPORT                            \
  "SELECT" AIGC_SQL_TASK_COLUMNS                   \
  ", spec.json, s.session_id, s.task_id FROM task" \
  " LEFT JOIN spec ON spec.task = task.key"        \
  " LEFT JOIN submission s ON s.task = task.key AND s.number = task.submissions"

constexpr std::string_view kTallied =
    "SELECT kind, model, version, state, sum(n) FROM tally WHERE n > 0 AND" AIGC_SQL_VISIBLE
    "GROUP BY kind, model, version, state ORDER BY kind, model, version, state";
constexpr std::string_view kCounted =
    "SELECT kind, model, version, state, count(*) FROM task WHERE" AIGC_SQL_VISIBLE
    "AND" AIGC_SQL_SELECTED
    "GROUP BY kind, model, version, state ORDER BY kind, model, version, state";

// The bare columns are of the row that has the least position. Only failed rows are looked at,
// which an index has together.
constexpr std::string_view kFailures =
    "SELECT state, error_code, count(*), min(position), id, error_message, request_id FROM task"
    " WHERE" AIGC_SQL_NOT_PENDING "state IN ('failed', 'lost') AND" AIGC_SQL_VISIBLE
    "AND" AIGC_SQL_SELECTED "GROUP BY state, error_code, error_message ORDER BY min(position)";

constexpr std::string_view kGenerationTimes =
    "SELECT model, version, finished_ms - started_ms FROM (SELECT model, version, started_ms,"
    " finished_ms FROM task WHERE" AIGC_SQL_NOT_PENDING
    "state = 'succeeded' ORDER BY due_ms DESC, key DESC LIMIT 1000)"
    " WHERE started_ms > 0 AND finished_ms > started_ms";

}  // namespace

SqliteStore::SqliteStore(std::unique_ptr<RunLock> lock, std::unique_ptr<Database> database)
    : lock_(std::move(lock)), database_(std::move(database)), ready_(*database_) {}

Status SqliteStore::Prepare() {
  return database_->Guard([&]() -> Status {
    RegisterFunctions(*database_);
    database_->Execute("PRAGMA temp_store = MEMORY");
    return {};
  });
}

Result<BatchRecord> SqliteStore::Batch() {
  return database_->Read([&]() -> Result<BatchRecord> {
    BatchRecord batch;
    Query version(*database_, "PRAGMA user_version");
    if (version.Next()) batch.version = version.Int(0);
    Query query(*database_,
                "SELECT uuid, name, endpoint, sub_app_id, machine, manifest_path, folder,"
                " output_dir, created_ms, server_mark_ms, text"
                " FROM batch LEFT JOIN manifest USING (only)");
    if (!query.Next()) {
      return Error{ErrorCode::kNotFound, "the state does not say yet which batch it is of",
                   database_->file()};
    }
    batch.uuid = query.Text(0);
    batch.name = query.Text(1);
    batch.endpoint = query.Text(2);
    batch.sub_app_id = query.Int64(3);
    batch.machine = query.Text(4);
    batch.manifest_path = query.Text(5);
    batch.folder = query.Text(6);
    batch.output_dir = query.Text(7);
    batch.created_at = query.Time(8);
    batch.server_mark = query.Time(9);
    batch.manifest_text = query.Text(10);
    return batch;
  });
}

Result<StateCounts> SqliteStore::Counts(const Selection& selection) {
  AIGC_ASSIGN_OR_RETURN(const auto models, CountsByModel(selection));
  StateCounts counts;
  for (const ModelCounts& model : models) {
    for (const auto& [state, n] : model.counts) counts[state] += n;
  }
  return counts;
}

Result<std::vector<ModelCounts>> SqliteStore::CountsByModel(const Selection& selection) {
  return database_->Read([&]() -> Result<std::vector<ModelCounts>> {
    Query query(*database_, selection.empty() ? kTallied : kCounted);
    query.AddVisible(selection);
    if (!selection.empty()) query.AddSelected(selection);
    return ReadModelCounts(query);
  });
}

Result<std::vector<FailureGroup>> SqliteStore::Failures(const Selection& selection) {
  return database_->Read([&]() -> Result<std::vector<FailureGroup>> {
    std::vector<FailureGroup> groups;
    Query query(*database_, kFailures);
    query.AddVisible(selection).AddSelected(selection);
    while (query.Next()) {
      FailureGroup& group = groups.emplace_back();
      AIGC_ASSIGN_OR_RETURN(group.state, StateFrom(query.Text(0)));
      group.code = query.Text(1);
      group.count = query.Int64(2);
      group.task_id = query.Text(4);
      group.message = query.Text(5);
      group.request_id = query.Text(6);
    }
    return groups;
  });
}

Result<TaskRow> SqliteStore::FindTask(std::string_view id) {
  return database_->Read([&]() -> Result<TaskRow> {
    Query query(*database_,
                "SELECT" AIGC_SQL_TASK_COLUMNS "FROM task WHERE id = ?1 AND current = 1");
    if (query.Add(id).Next()) return ReadTask(query);
    return NoSuchTask(id, database_->file());
  });
}

Result<std::vector<TaskStory>> SqliteStore::Story(std::string_view id) {
  return database_->Read([&]() -> Result<std::vector<TaskStory>> {
    std::vector<TaskStory> stories;
    Query query(*database_,
                "SELECT" AIGC_SQL_TASK_COLUMNS "FROM task WHERE id = ?1 ORDER BY generation DESC");
    query.Add(id);
    while (query.Next()) {
      AIGC_ASSIGN_OR_RETURN(TaskRow row, ReadTask(query));
      AIGC_ASSIGN_OR_RETURN(TaskStory story, StoryOf(std::move(row)));
      stories.push_back(std::move(story));
    }
    if (stories.empty()) return NoSuchTask(id, database_->file());
    return stories;
  });
}

Result<TaskStory> SqliteStore::StoryOf(TaskRow row) {
  TaskStory story;
  story.spec_json = SpecText(*database_, row.key);
  AIGC_ASSIGN_OR_RETURN(story.submissions, LoadSubmissions(*database_, row.key, true));
  story.artifacts = LoadArtifacts(*database_, row.key);
  story.needs = LoadNeeds(*database_, row.key);
  {
    Query query(*database_,
                "SELECT s.number, send.sent_ms, send.answered_ms, send.outcome, send.error_code,"
                " send.error_message, send.request_id"
                " FROM send JOIN submission s ON s.key = send.submission"
                " WHERE s.task = ?1 ORDER BY send.key");
    query.Add(row.key);
    while (query.Next()) {
      SendRow send;
      send.submission = query.Int(0);
      send.sent_at = query.Time(1);
      send.answered_at = query.Time(2);
      for (const auto outcome : {SendOutcome::kAccepted, SendOutcome::kRefused}) {
        if (Name(outcome) == query.Text(3)) send.outcome = outcome;
      }
      send.error_code = query.Text(4);
      send.error_message = query.Text(5);
      send.request_id = query.Text(6);
      story.sends.push_back(std::move(send));
    }
  }
  {
    Query query(
        *database_,
        "SELECT at_ms, from_state, to_state, why FROM journal WHERE task = ?1 ORDER BY key");
    query.Add(row.key);
    while (query.Next()) {
      story.journal.push_back(
          {query.Time(0), row.generation, query.Text(1), query.Text(2), query.Text(3)});
    }
  }
  story.row = std::move(row);
  return story;
}

Status SqliteStore::ForEachReportRow(const Selection& selection,
                                     const std::function<Status(const ReportRow&)>& visit) {
  return database_->Read([&]() -> Status {
    Query query(*database_, AIGC_SQL_REPORT " WHERE" AIGC_SQL_VISIBLE "AND" AIGC_SQL_SELECTED
                                            "ORDER BY task.listed DESC, task.position, task.key");
    query.AddVisible(selection).AddSelected(selection);
    while (query.Next()) {
      AIGC_ASSIGN_OR_RETURN(const ReportRow row, ReadReportRow(*database_, query));
      AIGC_RETURN_IF_ERROR(visit(row));
    }
    return {};
  });
}

Result<std::vector<ReportRow>> SqliteStore::Page(const PageRequest& request) {
  return database_->Read([&]() -> Result<std::vector<ReportRow>> {
    std::vector<std::string> states;
    for (const TaskState state : request.states) states.emplace_back(Name(state));
    Query query(*database_, AIGC_SQL_REPORT
                " WHERE listed = 1 AND position > ?1 AND current = 1"
                " AND (?3 = '' OR one_is(?3, state))"
                " AND (?4 = '' OR ?4 = model OR ?4 = model || '/' || version)"
                " AND (?5 = '' OR instr(lower(id), ?5) > 0 OR instr(lower(spec.json), ?5) > 0)"
                " AND (?6 = '' OR EXISTS (SELECT 1 FROM tag"
                "   WHERE tag.task = task.key AND one_is(?6, tag.tag)))"
                " ORDER BY position LIMIT ?2");
    query.Add(request.after).Add(request.limit).Add(JoinTexts(states)).Add(request.model);
    query.Add(ToLower(request.text)).Add(JoinTexts(request.tags));
    std::vector<ReportRow> rows;
    while (query.Next()) {
      AIGC_ASSIGN_OR_RETURN(ReportRow row, ReadReportRow(*database_, query));
      rows.push_back(std::move(row));
    }
    return rows;
  });
}

Result<TaskRow> SqliteStore::RowOf(std::int64_t task) {
  return database_->Read([&]() -> Result<TaskRow> { return LoadTask(*database_, task); });
}

Result<std::unique_ptr<Comparison>> SqliteStore::Compare() {
  auto comparison = std::make_unique<SqliteComparison>(*database_);
  AIGC_RETURN_IF_ERROR(comparison->Begin());
  return std::unique_ptr<Comparison>(std::move(comparison));
}

Result<std::vector<GenerationTime>> SqliteStore::GenerationTimes() {
  return database_->Read([&]() -> Result<std::vector<GenerationTime>> {
    std::map<std::pair<std::string, std::string>, std::vector<std::int64_t>> spans;
    Query query(*database_, kGenerationTimes);
    while (query.Next()) {
      spans[{query.Text(0), query.Text(1)}].push_back(query.Int64(2));
    }
    std::vector<GenerationTime> times;
    for (auto& [model, of_model] : spans) {
      std::sort(of_model.begin(), of_model.end());
      const std::size_t count = of_model.size();
      const auto sum = std::accumulate(of_model.begin(), of_model.end(), std::int64_t{0});
      times.push_back({model.first, model.second, Millis{of_model[count / 2]},
                       static_cast<std::int64_t>(count),
                       Millis{sum / static_cast<std::int64_t>(count)}, Millis{of_model[count / 10]},
                       Millis{of_model[count - 1 - count / 10]}});
    }
    return times;
  });
}

Result<std::string> SqliteStore::SpecOf(std::int64_t task) {
  return database_->Read([&]() -> Result<std::string> {
    std::string json = SpecText(*database_, task);
    if (!json.empty()) return json;
    return Error{ErrorCode::kNotFound, fmt::format("the state holds no task with key {}", task),
                 database_->file()};
  });
}

}  // namespace aigc::store
