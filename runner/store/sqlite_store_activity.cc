// SqliteStore: what is going on, for a screen that is drawn again every second. Every query here
// looks at a bounded number of rows.
#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {
namespace {

constexpr std::string_view kRunning =
    "SELECT model, version, started_ms FROM task WHERE state = 'running'";
// The condition is that of the index submission_live.
constexpr std::string_view kOldest =
    "SELECT coalesce(min(accepted_ms), 0) FROM submission"
    " WHERE (outcome = 'open' OR (outcome = 'accepted' AND ended = 0)) AND accepted_ms > 0";
constexpr std::string_view kSent =
    "SELECT count(*) FROM (SELECT sent_ms FROM send ORDER BY key DESC LIMIT 5000)"
    " WHERE sent_ms > ?1";
constexpr std::string_view kEnded =
    "SELECT count(*) FROM (SELECT at_ms, from_state, to_state FROM journal"
    "  ORDER BY key DESC LIMIT 10000)"
    " WHERE at_ms > ?1 AND from_state <> to_state"
    " AND to_state IN ('succeeded', 'failed', 'lost', 'skipped', 'cancelled')";
// Only what is failed still: what was taken up again is no failure to show.
constexpr std::string_view kFailures =
    "SELECT id, error_code, error_message, state, at_ms, max(line)"
    " FROM (SELECT key AS line, task, at_ms, from_state, to_state FROM journal"
    "  ORDER BY key DESC LIMIT 10000) JOIN task ON task.key = task"
    " WHERE to_state IN ('failed', 'lost') AND from_state <> to_state AND state = to_state"
    " AND current = 1 AND listed = 1 GROUP BY task.key ORDER BY max(line) DESC LIMIT ?1";

}  // namespace

Result<Activity> SqliteStore::RecentActivity(WallTime since, std::size_t failures) {
  return database_->Read([&]() -> Result<Activity> {
    Activity activity;
    Query running(*database_, kRunning);
    while (running.Next()) {
      activity.running.push_back({running.Text(0), running.Text(1), running.Time(2)});
    }
    Query oldest(*database_, kOldest);
    if (oldest.Next()) activity.oldest_accepted = oldest.Time(0);
    Query sent(*database_, kSent);
    if (sent.Add(since).Next()) activity.sent = sent.Int64(0);
    Query ended(*database_, kEnded);
    if (ended.Add(since).Next()) activity.ended = ended.Int64(0);
    Query failed(*database_, kFailures);
    failed.Add(failures);
    while (failed.Next()) {
      Activity::Failure failure{failed.Text(0), failed.Text(1), failed.Text(2), TaskState::kFailed,
                                failed.Time(4)};
      AIGC_ASSIGN_OR_RETURN(failure.state, StateFrom(failed.Text(3)));
      activity.failures.push_back(std::move(failure));
    }
    return activity;
  });
}

}  // namespace aigc::store
