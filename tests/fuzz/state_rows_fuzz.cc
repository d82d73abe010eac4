// Any values in the columns of a real state, as if somebody had edited the file by hand: what reads
// it gives an answer or an error, never a crash, an endless loop or an exception.
//
// Input: edits, each one a byte for the table, the column, the row and the length of the value, and
// the value: text as it is, for numbers its last eight bytes.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "report/csv.h"
#include "report/json_lines.h"
#include "report/story.h"
#include "report/summary.h"
#include "store/sqlite_store.h"

namespace {

namespace fs = std::filesystem;
using namespace aigc;
using namespace aigc::store;

template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) std::abort();
  return std::move(result).value();
}
void Must(const Status& status) {
  if (!status.ok()) std::abort();
}

WallTime At(int seconds) { return FromUnixMillis(1'790'000'000'000 + seconds * 1000); }

void Move(Store& store, std::int64_t task, TaskState from, TaskState to) {
  TaskChange change;
  change.task = task;
  change.from = from;
  change.to = to;
  change.why = "because";
  change.at = At(1);
  Must(store.Apply(change));
}

// A state with a row in every table: a task that succeeded, one on its way, one that waits for it
// and for a file, one in the queue.
void Fill(Store& store) {
  Must(store.BeginTurn());
  BatchRecord batch;
  batch.uuid = "0123456789abcdef";
  batch.name = "b";
  batch.endpoint = "https://vod.tencentcloudapi.com";
  batch.machine = "m";
  batch.folder = "/tmp";
  batch.created_at = At(0);
  Must(store.PutBatch(batch));
  MoneyTerms terms;
  terms.currency = "CNY";
  terms.source = "test";
  terms.budget_micros = 9'000'000;
  Must(store.SetMoneyTerms(terms));
  Must(store.PutInput("ab", "bytes", At(0)));
  UploadRow upload;
  upload.sha256 = "cd";
  upload.path = "/tmp/a.png";
  upload.bytes = 5;
  upload.media_type = "png";
  Must(store.PutUpload(upload));
  for (const char* id : {"done", "runs", "waits", "queued"}) {
    NewTask task;
    task.spec.id = id;
    task.spec.model = "Kling";
    task.spec.version = "2.1";
    task.spec.prompt = "A kite";
    task.spec.tags = {"t"};
    if (task.spec.id == "waits") {
      task.spec.depends_on = {"runs"};
      task.uploads = {"cd"};
    }
    task.fingerprint = "f1:00";
    task.position = id[0];
    task.estimate_micros = 1'000'000;
    const std::int64_t key = Must(store.AddTask(task, At(0)));
    if (task.spec.id == "waits" || task.spec.id == "queued") continue;
    SubmissionRow submission;
    submission.task = key;
    submission.session_id = task.spec.id;
    submission.body = "{}";
    submission.created_at = At(0);
    submission = Must(store.AddSubmission(submission));
    const std::int64_t send = Must(store.AddSend(submission.key, At(1), At(1)));
    Move(store, key, TaskState::kPending, TaskState::kSubmitting);
    Must(store.FinishSend(send, SendOutcome::kAccepted, At(2), "", "", "r"));
    submission.outcome = SubmissionOutcome::kAccepted;
    submission.task_id = "t";
    submission.accepted_at = At(2);
    submission.ended = task.spec.id == "done";
    Must(store.SetSubmission(submission));
    Move(store, key, TaskState::kSubmitting, TaskState::kRunning);
    ArtifactRow artifact;
    artifact.task = key;
    artifact.url = "http://x/y.mp4";
    artifact.expires = At(9);
    Must(store.PutArtifact(artifact));
    if (!submission.ended) continue;
    Move(store, key, TaskState::kRunning, TaskState::kSucceeded);
  }
  Must(store.AddCommand({"c", At(3), "cancel", "done"}));
  Must(store.CommitTurn());
}

struct Column {
  std::string name;
  bool text = false;
};
struct Table {
  std::string name, key;  // key: columns that tell rows apart
  std::vector<Column> columns{};
};

// The folder with the state, made once, and what can be edited in it.
struct Home {
  fs::path folder, whole;
  std::vector<Table> tables;

  Home() {
    std::string name = (fs::temp_directory_path() / "aigc-state-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder = name;
    Fill(*Must(OpenForRun(name, "b")));
    whole = folder / "whole";
    fs::copy_file(folder / "b.db", whole);
    SQLite::Database database(whole.string(), SQLite::OPEN_READWRITE);
    SQLite::Statement names(database,
                            "SELECT m.name, c.name, c.type, c.pk FROM sqlite_master m"
                            " JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
                            " AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid");
    while (names.executeStep()) {
      const std::string table = names.getColumn(0);
      if (tables.empty() || tables.back().name != table) tables.push_back({table, ""});
      const std::string column = names.getColumn(1);
      tables.back().columns.push_back({column, names.getColumn(2).getString() == "TEXT"});
      if (names.getColumn(3).getInt() == 0) continue;
      tables.back().key += (tables.back().key.empty() ? "" : ", ") + column;
    }
    for (Table& table : tables) {
      if (table.key.empty()) table.key = "rowid";
    }
  }
  ~Home() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

std::int64_t NumberOf(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(number);
}

void Edit(const Home& home, std::string_view edits) {
  SQLite::Database database((home.folder / "b.db").string(), SQLite::OPEN_READWRITE);
  database.exec("PRAGMA synchronous = OFF");
  database.exec("PRAGMA foreign_keys = OFF");
  database.exec("PRAGMA ignore_check_constraints = ON");
  database.exec("BEGIN");
  while (edits.size() >= 4) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(edits[i]); };
    const Table& table = home.tables[byte(0) % home.tables.size()];
    const Column& column = table.columns[byte(1) % table.columns.size()];
    const std::string_view value = edits.substr(4, byte(3));
    SQLite::Statement update(
        database, "UPDATE " + table.name + " SET \"" + column.name + "\" = ?1 WHERE (" + table.key +
                      ") IN (SELECT " + table.key + " FROM " + table.name + " ORDER BY " +
                      table.key + " LIMIT 1 OFFSET " + std::to_string(byte(2) % 4) + ")");
    if (column.text) {
      update.bind(1, std::string(value));
    } else {
      update.bind(1, NumberOf(value.substr(value.size() - std::min<std::size_t>(8, value.size()))));
    }
    try {
      update.exec();
    } catch (const SQLite::Exception&) {
      // Unique, or of another type than a strict table takes: not even by hand.
    }
    edits.remove_prefix(4 + value.size());
  }
  database.exec("COMMIT");
}

void Look(StoreReader& reader) {
  const auto sink = [](std::string_view) { return Status{}; };
  Selection all;
  all.left_out = all.history = true;
  Selection tagged;
  tagged.tags = {"t"};
  (void)reader.Batch();
  (void)reader.CountsByModel(all);
  (void)reader.GenerationTimes();
  (void)reader.Money();
  (void)reader.Unpriced(tagged);
  (void)reader.FindTasks(tagged, {TaskState::kPending, TaskState::kSucceeded});
  (void)reader.FindExpiring(At(0), At(100));
  (void)reader.FindCommand("c");
  (void)reader.HasSubmission("");
  (void)reader.ReadSteering();
  (void)reader.Failures(all);
  (void)report::WriteCsv(reader, all, {}, sink);
  (void)report::WriteJsonLines(reader, all, {}, sink);
  if (const auto summary = report::Summarise(reader, all); summary.ok()) {
    const report::Advice advice = [](std::string_view, std::string_view) {
      return std::string("do");
    };
    (void)report::RenderSummary(*summary, advice);
    (void)report::SummaryJson(*summary, advice);
  }
  for (const char* id : {"done", "runs", "waits", "queued"}) {
    if (const auto row = reader.FindTask(id); row.ok()) (void)reader.SpecOf(row->key);
    if (const auto stories = reader.Story(id); stories.ok()) {
      (void)report::RenderStory(*stories, "CNY");
      (void)report::StoryJson(*stories, "CNY");
    }
  }
}

void Work(Store& store) {
  if (!store.BeginTurn().ok()) return;
  const auto moved = [](const TaskRow&, TaskState, std::string_view) {};
  (void)store.LoadActive();
  (void)store.LoadOverdue();
  (void)store.NextReady(At(100), 10, {}, {"Hailuo"});
  (void)store.EarliestDue({});
  (void)store.WaitedFor({}, 10);
  (void)store.NextUploads(10, {}, {});
  (void)store.ForEachUnfinished([](const TaskRow&, const std::string&) { return Status{}; });
  for (const std::int64_t key : {1, 2, 3, 4}) {
    (void)store.Affords(key);
    (void)store.BodyOf(key);
    (void)store.Load(key);
  }
  (void)store.SettleNeeds(At(100), moved);
  (void)store.SkipWaiting("runs", At(100), moved);
  (void)store.MeetNeed(NeedKind::kFile, "cd", At(100), moved);
  store.AbandonTurn();
  if (const auto comparison = store.Compare(); comparison.ok()) {
    for (const char* id : {"done", "waits", "new"}) (void)(*comparison)->Add({id, "f1:00", "{}"});
    (void)(*comparison)->Finish();
    (void)(*comparison)->ForEachLeftOut([](const LeftOut&) { return Status{}; });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Home home;
  for (const char* rest : {"b.db-wal", "b.db-shm"}) fs::remove(home.folder / rest);
  fs::copy_file(home.whole, home.folder / "b.db", fs::copy_options::overwrite_existing);
  Edit(home, {reinterpret_cast<const char*>(data), size});
  if (const auto reader = OpenForReading(home.folder, "b"); reader.ok()) Look(**reader);
  if (const auto store = OpenForRun(home.folder, "b", {.create = false}); store.ok()) Work(**store);
  return 0;
}
