// States that an older program wrote: who only reads sees them as they would be after a run, and
// changes nothing.
#include <SQLiteCpp/Database.h>

#include <filesystem>

#include "store/sqlite_schema.h"
#include "test_paths.h"
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::Pair;
using enum TaskState;

constexpr int kOldVersion = 3;

// As the program left it whose newest file was 0003: no money, no commands, in a write-ahead log.
class OlderState : public testing::Test {
 protected:
  OlderState() : file_(folder_ / "spring.db") {
    SQLite::Database old(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    for (const char* name : {"0001_initial", "0002_needs", "0003_uploads"}) {
      old.exec(ReadAll(std::string(AIGC_SOURCE_DIR) + "/schema/" + name + ".sql"));
    }
    old.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    old.exec("PRAGMA user_version = " + std::to_string(kOldVersion));
    old.exec("PRAGMA journal_mode = WAL");
    old.exec(
        "INSERT INTO batch VALUES (1, 'u', 'spring', 'https://vod', 7, 'm', '/w/m.yaml', '/w', "
        "'out',"
        " 1, 1)");
    old.exec(
        "INSERT INTO task (key, position, id, generation, current, listed, state, due_ms, priority,"
        " kind, model, version, fingerprint, submissions, created_ms)"
        " VALUES (1, 1, 'a', 1, 1, 1, 'running', 0, 0, 'video', 'Kling', '2.5', 'f1:a', 1, 1),"
        " (2, 2, 'b', 1, 1, 1, 'pending', 0, 0, 'video', 'Kling', '2.5', 'f1:b', 0, 1)");
    old.exec("INSERT INTO spec VALUES (1, '{}'), (2, '{}')");
    old.exec(
        "INSERT INTO submission (task, number, attempt, session_id, outcome, task_id, ended,"
        " created_ms) VALUES (1, 1, 1, 's1', 'accepted', 't1', 0, 1)");
  }

  int Version() const {
    SQLite::Database database(file_, SQLite::OPEN_READONLY);
    return database.execAndGet("PRAGMA user_version").getInt();
  }

  TempFolder folder_;
  std::string file_;
};

TEST_F(OlderState, IsReadAsARunWouldHaveIt) {
  const std::string before = ReadAll(file_);
  const auto reader = Take(OpenForReading(folder_.path(), "spring"));
  EXPECT_EQ(Take(reader->Batch()).name, "spring");
  EXPECT_THAT(Take(reader->Counts({})), ElementsAre(Pair(kPending, 1), Pair(kRunning, 1)));
  EXPECT_EQ(Take(reader->Money()).unpriced, 1) << "of a column that this state never had";
  EXPECT_EQ(Take(reader->Story("a"))[0].submissions[0].charge, ChargeStatus::kReserved);
  const auto comparison = Take(reader->Compare());
  // Fingerprints of then are made again from the stored specs.
  EXPECT_EQ(Take(comparison->Add({"a", Fingerprint(TaskSpec{}), ""})).match, Match::kKept);
  EXPECT_TRUE(ReadAll(file_) == before);
  EXPECT_EQ(Version(), kOldVersion);
}

TEST_F(OlderState, IsReadWithWhatItsLogHolds) {
  SQLite::Database run(file_, SQLite::OPEN_READWRITE);
  run.exec("UPDATE task SET state = 'submitting' WHERE key = 2");
  ASSERT_FALSE(ReadAll(file_ + "-wal").empty());
  const auto reader = Take(OpenForReading(folder_.path(), "spring"));
  EXPECT_EQ(Take(reader->FindTask("b")).state, kSubmitting);
}

TEST_F(OlderState, IsReadFromAFolderThatMayNotBeWritten) {
  std::filesystem::permissions(folder_.path(), static_cast<std::filesystem::perms>(0555));
  const auto reader = Take(OpenForReading(folder_.path(), "spring"));
  EXPECT_EQ(Take(reader->FindTask("b")).state, kPending);
  std::filesystem::permissions(folder_.path(), static_cast<std::filesystem::perms>(0755));
}

TEST_F(OlderState, CannotBeFollowed) {
  const auto reader = OpenForReading(folder_.path(), "spring", Reading::kFollow);
  ASSERT_THAT(reader, FailsWith(ErrorCode::kStateUnusable));
  EXPECT_THAT(reader.error().hint, testing::HasSubstr("the aigc-batch that runs"));
}

TEST_F(OlderState, IsBroughtUpToDateByARun) {
  Take(OpenForRun(folder_.path(), "spring"));
  EXPECT_EQ(Version(), SchemaVersion());
}

}  // namespace
}  // namespace aigc::store
