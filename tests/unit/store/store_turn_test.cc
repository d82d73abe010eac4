// Turns: what is committed stays, what is not was never there; whatever the disk does.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/store/faulty_vfs.h"
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::IsEmpty;
using enum TaskState;

TEST(StoreTurn, RefusesToWriteOutsideOne) {
  const auto store = Take(OpenInMemory());
  EXPECT_THAT(store->AddTask(MakeTask("fox", 1), At(0)), FailsWith(ErrorCode::kInternal));
  EXPECT_THAT(store->PutBatch(MakeBatch()), FailsWith(ErrorCode::kInternal));
  EXPECT_THAT(store->RaiseServerMark(At(1)), FailsWith(ErrorCode::kInternal));
  EXPECT_THAT(Take(store->Counts({})), IsEmpty());
}

TEST(StoreTurn, DoesNotNest) {
  const auto store = Take(OpenInMemory());
  Take(store->BeginTurn());
  EXPECT_THAT(store->BeginTurn(), FailsWith(ErrorCode::kInternal));
}

TEST(StoreTurn, DoesNotBeginInsideAReport) {
  const auto store = Take(OpenInMemory());
  Take(store->BeginTurn());
  Take(store->AddTask(MakeTask("fox", 1), At(0)));
  Take(store->CommitTurn());
  const Status status =
      store->ForEachReportRow({}, [&](const ReportRow&) -> Status { return store->BeginTurn(); });
  EXPECT_THAT(status, FailsWith(ErrorCode::kInternal));
}

TEST(StoreTurn, CommitsNothingWithoutOne) {
  const auto store = Take(OpenInMemory());
  EXPECT_THAT(store->CommitTurn(), IsOk());
  store->AbandonTurn();
}

TEST(StoreTurn, SeesItsOwnWritesAndForgetsThemWhenAbandoned) {
  const auto store = Take(OpenInMemory());
  Take(store->BeginTurn());
  Take(store->AddTask(MakeTask("fox", 1), At(0)));
  EXPECT_THAT(store->FindTask("fox"), IsOk());
  store->AbandonTurn();
  EXPECT_THAT(store->FindTask("fox"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(Take(store->Counts({})), IsEmpty());
}

TEST(StoreTurn, IsSpoiledByItsFirstFailureAndRolledBackByCommit) {
  const auto store = Take(OpenInMemory());
  Take(store->BeginTurn());
  const std::int64_t key = Take(store->AddTask(MakeTask("fox", 1), At(0)));
  EXPECT_THAT(store->Apply(Change(key, kPending, kSucceeded)), FailsWith(ErrorCode::kInternal));
  const auto second = store->AddTask(MakeTask("hare", 2), At(0));
  EXPECT_THAT(second, FailsWith(ErrorCode::kInternal)) << "nothing more is written";
  EXPECT_THAT(store->FindTask("fox"), FailsWith(ErrorCode::kInternal));
  const Status committed = store->CommitTurn();
  ASSERT_THAT(committed, FailsWith(ErrorCode::kInternal));
  EXPECT_NE(committed.error().message.find("pending to succeeded"), std::string::npos)
      << "the first failure is told: " << committed.error().message;
  EXPECT_THAT(store->FindTask("fox"), FailsWith(ErrorCode::kNotFound));
  Take(store->BeginTurn());
  EXPECT_THAT(store->AddTask(MakeTask("fox", 1), At(0)), IsOk()) << "the next turn is sound";
  EXPECT_THAT(store->CommitTurn(), IsOk());
}

TEST(StoreTurn, IsSeenByAReaderOnlyOnceCommittedAndThenAsAWhole) {
  const TempFolder folder;
  const auto store = Take(OpenForRun(folder.path(), "b"));
  const auto reader = Take(OpenForReading(folder.path(), "b"));
  Take(store->BeginTurn());
  const std::int64_t key = Take(store->AddTask(MakeTask("fox", 1), At(0)));
  Take(store->Apply(Change(key, kPending, kSubmitting)));
  EXPECT_THAT(reader->FindTask("fox"), FailsWith(ErrorCode::kNotFound));
  Take(store->CommitTurn());
  EXPECT_EQ(Take(reader->FindTask("fox")).state, kSubmitting);
}

TEST(StoreTurn, IsSyncedOnceWhenCommittedHoweverMuchItHolds) {
  const TempFolder folder;
  FaultyVfs vfs;
  OpenOptions options;
  options.vfs = vfs.name();
  const auto store = Take(OpenForRun(folder.path(), "b", options));
  Take(store->BeginTurn());
  Take(store->PutBatch(MakeBatch()));
  Take(store->CommitTurn());  // the first one also begins the log
  vfs.Heal();
  Take(store->BeginTurn());
  for (int i = 1; i <= 20; ++i) Take(store->AddTask(MakeTask("t" + std::to_string(i), i), At(0)));
  EXPECT_EQ(vfs.syncs(), 0);
  Take(store->CommitTurn());
  EXPECT_EQ(vfs.syncs(), 1);
}

// In a child process: commits one turn, writes half of a second one and is killed.
[[noreturn]] void DieInASecondTurn(const std::string& folder) {
  const auto store = Take(OpenForRun(folder, "b"));
  Take(store->BeginTurn());
  Take(store->PutBatch(MakeBatch()));
  Take(store->AddTask(MakeTask("first", 1), At(0)));
  Take(store->CommitTurn());
  Take(store->BeginTurn());
  Take(store->AddTask(MakeTask("second", 2), At(0)));
  for (int i = 0; i < 2000; ++i) {  // more than the page cache of the test: some reaches the log
    Take(store->AddTask(MakeTask("more-" + std::to_string(i), 3 + i), At(0)));
  }
  kill(getpid(), SIGKILL);
  _exit(1);
}

TEST(StoreTurn, SurvivesAKilledProcessWhenCommittedAndNotOtherwise) {
  const TempFolder folder;
  const pid_t child = fork();
  if (child == 0) DieInASecondTurn(folder.path());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  {
    const auto reader = Take(OpenForReading(folder.path(), "b"));
    EXPECT_THAT(reader->FindTask("first"), IsOk()) << "readers recover the log as well";
  }
  const auto store = Take(OpenForRun(folder.path(), "b"));
  EXPECT_THAT(store->FindTask("first"), IsOk());
  EXPECT_EQ(Take(store->Batch()).uuid, MakeBatch().uuid);
  EXPECT_THAT(store->FindTask("second"), FailsWith(ErrorCode::kNotFound));
  EXPECT_EQ(Take(store->Counts({})).at(kPending), 1);
}

class BrokenDisk : public testing::TestWithParam<FaultyVfs::Fault> {
 protected:
  ErrorCode Expected() const {
    return GetParam() == FaultyVfs::Fault::kFull ? ErrorCode::kDiskFull : ErrorCode::kIo;
  }
  // The turn that is tried on a disk that fails at some write.
  static Status AnotherTurn(Store& store, const std::string& id) {
    AIGC_RETURN_IF_ERROR(store.BeginTurn());
    AIGC_ASSIGN_OR_RETURN(const std::int64_t key, store.AddTask(MakeTask(id, 2), At(0)));
    SubmissionRow submission;
    submission.task = key;
    submission.session_id = "session of " + id;
    submission.body = std::string(20000, 'x');
    AIGC_ASSIGN_OR_RETURN(const SubmissionRow added, store.AddSubmission(submission));
    AIGC_ASSIGN_OR_RETURN(const std::int64_t send, store.AddSend(added.key, At(1), At(1)));
    (void)send;
    AIGC_RETURN_IF_ERROR(store.Apply(Change(key, kPending, kSubmitting)));
    return store.CommitTurn();
  }

  TempFolder folder_;
  FaultyVfs vfs_;
};

TEST_P(BrokenDisk, LosesNothingWhicheverWriteFails) {
  OpenOptions options;
  options.vfs = vfs_.name();
  auto store = Take(OpenForRun(folder_.path(), "b", options));
  Take(store->BeginTurn());
  Take(store->AddTask(MakeTask("first", 1), At(0)));
  Take(store->CommitTurn());
  int failures = 0;
  for (int allowed = 0;; ++allowed) {
    const std::string id = "second-" + std::to_string(allowed);
    vfs_.FailAfter(allowed, GetParam());
    const Status status = AnotherTurn(*store, id);
    const bool all_went_through = vfs_.operations() <= allowed;
    vfs_.Heal();
    store->AbandonTurn();
    EXPECT_THAT(store->FindTask("first"), IsOk());
    if (status.ok()) {
      EXPECT_EQ(Take(store->FindTask(id)).state, kSubmitting);
    } else {
      ++failures;
      EXPECT_THAT(status, FailsWith(Expected())) << "after " << allowed;
      EXPECT_THAT(store->FindTask(id), FailsWith(ErrorCode::kNotFound));
      EXPECT_THAT(AnotherTurn(*store, id), IsOk()) << "the same turn works on a healed disk";
    }
    store.reset();
    store = Take(OpenForRun(folder_.path(), "b", options));
    EXPECT_THAT(store->FindTask("first"), IsOk());
    EXPECT_EQ(Take(store->FindTask(id)).submissions, 1);
    if (status.ok() && all_went_through) break;
  }
  EXPECT_GT(failures, 5) << "each page and the sync were to fail once";
}

TEST_P(BrokenDisk, LeavesNoHalfMadeStateWhicheverWriteOfItsMakingFails) {
  OpenOptions options;
  options.vfs = vfs_.name();
  for (int allowed = 0;; ++allowed) {
    vfs_.FailAfter(allowed, GetParam());
    const auto failed = OpenForRun(folder_.path(), "b", options);
    vfs_.Heal();
    if (failed.ok()) {
      EXPECT_GT(allowed, 5);
      break;
    }
    EXPECT_THAT(failed, FailsWith(Expected())) << "after " << allowed;
    ASSERT_LT(allowed, 1000);
  }
  EXPECT_THAT(OpenForReading(folder_.path(), "b"), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Faults, BrokenDisk,
                         testing::Values(FaultyVfs::Fault::kFull, FaultyVfs::Fault::kIo),
                         [](const auto& fault) {
                           return fault.param == FaultyVfs::Fault::kFull ? "Full" : "Io";
                         });

}  // namespace
}  // namespace aigc::store
