// SqliteComparison: what is left when everything is listed. Tasks without a result are paired with
// results without a task, and then it is known what each listed task is.
#include <utility>

#include "store/sqlite_comparison.h"
#include "store/sqlite_rows.h"

namespace aigc::store {
namespace {

#define AIGC_SQL_NEW "0"
#define AIGC_SQL_CHANGED "1"
#define AIGC_SQL_RENAMED "4"
static_assert(static_cast<int>(Match::kNew) == 0 && static_cast<int>(Match::kChanged) == 1 &&
              static_cast<int>(Match::kRenamed) == 4);

#define AIGC_SQL_FREE "task.key, task.position, task.state, task.fingerprint, task.submissions"

// How much a result is worth to somebody who wants it: the least is the best.
int Worth(TaskState state) {
  switch (state) {
    case TaskState::kSucceeded:
      return 0;
    case TaskState::kDownloading:
    case TaskState::kRunning:
    case TaskState::kSubmitting:
      return 1;
    case TaskState::kWaitingRetry:
    case TaskState::kPending:
    case TaskState::kBlocked:
      return 2;
    case TaskState::kFailed:
    case TaskState::kSkipped:
    case TaskState::kCancelled:
    case TaskState::kLost:
      break;
  }
  return 3;
}

// Of equal requests the best results are taken, as many as are wanted, and given out in order.
constexpr std::string_view kPair =
    "INSERT INTO temp.pair (position, task)"
    " WITH wanted AS ("
    "  SELECT position, fingerprint,"
    "    row_number() OVER (PARTITION BY fingerprint ORDER BY position) AS n"
    "  FROM temp.differing"
    "  WHERE match IN (" AIGC_SQL_NEW ", " AIGC_SQL_CHANGED
    ")"
    "    AND fingerprint IN (SELECT fingerprint FROM temp.free)),"
    " ranked AS ("
    "  SELECT task, place, fingerprint,"
    "    row_number() OVER (PARTITION BY fingerprint ORDER BY worth, place, task) AS n FROM"
    "    temp.free),"
    " taken AS ("
    "  SELECT task, fingerprint,"
    "    row_number() OVER (PARTITION BY fingerprint ORDER BY place, task) AS n FROM ranked"
    "  WHERE n <= (SELECT count(*) FROM wanted WHERE wanted.fingerprint = ranked.fingerprint))"
    " SELECT wanted.position, taken.task FROM wanted JOIN taken USING (fingerprint, n)";

}  // namespace

Result<ComparisonCounts> SqliteComparison::Finish() {
  walk_.reset();
  ahead_.reset();
  auto counts = database_.Guard([&]() -> Result<ComparisonCounts> {
    if (current_rows_ + old_rows_ == 0) return counts_;
    AIGC_RETURN_IF_ERROR(Pair());
    std::int64_t recorded_kept = 0;
    {
      Query query(database_,
                  "SELECT match, count(*), coalesce(sum(state = 'succeeded'), 0) FROM"
                  " temp.differing GROUP BY match");
      while (query.Next()) {
        const std::int64_t count = query.Int64(1);
        counts_.differing += count;
        switch (static_cast<Match>(query.Int(0))) {
          case Match::kNew:
            counts_.fresh = count;
            break;
          case Match::kChanged:
            counts_.changed = count;
            counts_.remade = query.Int64(2);
            break;
          case Match::kKept:
            recorded_kept = count;
            break;
          case Match::kBack:
            counts_.back = count;
            break;
          case Match::kRenamed:
            counts_.renamed = count;
            break;
        }
      }
    }
    counts_.kept = position_ - (counts_.differing - recorded_kept);
    counts_.left_out = current_rows_ - met_current_;
    return counts_;
  });
  EndReading();
  return counts;
}

Status SqliteComparison::Pair() {
  bool wanted = false, changed = false;
  {
    Query query(database_, "SELECT 1, match FROM temp.differing WHERE match IN (" AIGC_SQL_NEW
                           ", " AIGC_SQL_CHANGED ") GROUP BY match");
    while (query.Next()) {
      wanted = true;
      changed = changed || static_cast<Match>(query.Int(1)) == Match::kChanged;
    }
  }
  const bool gone = met_current_ < current_rows_ || old_rows_ > 0;
  if (!wanted || (!gone && !changed)) return {};
  database_.Execute("CREATE INDEX temp.differing_wanted ON differing (fingerprint)");
  AIGC_RETURN_IF_ERROR(OfferFreeRows());
  Query(database_, kPair).Run();
  {
    Query query(database_,
                "SELECT pair.task, task.current FROM temp.pair JOIN task ON task.key = pair.task");
    while (query.Next()) {
      const std::int64_t key = query.Int64(0);
      if (!query.Bool(1) || Met(key)) continue;
      MarkMet(key);
      ++met_current_;
    }
  }
  Query(database_,
        "UPDATE temp.differing SET match = " AIGC_SQL_RENAMED
        ", task = free.task, state = free.state, sent = free.sent FROM temp.pair JOIN temp.free"
        " USING (task) WHERE pair.position = differing.position")
      .Run();
  // What took its place under its id is new there.
  Query(database_,
        "UPDATE temp.differing SET match = " AIGC_SQL_NEW
        ", task = 0, state = 'pending', sent = 0, holder = 0 WHERE match = " AIGC_SQL_CHANGED
        " AND holder IN (SELECT task FROM temp.pair)")
      .Run();
  Query(database_, "UPDATE temp.differing SET holder = 0 WHERE match = " AIGC_SQL_RENAMED
                   " AND holder IN (SELECT task FROM temp.pair)")
      .Run();
  return {};
}

// Rows of the state that belong to no listed task: all of ids that are gone, and those whose id
// asks for something else now.
Status SqliteComparison::OfferFreeRows() {
  if (met_current_ < current_rows_) {
    Query query(database_, "SELECT " AIGC_SQL_FREE " FROM task WHERE current = 1");
    while (query.Next()) {
      if (!Met(query.Int64(0))) AIGC_RETURN_IF_ERROR(Offer(query));
    }
  }
  if (old_rows_ > 0) {
    Query query(database_, "SELECT " AIGC_SQL_FREE
                           ", newest.key FROM task LEFT JOIN task newest ON newest.id = task.id"
                           " AND newest.current = 1 WHERE task.current = 0");
    while (query.Next()) {
      const bool listed = !query.Null(5) && Met(query.Int64(5));
      if (!listed && !back_.contains(query.Int64(0))) AIGC_RETURN_IF_ERROR(Offer(query));
    }
  }
  Query query(database_, "SELECT " AIGC_SQL_FREE
                         " FROM temp.differing JOIN main.task"
                         " ON task.key = holder WHERE match = " AIGC_SQL_CHANGED);
  while (query.Next()) AIGC_RETURN_IF_ERROR(Offer(query));
  return {};
}

// A row of AIGC_SQL_FREE, if somebody wants it.
Status SqliteComparison::Offer(const Query& row) {
  const std::int64_t key = row.Int64(0);
  AIGC_ASSIGN_OR_RETURN(const TaskState state, StateFrom(row.Text(2)));
  AIGC_ASSIGN_OR_RETURN(const std::string fingerprint, fingerprints_.Of(key, row.Text(3)));
  const bool wanted =
      Query(database_, "SELECT 1 FROM temp.differing WHERE fingerprint = ?1 LIMIT 1")
          .Add(fingerprint)
          .Next();
  if (!wanted) return {};
  Query(database_,
        "INSERT OR IGNORE INTO temp.free (task, place, worth, state, sent, fingerprint)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
      .Add(key)
      .Add(row.Int64(1))
      .Add(Worth(state))
      .Add(Name(state))
      .Add(static_cast<int>(row.Int(4) > 0))
      .Add(fingerprint)
      .Run();
  return {};
}

Result<Compared> SqliteComparison::At(std::int64_t position) {
  return database_.Guard([&]() -> Result<Compared> {
    Compared compared;
    if (current_rows_ + old_rows_ == 0) return compared;
    while (!differences_read_ && (!difference_ || difference_->position < position)) {
      if (!differences_) {
        differences_ = std::make_unique<Query>(
            database_,
            "SELECT position, match, task, state, sent, place, spec, holder FROM temp.differing"
            " WHERE position >= ?1 ORDER BY position");
        differences_->Add(position);
      }
      if (!differences_->Next()) {
        differences_.reset();
        difference_.reset();
        differences_read_ = true;
        break;
      }
      Difference next;
      next.position = differences_->Int64(0);
      next.compared.match = static_cast<Match>(differences_->Int(1));
      next.compared.key = differences_->Int64(2);
      AIGC_ASSIGN_OR_RETURN(next.compared.state, StateFrom(differences_->Text(3)));
      next.compared.sent = differences_->Bool(4);
      next.compared.place_differs = differences_->Bool(5);
      next.compared.spec_differs = differences_->Bool(6);
      if (next.compared.match == Match::kBack || next.compared.match == Match::kRenamed) {
        next.compared.current_key = differences_->Int64(7);
      }
      difference_ = next;
    }
    if (difference_ && difference_->position == position) return difference_->compared;
    compared.match = Match::kKept;
    return compared;
  });
}

void SqliteComparison::Rewind() {
  differences_.reset();
  difference_.reset();
  differences_read_ = false;
}

Status SqliteComparison::ForEachRenamed(const std::function<Status(std::int64_t key)>& visit) {
  return database_.Guard([&]() -> Status {
    Query query(database_, "SELECT task FROM temp.pair ORDER BY position");
    while (query.Next()) AIGC_RETURN_IF_ERROR(visit(query.Int64(0)));
    return {};
  });
}

Status SqliteComparison::ForEachLeftOut(const std::function<Status(const LeftOut&)>& visit) {
  if (counts_.left_out == 0) return {};
  return database_.Guard([&]() -> Status {
    Query query(database_,
                "SELECT key, id, model, version, state, listed FROM task WHERE current = 1"
                " ORDER BY listed DESC, position, key");
    while (query.Next()) {
      const std::int64_t key = query.Int64(0);
      if (key >= static_cast<std::int64_t>(met_.size()) || Met(key)) continue;
      const std::string id = query.Text(1), model = query.Text(2), version = query.Text(3);
      LeftOut left{key, id, model, version};
      AIGC_ASSIGN_OR_RETURN(left.state, StateFrom(query.Text(4)));
      left.listed = query.Bool(5);
      AIGC_RETURN_IF_ERROR(visit(left));
    }
    return {};
  });
}

}  // namespace aigc::store
