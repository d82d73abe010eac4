#include "store/sqlite_comparison.h"

#include <fmt/format.h>

#include <utility>

#include "store/sqlite_rows.h"

namespace aigc::store {
namespace {

// Keys are given one after another; more than this are not ours, and a bit for each would not fit.
constexpr std::int64_t kMaxKey = std::int64_t{1} << 32;

#define AIGC_SQL_COMPARED \
  "task.key, task.position, task.id, task.fingerprint, task.state, task.listed, task.submissions"

constexpr std::string_view kWalk = "SELECT " AIGC_SQL_COMPARED
                                   " FROM task WHERE listed = 1 AND position > ?1 AND current = 1"
                                   " ORDER BY position, key";
constexpr std::string_view kWalkWithSpecs =
    "SELECT " AIGC_SQL_COMPARED
    ", spec.json FROM task LEFT JOIN spec ON spec.task = task.key"
    " WHERE listed = 1 AND position > ?1 AND current = 1 ORDER BY position, task.key";
constexpr std::string_view kById =
    "SELECT " AIGC_SQL_COMPARED " FROM task WHERE id = ?1 AND current = 1";
constexpr std::string_view kEarlier = "SELECT " AIGC_SQL_COMPARED
                                      " FROM task WHERE id = ?1 AND current = 0"
                                      " ORDER BY generation DESC";

}  // namespace

std::string_view Name(Match match) {
  switch (match) {
    case Match::kNew:
      return "new";
    case Match::kChanged:
      return "changed";
    case Match::kKept:
      return "kept";
    case Match::kBack:
      return "back";
    case Match::kRenamed:
      return "renamed";
  }
  return "new";
}

SqliteComparison::~SqliteComparison() {
  walk_.reset();
  differences_.reset();
  EndReading();
}

void SqliteComparison::EndReading() noexcept {
  // Committed, since the temporary tables of the comparison would be rolled back too.
  if (reading_) database_.connection().tryExec("COMMIT");
  reading_ = false;
}

Status SqliteComparison::Begin() {
  return database_.Guard([&]() -> Status {
    database_.Execute(
        "CREATE TEMP TABLE IF NOT EXISTS differing ("
        " position INTEGER PRIMARY KEY, match INTEGER, task INTEGER, state TEXT, sent INTEGER,"
        " place INTEGER, spec INTEGER, holder INTEGER, fingerprint TEXT);"
        "CREATE TEMP TABLE IF NOT EXISTS free ("
        " task INTEGER PRIMARY KEY, place INTEGER, worth INTEGER, state TEXT, sent INTEGER,"
        " fingerprint TEXT);"
        "CREATE TEMP TABLE IF NOT EXISTS pair (position INTEGER PRIMARY KEY, task INTEGER);"
        "DROP INDEX IF EXISTS differing_wanted;"
        "DELETE FROM differing; DELETE FROM free; DELETE FROM pair");
    if (database_.BeginReading()) reading_ = true;
    std::int64_t first_key = 0, last_key = 0;
    {
      Query query(database_, "SELECT coalesce(min(key), 0), coalesce(max(key), 0) FROM task");
      if (query.Next()) {
        first_key = query.Int64(0);
        last_key = query.Int64(1);
      }
    }
    {
      Query query(database_, "SELECT current, coalesce(sum(n), 0) FROM tally GROUP BY current");
      while (query.Next()) (query.Bool(0) ? current_rows_ : old_rows_) = query.Int64(1);
    }
    if (first_key < 0 || last_key > kMaxKey) {
      return Error{ErrorCode::kStateDamaged, "the state has a task with an impossible key",
                   database_.file(), "put a backup of the state in its place"};
    }
    met_.assign(static_cast<std::size_t>(last_key) + 1, false);
    return {};
  });
}

Result<SqliteComparison::Row> SqliteComparison::ReadRow(const Query& query) {
  Row row;
  row.key = query.Int64(0);
  row.position = query.Int64(1);
  row.id = query.Text(2);
  row.fingerprint = query.Text(3);
  AIGC_ASSIGN_OR_RETURN(row.state, StateFrom(query.Text(4)));
  row.listed = query.Bool(5);
  row.sent = query.Int(6) > 0;
  return row;
}

Result<std::optional<SqliteComparison::Row>> SqliteComparison::Step() {
  if (walked_) return std::optional<Row>();
  if (!walk_) {
    walk_ = std::make_unique<Query>(database_, with_specs_ ? kWalkWithSpecs : kWalk);
    walk_->Add(walk_after_);
  }
  if (!walk_->Next()) {
    walked_ = true;
    walk_.reset();
    return std::optional<Row>();
  }
  AIGC_ASSIGN_OR_RETURN(Row row, ReadRow(*walk_));
  if (with_specs_) row.spec_json = walk_->Text(7);
  return std::optional<Row>(std::move(row));
}

Result<std::optional<SqliteComparison::Row>> SqliteComparison::LookUp(const Candidate& candidate) {
  Query query(database_, kById);
  if (!query.Add(candidate.id).Next()) return std::optional<Row>();
  AIGC_ASSIGN_OR_RETURN(Row row, ReadRow(query));
  if (with_specs_) {
    Query spec(database_, "SELECT json FROM spec WHERE task = ?1");
    if (spec.Add(row.key).Next()) row.spec_json = spec.Text(0);
  }
  return std::optional<Row>(std::move(row));
}

// The state's current row of the candidate's id.
Result<std::optional<SqliteComparison::Row>> SqliteComparison::Next(const Candidate& candidate) {
  if (!ahead_) {
    AIGC_ASSIGN_OR_RETURN(ahead_, Step());
  }
  if (ahead_ && ahead_->id == candidate.id) {
    std::optional<Row> row = std::move(ahead_);
    ahead_.reset();
    return row;
  }
  AIGC_ASSIGN_OR_RETURN(std::optional<Row> row, LookUp(candidate));
  if (row && row->listed) {
    // The two went apart here; what stood after this row probably follows it again.
    ahead_.reset();
    walk_.reset();
    walked_ = false;
    walk_after_ = row->position;
  }
  return row;
}

Result<Compared> SqliteComparison::Add(const Candidate& candidate) {
  return database_.Guard([&]() -> Result<Compared> {
    ++position_;
    if (current_rows_ + old_rows_ == 0) {
      ++counts_.fresh;
      ++counts_.differing;
      return Compared{};
    }
    if (position_ == 1) with_specs_ = !candidate.spec_json.empty();
    AIGC_ASSIGN_OR_RETURN(std::optional<Row> row, Next(candidate));
    AIGC_ASSIGN_OR_RETURN(const Compared compared, Judge(candidate, std::move(row)));
    if (compared.differs()) Record(candidate, compared);
    return compared;
  });
}

Result<Compared> SqliteComparison::Judge(const Candidate& candidate, std::optional<Row> row) {
  Compared compared;
  if (row) {
    if (Met(row->key)) {
      return Error{ErrorCode::kInternal, fmt::format("the task {} was listed twice", candidate.id)};
    }
    MarkMet(row->key);
    ++met_current_;
    compared.key = row->key;
    compared.state = row->state;
    compared.sent = row->sent;
    bool same = row->fingerprint == candidate.fingerprint;
    if (!same && !row->fingerprint.starts_with(candidate.fingerprint.substr(0, 3))) {
      AIGC_ASSIGN_OR_RETURN(const std::string again, fingerprints_.Of(row->key, row->fingerprint));
      same = again == candidate.fingerprint;
      compared.spec_differs = same;
    }
    if (same) {
      compared.match = Match::kKept;
      compared.place_differs = !row->listed || row->position != position_;
      if (with_specs_ && row->spec_json != candidate.spec_json) compared.spec_differs = true;
      return compared;
    }
  }
  if (old_rows_ > 0) {
    AIGC_ASSIGN_OR_RETURN(std::optional<Row> earlier, EarlierGeneration(candidate));
    if (earlier) {
      compared.current_key = compared.key;
      compared.match = Match::kBack;
      compared.key = earlier->key;
      compared.state = earlier->state;
      compared.sent = earlier->sent;
      compared.spec_differs = false;
      back_.insert(earlier->key);
      return compared;
    }
  }
  compared.match = row ? Match::kChanged : Match::kNew;
  return compared;
}

Result<std::optional<SqliteComparison::Row>> SqliteComparison::EarlierGeneration(
    const Candidate& candidate) {
  Query query(database_, kEarlier);
  query.Add(candidate.id);
  while (query.Next()) {
    AIGC_ASSIGN_OR_RETURN(Row row, ReadRow(query));
    AIGC_ASSIGN_OR_RETURN(const std::string fingerprint,
                          fingerprints_.Of(row.key, row.fingerprint));
    if (fingerprint == candidate.fingerprint) return std::optional<Row>(std::move(row));
  }
  return std::optional<Row>();
}

void SqliteComparison::Record(const Candidate& candidate, const Compared& compared) {
  const bool holds = compared.match == Match::kChanged;
  Query(database_,
        "INSERT INTO temp.differing (position, match, task, state, sent, place, spec, holder,"
        " fingerprint) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
      .Add(position_)
      .Add(static_cast<int>(compared.match))
      .Add(compared.key)
      .Add(Name(compared.state))
      .Add(static_cast<int>(compared.sent))
      .Add(static_cast<int>(compared.place_differs))
      .Add(static_cast<int>(compared.spec_differs))
      .Add(holds ? compared.key : compared.current_key)
      .Add(compared.match == Match::kNew || holds ? candidate.fingerprint : std::string_view())
      .Run();
}

}  // namespace aigc::store
