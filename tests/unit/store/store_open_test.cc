// Opening: the lock, files that are not to be touched, folders that cannot be used.
#include <SQLiteCpp/Database.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "store/state_folder.h"
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using enum TaskState;

void MakeState(const std::string& folder, const std::string& name) {
  const auto store = Take(OpenForRun(folder, name));
  Take(store->BeginTurn());
  Take(store->PutBatch(MakeBatch()));
  for (int i = 0; i < 100; ++i) {
    Take(store->AddTask(MakeTask("t" + std::to_string(i), i + 1), At(0)));
  }
  Take(store->CommitTurn());
}

// Runs `work` in a child process while `check` runs here; then ends the child.
class Child {
 public:
  template <typename Work>
  explicit Child(const Work& work) {
    if (pipe(ready_) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      work([this] { (void)!write(ready_[1], "x", 1); });
      pause();
      _exit(0);
    }
    char byte = 0;
    (void)!read(ready_[0], &byte, 1);
  }
  ~Child() { Kill(); }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(ready_[0]);
    close(ready_[1]);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  int ready_[2] = {-1, -1};
  pid_t pid_ = 0;
};

// File permissions say nothing to root.
class AsNobody {
 public:
  AsNobody() {
    if (geteuid() == 0 && seteuid(65534) == 0) changed_ = true;
  }
  ~AsNobody() {
    if (changed_ && seteuid(0) != 0) abort();
  }

 private:
  bool changed_ = false;
};

TEST(OpenForRun, MakesTheFolderAndTheFiles) {
  const TempFolder folder;
  const auto store = Take(OpenForRun(folder / "deep/state", "b"));
  EXPECT_THAT(NamesIn(folder / "deep/state"), testing::IsSupersetOf({"b.db", "b.lock"}));
  EXPECT_THAT(Take(store->Counts({})), IsEmpty());
}

TEST(OpenForRun, LeavesOneFileAndTheLockWhenClosed) {
  const TempFolder folder;
  MakeState(folder.path(), "b");
  EXPECT_THAT(NamesIn(folder.path()), ElementsAre("b.db", "b.lock"));
}

TEST(OpenForRun, FindsAgainWhatWasWritten) {
  const TempFolder folder;
  MakeState(folder.path(), "b");
  const auto store = Take(OpenForRun(folder.path(), "b"));
  EXPECT_EQ(Take(store->Counts({})).at(kPending), 100);
  EXPECT_EQ(Take(store->Batch()).name, "autumn");
}

TEST(OpenForRun, MakesNothingWhenItMayNot) {
  const TempFolder folder;
  OpenOptions options;
  options.create = false;
  EXPECT_THAT(OpenForRun(folder.path(), "b", options), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(OpenForRun(folder / "none", "b", options), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(NamesIn(folder.path()), IsEmpty());
}

TEST(OpenForRun, WorksInFoldersWithAwkwardNames) {
  const TempFolder folder;
  const std::string awkward = folder / "50% ?a=b #1 状态";
  MakeState(awkward, "b");
  EXPECT_EQ(Take(Take(OpenForRun(awkward, "b"))->Counts({})).at(kPending), 100);
  EXPECT_EQ(Take(Take(OpenForReading(awkward, "b"))->Counts({})).at(kPending), 100);
}

TEST(OpenForRun, RefusesNamesThatLeaveTheFolder) {
  const TempFolder folder;
  for (const std::string name : {"", ".", "..", "a/b", "../x"}) {
    EXPECT_THAT(OpenForRun(folder.path(), name), FailsWith(ErrorCode::kInvalid)) << name;
    EXPECT_THAT(OpenForReading(folder.path(), name), FailsWith(ErrorCode::kInvalid)) << name;
  }
}

TEST(OpenForRun, IsLockedOutByAnotherRunAndNamesIt) {
  const TempFolder folder;
  Child child([&](const auto& ready) {
    const auto store = Take(OpenForRun(folder.path(), "b"));
    ready();
    pause();
  });
  const auto second = OpenForRun(folder.path(), "b");
  ASSERT_THAT(second, FailsWith(ErrorCode::kStateLocked));
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(child.pid())));
  EXPECT_THAT(second.error().message, HasSubstr("since 20"));
  EXPECT_THAT(OpenForRun(folder.path(), "other"), IsOk()) << "other batches are not concerned";
  child.Kill();
  EXPECT_THAT(OpenForRun(folder.path(), "b"), IsOk()) << "the lock dies with its holder";
}

TEST(OpenForRun, IsLockedOutWithinOneProcessToo) {
  const TempFolder folder;
  auto first = Take(OpenForRun(folder.path(), "b"));
  EXPECT_THAT(OpenForRun(folder.path(), "b"), FailsWith(ErrorCode::kStateLocked));
  first.reset();
  EXPECT_THAT(OpenForRun(folder.path(), "b"), IsOk());
}

TEST(OpenForRun, KeepsItsLockThroughListingAndReading) {
  const TempFolder folder;
  const auto store = Take(OpenForRun(folder.path(), "b"));
  Take(ListBatches(folder.path()));
  Take(OpenForReading(folder.path(), "b"));
  EXPECT_THAT(OpenForRun(folder.path(), "b"), FailsWith(ErrorCode::kStateLocked));
}

// Files that are refused and must stay exactly as they are.
class RefusedState : public testing::Test {
 protected:
  void ExpectRefused(ErrorCode code) {
    const std::string before = ReadAll(file_);
    fs::remove(file_ + "-wal");  // a reader may have left an empty one
    fs::remove(file_ + "-shm");
    EXPECT_THAT(OpenForRun(folder_.path(), "b"), FailsWith(code));
    EXPECT_TRUE(ReadAll(file_) == before) << "a run changed the file";
    EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("b.db", "b.lock"));
    EXPECT_THAT(OpenForReading(folder_.path(), "b"), FailsWith(code));
    EXPECT_TRUE(ReadAll(file_) == before) << "a reader changed the file";
  }
  void Execute(const std::string& sql) {
    SQLite::Database database(file_, SQLite::OPEN_READWRITE);
    database.exec(sql);
  }

  TempFolder folder_;
  std::string file_ = folder_ / "b.db";
};

TEST_F(RefusedState, OfANewerProgram) {
  MakeState(folder_.path(), "b");
  Execute("PRAGMA user_version = " + std::to_string(SchemaVersion() + 1));
  ExpectRefused(ErrorCode::kStateNewer);
}

TEST_F(RefusedState, OfAnotherProgram) {
  SQLite::Database database(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("CREATE TABLE task (a)");
  ExpectRefused(ErrorCode::kStateDamaged);
}

TEST_F(RefusedState, WithAnotherApplicationId) {
  MakeState(folder_.path(), "b");
  Execute("PRAGMA application_id = 42");
  ExpectRefused(ErrorCode::kStateDamaged);
}

TEST_F(RefusedState, WithoutOurTables) {
  MakeState(folder_.path(), "b");
  Execute("DROP TABLE send");
  ExpectRefused(ErrorCode::kStateDamaged);
}

TEST_F(RefusedState, ThatIsEmpty) {
  WriteAll(file_, "");
  ExpectRefused(ErrorCode::kStateDamaged);
}

TEST_F(RefusedState, ThatIsNotADatabase) {
  WriteAll(file_, std::string(5000, 'x'));
  ExpectRefused(ErrorCode::kStateDamaged);
}

TEST_F(RefusedState, ThatIsTruncatedAnywhere) {
  MakeState(folder_.path(), "b");
  const std::string whole = ReadAll(file_);
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{50}, std::size_t{100}, std::size_t{1000}, std::size_t{4096},
        whole.size() / 2, whole.size() - 4096}) {
    SCOPED_TRACE(size);
    WriteAll(file_, whole.substr(0, size));
    ExpectRefused(ErrorCode::kStateDamaged);
  }
}

TEST_F(RefusedState, WhoseSchemaPageIsOverwritten) {
  MakeState(folder_.path(), "b");
  std::string bytes = ReadAll(file_);
  bytes.replace(100, 3996, std::string(3996, '\xAA'));
  WriteAll(file_, bytes);
  ExpectRefused(ErrorCode::kStateDamaged);
}

TEST_F(RefusedState, ThatIsAFolder) {
  fs::create_directory(file_);
  EXPECT_THAT(OpenForRun(folder_.path(), "b"), FailsWith(ErrorCode::kStateDamaged));
  EXPECT_THAT(OpenForReading(folder_.path(), "b"), FailsWith(ErrorCode::kStateDamaged));
  EXPECT_THAT(Take(ListBatches(folder_.path())), IsEmpty());
}

TEST_F(RefusedState, OfANewerProgramThatWasKilled) {
  MakeState(folder_.path(), "b");
  Child newer([&](const auto& ready) {
    SQLite::Database database(file_, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA user_version = 99");  // stands in the log only
    ready();
    pause();
  });
  newer.Kill();
  const std::string file = ReadAll(file_);
  const std::string log = ReadAll(file_ + "-wal");
  ASSERT_FALSE(log.empty());
  EXPECT_THAT(OpenForRun(folder_.path(), "b"), FailsWith(ErrorCode::kStateNewer));
  EXPECT_THAT(OpenForReading(folder_.path(), "b"), FailsWith(ErrorCode::kStateNewer));
  EXPECT_TRUE(ReadAll(file_) == file);
  EXPECT_TRUE(ReadAll(file_ + "-wal") == log);
}

TEST_F(RefusedState, WhoseFileIsGoneWhileItsLogIsNot) {
  WriteAll(file_ + "-wal", "left over");
  EXPECT_THAT(OpenForRun(folder_.path(), "b"), FailsWith(ErrorCode::kStateDamaged));
  EXPECT_EQ(ReadAll(file_ + "-wal"), "left over");
  EXPECT_FALSE(fs::exists(file_));
}

TEST(OpenForRun, StartsAfreshOverAStateThatWasNeverFinished) {
  const TempFolder folder;
  WriteAll(folder / "b.db.new", "half");
  WriteAll(folder / "b.db.new-journal", "half");
  EXPECT_THAT(OpenForRun(folder.path(), "b"), IsOk());
  EXPECT_THAT(NamesIn(folder.path()), ElementsAre("b.db", "b.lock"));
}

TEST(OpenForRun, CannotUseAFolderThatIsAFile) {
  const TempFolder folder;
  WriteAll(folder / "file", "");
  EXPECT_THAT(OpenForRun(folder / "file", "b"), FailsWith(ErrorCode::kStateUnusable));
  EXPECT_THAT(OpenForRun(folder / "file/below", "b"), FailsWith(ErrorCode::kStateUnusable));
}

TEST(OpenForRun, CannotUseAFolderItMayNotWrite) {
  const TempFolder folder;
  MakeState(folder / "state", "b");
  fs::permissions(folder.path(), static_cast<fs::perms>(0711));
  fs::permissions(folder / "state", static_cast<fs::perms>(0555));
  const AsNobody nobody;
  const auto failed = OpenForRun(folder / "state", "new");
  ASSERT_THAT(failed, FailsWith(ErrorCode::kStateUnusable));
  EXPECT_THAT(failed.error().hint, HasSubstr("--state DIR"));
  EXPECT_THAT(OpenForRun(folder / "state/sub", "b"), FailsWith(ErrorCode::kStateUnusable));
}

TEST(OpenForRun, DoesNotRunOnAStateItMayNotWrite) {
  const TempFolder folder;
  MakeState(folder.path(), "b");
  fs::permissions(folder.path(), static_cast<fs::perms>(0777));
  fs::permissions(folder / "b.lock", static_cast<fs::perms>(0666));
  fs::permissions(folder / "b.db", static_cast<fs::perms>(0444));
  const AsNobody nobody;
  EXPECT_THAT(OpenForRun(folder.path(), "b"), FailsWith(ErrorCode::kNoPermission));
}

TEST(OpenForReading, NeedsAState) {
  const TempFolder folder;
  EXPECT_THAT(OpenForReading(folder.path(), "b"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(OpenForReading(folder / "none", "b"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(NamesIn(folder.path()), IsEmpty());
}

TEST(OpenForReading, ReadsFromAFolderItMayNotWriteAndLeavesNothing) {
  const TempFolder folder;
  MakeState(folder / "state", "b");
  fs::permissions(folder.path(), static_cast<fs::perms>(0711));
  fs::permissions(folder / "state", static_cast<fs::perms>(0555));
  {
    const AsNobody nobody;
    const auto reader = Take(OpenForReading(folder / "state", "b"));
    EXPECT_EQ(Take(reader->Counts({})).at(kPending), 100);
  }
  EXPECT_THAT(NamesIn(folder / "state"), ElementsAre("b.db", "b.lock"));
  fs::permissions(folder / "state", static_cast<fs::perms>(0755));
}

TEST(OpenForReading, DoesNotShowAnOldStateAsNewWhenItCannotReadTheLog) {
  const TempFolder folder;
  const std::string state = folder / "state";
  Child run([&](const auto& ready) {
    const auto store = Take(OpenForRun(state, "b"));
    Take(store->BeginTurn());
    Take(store->AddTask(MakeTask("fox", 1), At(0)));
    Take(store->CommitTurn());
    ready();
    pause();
  });
  run.Kill();
  fs::remove(state + "/b.db-shm");
  fs::permissions(folder.path(), static_cast<fs::perms>(0711));
  fs::permissions(state, static_cast<fs::perms>(0555));
  {
    const AsNobody nobody;
    EXPECT_THAT(OpenForReading(state, "b"), FailsWith(ErrorCode::kStateUnusable));
  }
  fs::permissions(state, static_cast<fs::perms>(0755));
  EXPECT_THAT(Take(OpenForReading(state, "b"))->FindTask("fox"), IsOk());
}

TEST(OpenForReading, FollowsARunOfAnotherProcess) {
  const TempFolder folder;
  Child run([&](const auto& ready) {
    const auto store = Take(OpenForRun(folder.path(), "b"));
    Take(store->BeginTurn());
    Take(store->AddTask(MakeTask("fox", 1), At(0)));
    Take(store->CommitTurn());
    Take(store->BeginTurn());
    Take(store->AddTask(MakeTask("hare", 2), At(0)));
    ready();
    pause();
  });
  const auto reader = Take(OpenForReading(folder.path(), "b"));
  EXPECT_THAT(reader->FindTask("fox"), IsOk());
  EXPECT_THAT(reader->FindTask("hare"), FailsWith(ErrorCode::kNotFound));
}

TEST(OpenForReading, FollowsARunOfAnotherUserWhoseFolderItMayNotWrite) {
  const TempFolder folder;
  const std::string state = folder / "state";
  Child run([&](const auto& ready) {
    const auto store = Take(OpenForRun(state, "b"));
    Take(store->BeginTurn());
    Take(store->AddTask(MakeTask("fox", 1), At(0)));
    Take(store->CommitTurn());
    ready();
    pause();
  });
  fs::permissions(folder.path(), static_cast<fs::perms>(0711));
  fs::permissions(state, static_cast<fs::perms>(0555));
  {
    const AsNobody nobody;
    EXPECT_THAT(Take(OpenForReading(state, "b"))->FindTask("fox"), IsOk());
  }
  fs::permissions(state, static_cast<fs::perms>(0755));
}

TEST(OpenForReading, LeavesTheRunItsLog) {
  const TempFolder folder;
  const auto store = Take(OpenForRun(folder.path(), "b"));
  Take(store->BeginTurn());
  Take(store->AddTask(MakeTask("fox", 1), At(0)));
  Take(store->CommitTurn());
  Take(OpenForReading(folder.path(), "b"));
  EXPECT_TRUE(HoldsBytes(folder / "b.db-wal"));
  Take(store->BeginTurn());
  Take(store->AddTask(MakeTask("hare", 2), At(0)));
  EXPECT_THAT(store->CommitTurn(), IsOk());
}

TEST(ListBatches, FindsNothingInAFolderThatIsNotThere) {
  const TempFolder folder;
  EXPECT_THAT(Take(ListBatches(folder / "none")), IsEmpty());
}

TEST(ListBatches, NamesTheBatchesAndWhoRunsThem) {
  const TempFolder folder;
  MakeState(folder.path(), "zebra");
  MakeState(folder.path(), "a.b");
  WriteAll(folder / "notes.txt", "");
  WriteAll(folder / "c.db.new", "");
  Child run([&](const auto& ready) {
    const auto store = Take(OpenForRun(folder.path(), "m"));
    ready();
    pause();
  });
  const auto batches = Take(ListBatches(folder.path()));
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[0].name, "a.b");
  EXPECT_FALSE(batches[0].running);
  EXPECT_EQ(batches[0].pid, 0);
  EXPECT_EQ(batches[1].name, "m");
  EXPECT_TRUE(batches[1].running);
  EXPECT_EQ(batches[1].pid, run.pid());
  EXPECT_EQ(batches[2].name, "zebra");
  EXPECT_FALSE(batches[2].running);
}

TEST(StateFolder, KnowsFileSystemsThatCannotHoldAState) {
  EXPECT_EQ(UnsuitableFileSystem(0x6969, ""), "NFS");
  EXPECT_EQ(UnsuitableFileSystem(0xFF534D42, ""), "CIFS");
  EXPECT_EQ(UnsuitableFileSystem(0x65735546, "fuse.sshfs"), "sshfs");
  EXPECT_EQ(UnsuitableFileSystem(0x65735546, "fuseblk"), std::nullopt) << "a local NTFS disk";
  EXPECT_EQ(UnsuitableFileSystem(0x65735546, "fuse.gocryptfs"), std::nullopt);
  EXPECT_EQ(UnsuitableFileSystem(0xEF53, ""), std::nullopt) << "ext4";
  EXPECT_EQ(UnsuitableFileSystem(0x9123683E, ""), std::nullopt) << "btrfs";
}

}  // namespace
}  // namespace aigc::store
