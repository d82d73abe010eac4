// SqliteStore: the batch and its tasks, as planning writes them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_store.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {
namespace {

Error Defect(std::string message) { return {ErrorCode::kInternal, std::move(message)}; }

// The other tasks that a spec needs. Whether they are there is found out by SettleNeeds.
std::vector<Need> NeededTasks(const TaskSpec& spec) {
  std::vector<Need> needs;
  for (const Input& input : spec.inputs) {
    if (input.source.type == SourceType::kTask)
      needs.push_back({NeedKind::kTask, input.source.text});
  }
  for (const std::string& id : spec.depends_on) needs.push_back({NeedKind::kTask, id});
  return needs;
}

TaskState FirstState(const NewTask& task) {
  const bool waits = !task.uploads.empty() || !NeededTasks(task.spec).empty();
  return waits ? TaskState::kBlocked : TaskState::kPending;
}

}  // namespace

Status SqliteStore::PutBatch(const BatchRecord& batch) {
  return database_->Write([&]() -> Status {
    Query(*database_,
          "INSERT INTO batch (only, uuid, name, endpoint, sub_app_id, machine, manifest_path,"
          " folder, output_dir, created_ms, server_mark_ms)"
          " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
          " ON CONFLICT DO UPDATE SET uuid = ?1, name = ?2, endpoint = ?3, sub_app_id = ?4,"
          " machine = ?5, manifest_path = ?6, folder = ?7, output_dir = ?8, created_ms = ?9,"
          " server_mark_ms = max(server_mark_ms, ?10)")
        .Add(batch.uuid)
        .Add(batch.name)
        .Add(batch.endpoint)
        .Add(batch.sub_app_id)
        .Add(batch.machine)
        .Add(batch.manifest_path)
        .Add(batch.folder)
        .Add(batch.output_dir)
        .Add(batch.created_at)
        .Add(batch.server_mark)
        .Run();
    Query(*database_,
          "INSERT INTO manifest (only, text) VALUES (1, ?1)"
          " ON CONFLICT DO UPDATE SET text = ?1 WHERE text <> ?1")
        .Add(batch.manifest_text)
        .Run();
    return {};
  });
}

// "OR FAIL", here and below: nobody looks at a turn of which a write failed (Database::Write), so
// SQLite need not be able to take back half a statement, which would cost it a copy of every page.
std::int64_t SqliteStore::InsertTask(const NewTask& task, int generation, WallTime now) {
  const TaskState state = FirstState(task);
  Query(*database_,
        "INSERT OR FAIL INTO task (position, id, generation, current, listed, state, due_ms, "
        "priority,"
        " kind, model, version, fingerprint, created_ms, estimate_micros)"
        " VALUES (?1, ?2, ?3, 1, 1, ?4, 0, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
      .Add(task.position)
      .AddKept(task.spec.id)
      .Add(generation)
      .Add(Name(state))
      .Add(task.spec.priority.value_or(0))
      .Add(Name(task.spec.kind))
      .AddKept(task.spec.model)
      .AddKept(task.spec.version)
      .AddKept(task.fingerprint)
      .Add(now)
      .Add(task.estimate_micros)
      .Run();
  if (!to_be_made_.empty()) CountInserted(task, state);
  const std::int64_t key = database_->LastRowKey();
  const std::string json = SpecJson(task.spec);
  Query(*database_, "INSERT OR FAIL INTO spec (task, json) VALUES (?1, ?2)")
      .Add(key)
      .AddKept(json)
      .Run();
  PutTags(key, task.spec);
  for (const Need& need : NeededTasks(task.spec)) PutNeed(key, need);
  for (const std::string& hash : task.uploads) PutNeed(key, {NeedKind::kFile, hash});
  ready_.Forget();
  return key;
}

// Spec, tags and needs of other tasks; nothing is written when they are what is stored.
void SqliteStore::PutSpec(std::int64_t task, const TaskSpec& spec) {
  const int changed = Query(*database_,
                            "INSERT INTO spec (task, json) VALUES (?1, ?2)"
                            " ON CONFLICT DO UPDATE SET json = ?2 WHERE json <> ?2")
                          .Add(task)
                          .Add(SpecJson(spec))
                          .Run();
  if (changed == 0) return;
  Query(*database_, "DELETE FROM tag WHERE task = ?1").Add(task).Run();
  PutTags(task, spec);
  Query(*database_, "DELETE FROM need WHERE task = ?1 AND kind = 'task'").Add(task).Run();
  for (const Need& need : NeededTasks(spec)) PutNeed(task, need);
}

void SqliteStore::PutTags(std::int64_t task, const TaskSpec& spec) {
  for (const std::string& tag : spec.tags) {
    Query(*database_, "INSERT OR IGNORE INTO tag (task, tag) VALUES (?1, ?2)")
        .Add(task)
        .Add(tag)
        .Run();
  }
}

// Above every generation that the state knows of under this id.
int SqliteStore::FirstFreeGeneration(std::string_view id) {
  if (!to_be_made_.empty()) return 1;  // the state held no task
  Query query(*database_,
              "SELECT max((SELECT coalesce(max(generation), 0) FROM task WHERE id = ?1),"
              " (SELECT coalesce(max(generation), 0) FROM vacated WHERE id = ?1))");
  return query.Add(id).Next() ? query.Int(0) + 1 : 1;
}

void SqliteStore::AddJournal(std::int64_t task, WallTime at, std::string_view from,
                             std::string_view to, std::string_view why) {
  Query(*database_,
        "INSERT INTO journal (at_ms, task, from_state, to_state, why) VALUES (?1, ?2, ?3, ?4, ?5)")
      .Add(at)
      .Add(task)
      .Add(from)
      .Add(to)
      .Add(why)
      .Run();
}

Result<std::int64_t> SqliteStore::AddTask(const NewTask& task, WallTime now) {
  return database_->Write([&]() -> Result<std::int64_t> {
    // Said here too, since BeginMany() lets SQLite leave the schema's checks out.
    if (task.estimate_micros.value_or(0) < 0) return Defect("a task that costs less than nothing");
    const int generation =
        task.generation > 0 ? task.generation : FirstFreeGeneration(task.spec.id);
    return InsertTask(task, generation, now);
  });
}

Status SqliteStore::ReplaceTask(std::int64_t task, const NewTask& replacement, WallTime now) {
  return database_->Write([&]() -> Status {
    AIGC_ASSIGN_OR_RETURN(const TaskRow old, LoadTask(*database_, task));
    if (old.submissions != 0 || !old.current || old.id != replacement.spec.id) {
      return Defect(fmt::format("task {} was to be replaced although it was submitted", old.id));
    }
    Query(*database_,
          "UPDATE task SET position = ?2, listed = 1, state = ?3, due_ms = 0, priority = ?4,"
          " kind = ?5, model = ?6, version = ?7, fingerprint = ?8, attempts = 0,"
          " concurrency_refusals = 0, error_code = '', error_message = '', request_id = '',"
          " submitted_ms = 0, started_ms = 0, finished_ms = 0, downloaded_ms = 0,"
          " estimate_micros = ?9 WHERE key = ?1")
        .Add(task)
        .Add(replacement.position)
        .Add(Name(FirstState(replacement)))
        .Add(replacement.spec.priority.value_or(0))
        .Add(Name(replacement.spec.kind))
        .Add(replacement.spec.model)
        .Add(replacement.spec.version)
        .Add(replacement.fingerprint)
        .Add(replacement.estimate_micros)
        .Run();
    Query(*database_, "DELETE FROM need WHERE task = ?1 AND kind = 'file'").Add(task).Run();
    PutSpec(task, replacement.spec);
    for (const std::string& hash : replacement.uploads) PutNeed(task, {NeedKind::kFile, hash});
    AddJournal(task, now, Name(old.state), Name(FirstState(replacement)),
               "changed in the manifest before it was submitted");
    ready_.Forget();
    return {};
  });
}

Result<std::int64_t> SqliteStore::AddGeneration(std::int64_t old_task, const NewTask& task,
                                                WallTime now) {
  return database_->Write([&]() -> Result<std::int64_t> {
    AIGC_ASSIGN_OR_RETURN(const TaskRow old, LoadTask(*database_, old_task));
    if (!old.current || old.id != task.spec.id) {
      return Defect(
          fmt::format("a generation was to follow one of task {} that is not the newest", old.id));
    }
    const int generation = FirstFreeGeneration(old.id);
    // What only waits for another try is wanted no more; what is on its way is followed to its end.
    const bool waits = old.state == TaskState::kPending || old.state == TaskState::kBlocked ||
                       old.state == TaskState::kWaitingRetry;
    const TaskState state = waits ? TaskState::kCancelled : old.state;
    Query(*database_, "UPDATE task SET current = 0, state = ?2, due_ms = 0 WHERE key = ?1")
        .Add(old_task)
        .Add(Name(state))
        .Run();
    AddJournal(old_task, now, Name(old.state), Name(state),
               fmt::format("replaced by generation {}", generation));
    const std::int64_t key = InsertTask(task, generation, now);
    // Earlier generations stay beside the newest in the order of the manifest.
    Query(*database_, "UPDATE task SET position = ?2, listed = 1 WHERE id = ?1")
        .Add(old.id)
        .Add(task.position)
        .Run();
    return key;
  });
}

// A part of giving an id another current row. `task` 0: it has none.
Status SqliteStore::Retire(std::int64_t task, std::string_view id, std::string_view why,
                           WallTime now) {
  if (task == 0) return {};
  AIGC_ASSIGN_OR_RETURN(const TaskRow row, LoadTask(*database_, task));
  if (!row.current || row.id != id) {
    return Defect(fmt::format("task {} has another current generation", id));
  }
  Query(*database_, "UPDATE task SET current = 0 WHERE key = ?1").Add(task).Run();
  AddJournal(task, now, Name(row.state), Name(row.state), why);
  return {};
}

Status SqliteStore::RestoreGeneration(std::int64_t task, std::int64_t current, const NewTask& as,
                                      WallTime now) {
  return database_->Write([&]() -> Status {
    AIGC_ASSIGN_OR_RETURN(const TaskRow row, LoadTask(*database_, task));
    if (row.current || row.id != as.spec.id) {
      return Defect(
          fmt::format("generation {} of task {} cannot count again", row.generation, row.id));
    }
    AIGC_RETURN_IF_ERROR(
        Retire(current, row.id,
               fmt::format("the manifest is back at generation {}", row.generation), now));
    Query(*database_, "UPDATE task SET current = 1, fingerprint = ?2, priority = ?3 WHERE key = ?1")
        .Add(task)
        .Add(as.fingerprint)
        .Add(as.spec.priority.value_or(0))
        .Run();
    PutSpec(task, as.spec);
    AddJournal(task, now, Name(row.state), Name(row.state),
               "the manifest is back at this generation");
    return Place(task, as.position);
  });
}

// An id of its own that no manifest can hold, until Occupy() gives it its new one.
Status SqliteStore::Vacate(std::int64_t task) {
  return database_->Write([&]() -> Status {
    Query(*database_,
          "INSERT INTO vacated (id, generation)"
          " SELECT id, generation FROM task WHERE key = ?1 AND submissions > 0"
          " ON CONFLICT DO UPDATE SET generation = max(generation, excluded.generation)")
        .Add(task)
        .Run();
    // Earlier generations stay: nothing of the manifest is theirs.
    Query(*database_,
          "UPDATE task SET listed = 0 WHERE id = (SELECT id FROM task WHERE key = ?1)"
          " AND listed = 1")
        .Add(task)
        .Run();
    const int left = Query(*database_,
                           "UPDATE task SET id = char(1) || key, current = 0"
                           " WHERE key = ?1")
                         .Add(task)
                         .Run();
    if (left != 1) return Defect(fmt::format("a task with key {} was to move", task));
    return {};
  });
}

Status SqliteStore::Occupy(std::int64_t task, std::int64_t current, const NewTask& as,
                           WallTime now) {
  return database_->Write([&]() -> Status {
    AIGC_ASSIGN_OR_RETURN(const TaskRow row, LoadTask(*database_, task));
    if (!row.id.starts_with('\x01')) {
      return Defect(fmt::format("task {} moves without having left its place", row.id));
    }
    std::string old_id = "another task";
    {
      Query query(*database_, "SELECT json FROM spec WHERE task = ?1");
      if (query.Add(task).Next()) {
        AIGC_ASSIGN_OR_RETURN(const TaskSpec spec, ParseSpec(query.Text(0)));
        old_id = spec.id;
      }
    }
    AIGC_RETURN_IF_ERROR(
        Retire(current, as.spec.id, fmt::format("the manifest has {} here now", old_id), now));
    const int generation = std::max(row.generation, FirstFreeGeneration(as.spec.id));
    Query(*database_,
          "UPDATE task SET id = ?2, generation = ?3, current = 1, listed = 1, position = ?4,"
          " priority = ?5, fingerprint = ?6 WHERE key = ?1")
        .Add(task)
        .Add(as.spec.id)
        .Add(generation)
        .Add(as.position)
        .Add(as.spec.priority.value_or(0))
        .Add(as.fingerprint)
        .Run();
    PutSpec(task, as.spec);
    AddJournal(task, now, Name(row.state), Name(row.state),
               fmt::format("renamed in the manifest, was {}", old_id));
    return Place(task, as.position);
  });
}

// All generations of the task's id; only rows that change, so that planning again is cheap.
Status SqliteStore::Place(std::int64_t task, std::int64_t position) {
  Query(*database_,
        "UPDATE task SET position = ?2, listed = 1"
        " WHERE id = (SELECT id FROM task WHERE key = ?1) AND (position <> ?2 OR listed = 0)")
      .Add(task)
      .Add(position)
      .Run();
  ready_.Forget();
  return {};
}

Status SqliteStore::SetPosition(std::int64_t task, std::int64_t position) {
  return database_->Write([&]() -> Status { return Place(task, position); });
}

Status SqliteStore::SetSpec(std::int64_t task, const TaskSpec& spec, std::string_view fingerprint) {
  return database_->Write([&]() -> Status {
    PutSpec(task, spec);
    Query(*database_,
          "UPDATE task SET priority = ?2, fingerprint = ?3"
          " WHERE key = ?1 AND (priority <> ?2 OR fingerprint <> ?3)")
        .Add(task)
        .Add(spec.priority.value_or(0))
        .Add(fingerprint)
        .Run();
    ready_.Forget();
    return {};
  });
}

Status SqliteStore::LeaveOut(std::int64_t task) {
  return database_->Write([&]() -> Status {
    Query(*database_,
          "UPDATE task SET listed = 0"
          " WHERE listed = 1 AND id = (SELECT id FROM task WHERE key = ?1)")
        .Add(task)
        .Run();
    ready_.Forget();
    return {};
  });
}

Result<bool> SqliteStore::HoldsInput(std::string_view sha256) {
  return database_->Read([&]() -> Result<bool> {
    return Query(*database_, "SELECT 1 FROM input WHERE sha256 = ?1").Add(sha256).Next();
  });
}

Status SqliteStore::PutInput(std::string_view sha256, std::string_view bytes, WallTime now) {
  return database_->Write([&]() -> Status {
    Query query(*database_,
                "INSERT OR IGNORE INTO input (sha256, created_ms, content)"
                " VALUES (?1, ?2, ?3)");
    query.Add(sha256).Add(now).AddBlob(bytes).Run();
    return {};
  });
}

Result<std::string> SqliteStore::Input(std::string_view sha256) {
  return database_->Read([&]() -> Result<std::string> {
    Query query(*database_, "SELECT content FROM input WHERE sha256 = ?1");
    if (query.Add(sha256).Next()) return query.Text(0);
    return Error{ErrorCode::kNotFound, fmt::format("the state holds no input {}", sha256),
                 database_->file()};
  });
}

}  // namespace aigc::store
