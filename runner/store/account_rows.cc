#include "store/account_rows.h"

#include <algorithm>
#include <cmath>

#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"

namespace aigc::store {
namespace {

SteadyTime Ticks(const Query& query, int column) { return SteadyTime{Micros{query.Int64(column)}}; }
std::int64_t Ticks(SteadyTime time) { return time.time_since_epoch().count(); }
double Rate(const Query& query, int column) {
  return static_cast<double>(query.Int64(column)) / 1000;
}
std::int64_t Milli(double rate) { return std::llround(rate * 1000); }

void ReadPaces(Database& database, AccountView& view) {
  const auto of = [&view](const std::string& action) -> PaceRow& {
    return action == "create" ? view.creates : view.queries;
  };
  Query paces(database,
              "SELECT action, next_us, hold_until_us, slowed_milli, refused_milli, slowed_us,"
              " last_batch, reason, reason_ms FROM pace");
  while (paces.Next()) {
    PaceRow& pace = of(paces.Text(0));
    pace.next = Ticks(paces, 1);
    pace.hold_until = Ticks(paces, 2);
    pace.slowed_rate = Rate(paces, 3);
    pace.refused_rate = Rate(paces, 4);
    pace.slowed_at = Ticks(paces, 5);
    pace.last_batch = paces.Text(6);
    pace.reason = paces.Text(7);
    pace.reason_at = paces.Time(8);
  }
  Query starts(database, "SELECT action, at_us, count FROM start ORDER BY action, at_us");
  while (starts.Next()) {
    of(starts.Text(0)).starts.push_back({Ticks(starts, 1), starts.Int(2)});
  }
}

void WritePace(Database& database, const char* action, const PaceRow& before, const PaceRow& pace) {
  if (pace == before) return;
  Query(database,
        "INSERT OR REPLACE INTO pace (action, next_us, hold_until_us, slowed_milli, refused_milli,"
        " slowed_us, last_batch, reason, reason_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
      .Add(action)
      .Add(Ticks(pace.next))
      .Add(Ticks(pace.hold_until))
      .Add(Milli(pace.slowed_rate))
      .Add(Milli(pace.refused_rate))
      .Add(Ticks(pace.slowed_at))
      .Add(pace.last_batch)
      .Add(pace.reason)
      .Add(pace.reason_at)
      .Run();
  const auto has = [](const std::vector<PaceStart>& starts, const PaceStart& start) {
    return std::find(starts.begin(), starts.end(), start) != starts.end();
  };
  for (const PaceStart& start : before.starts) {
    if (has(pace.starts, start)) continue;
    Query(database, "DELETE FROM start WHERE action = ?1 AND at_us = ?2")
        .Add(action)
        .Add(Ticks(start.at))
        .Run();
  }
  for (const PaceStart& start : pace.starts) {
    if (has(before.starts, start)) continue;
    Query(database, "INSERT OR REPLACE INTO start (action, at_us, count) VALUES (?1, ?2, ?3)")
        .Add(action)
        .Add(Ticks(start.at))
        .Add(start.count)
        .Run();
  }
}

void WriteRoom(Database& database, const std::string& scope, const RoomRow& room) {
  Query(database,
        "INSERT OR REPLACE INTO room (scope, proved, refused, refusals, probe_at_us, reason,"
        " reason_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
      .Add(scope)
      .Add(room.proved)
      .Add(room.refused)
      .Add(room.refusals)
      .Add(Ticks(room.probe_at))
      .Add(room.reason)
      .Add(room.reason_at)
      .Run();
}

void WriteRun(Database& database, const RunRow& before, const RunRow& run, SteadyTime now) {
  Query(database,
        "INSERT INTO run (batch, changed_us, max_in_flight, submit_milli, poll_milli, wants_video,"
        " wants_image, waits_pace, priority, wanted_us, busy_ms, possible_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        " ON CONFLICT (batch) DO UPDATE SET changed_us = ?2, max_in_flight = ?3, submit_milli = ?4,"
        " poll_milli = ?5, wants_video = ?6, wants_image = ?7, waits_pace = ?8, priority = ?9,"
        " wanted_us = ?10, busy_ms = ?11, possible_ms = ?12")
      .Add(run.batch)
      .Add(Ticks(now))
      .Add(run.max_in_flight.value_or(0))
      .Add(Milli(run.submit_rate))
      .Add(Milli(run.poll_rate))
      .Add(run.wants_video ? 1 : 0)
      .Add(run.wants_image ? 1 : 0)
      .Add(run.waits_pace ? 1 : 0)
      .Add(run.priority)
      .Add(Ticks(run.wanted_at))
      .Add(run.busy_ms)
      .Add(run.possible_ms)
      .Run();
  if (run.held == before.held) return;
  Query(database, "DELETE FROM held WHERE batch = ?1").Add(run.batch).Run();
  for (const HeldRow& held : run.held) {
    Query(database,
          "INSERT INTO held (batch, kind, model, version, tasks) VALUES (?1, ?2, ?3, ?4, ?5)")
        .Add(run.batch)
        .Add(Name(held.kind))
        .Add(held.model)
        .Add(held.version)
        .Add(held.tasks)
        .Run();
  }
}

void WriteTiming(Database& database, const std::string& name, const TimingRow& timing) {
  Query(database, "DELETE FROM timing WHERE class = ?1").Add(name).Run();
  for (const auto& [step, weight] : timing.counts) {
    Query(database, "INSERT INTO timing (class, step, weight) VALUES (?1, ?2, ?3 / 1000.0)")
        .Add(name)
        .Add(step)
        .Add(Milli(weight))
        .Run();
  }
}

}  // namespace

StoredAccount ReadAccount(Database& database, const std::string& batch) {
  StoredAccount stored;
  AccountView& view = stored.view;
  ReadPaces(database, view);
  {
    Query rooms(database,
                "SELECT scope, proved, refused, refusals, probe_at_us, reason, reason_ms"
                " FROM room");
    while (rooms.Next()) {
      view.rooms[rooms.Text(0)] = {rooms.Int(1),    rooms.Int(2),  rooms.Int(3),
                                   Ticks(rooms, 4), rooms.Text(5), rooms.Time(6)};
    }
  }
  {
    Query timings(database,
                  "SELECT class, step, CAST(round(weight * 1000) AS INTEGER) FROM timing");
    while (timings.Next()) {
      view.timings[timings.Text(0)].counts[timings.Int(1)] = Rate(timings, 2);
    }
  }
  {
    Query runs(database,
               "SELECT batch, changed_us, max_in_flight, submit_milli, poll_milli, wants_video,"
               " wants_image, waits_pace, priority, wanted_us, busy_ms, possible_ms FROM run"
               " ORDER BY batch");
    while (runs.Next()) {
      RunRow run;
      run.batch = runs.Text(0);
      if (runs.Int(2) > 0) run.max_in_flight = runs.Int(2);
      run.submit_rate = Rate(runs, 3);
      run.poll_rate = Rate(runs, 4);
      run.wants_video = runs.Bool(5);
      run.wants_image = runs.Bool(6);
      run.waits_pace = runs.Bool(7);
      run.priority = runs.Int(8);
      run.wanted_at = Ticks(runs, 9);
      run.busy_ms = runs.Int64(10);
      run.possible_ms = runs.Int64(11);
      stored.runs.emplace_back(std::move(run), Ticks(runs, 1));
    }
  }
  Query held(database,
             "SELECT batch, kind, model, version, tasks FROM held"
             " ORDER BY batch, kind, model, version");
  while (held.Next()) {
    const std::string owner = held.Text(0);
    const auto run = std::find_if(stored.runs.begin(), stored.runs.end(),
                                  [&](const auto& entry) { return entry.first.batch == owner; });
    const Kind kind = held.Text(1) == Name(Kind::kImage) ? Kind::kImage : Kind::kVideo;
    if (run != stored.runs.end()) {
      run->first.held.push_back({kind, held.Text(2), held.Text(3), held.Int(4)});
    }
  }
  for (const auto& [run, changed] : stored.runs) {
    if (run.batch == batch) view.own = run;
  }
  return stored;
}

Status WriteAccount(Database& database, StoredAccount& stored, const AccountView& view,
                    SteadyTime now) {
  WritePace(database, "create", stored.view.creates, view.creates);
  WritePace(database, "query", stored.view.queries, view.queries);
  stored.view.creates = view.creates;
  stored.view.queries = view.queries;
  for (const auto& [scope, room] : view.rooms) {
    RoomRow& known = stored.view.rooms[scope];
    if (known == room) continue;
    WriteRoom(database, scope, room);
    known = room;
  }
  for (const auto& [name, timing] : view.timings) {
    TimingRow& known = stored.view.timings[name];
    if (known == timing) continue;
    WriteTiming(database, name, timing);
    known = timing;
  }
  if (view.own != stored.view.own) {
    WriteRun(database, stored.view.own, view.own, now);
    stored.view.own = view.own;
  }
  return {};
}

}  // namespace aigc::store
