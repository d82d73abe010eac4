// Counting and reporting.
#include "base/random.h"
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using enum TaskState;

class StoreRead : public MemoryStore {};

TEST_F(StoreRead, CountsNothingInAnEmptyState) {
  EXPECT_THAT(Take(store_->Counts({})), IsEmpty());
  EXPECT_THAT(Take(store_->CountsByModel({})), IsEmpty());
}

TEST_F(StoreRead, CountsByStateWhatIsListedAndCurrent) {
  Add("a", 1);
  Bring(Add("b", 2), kRunning);
  Bring(Add("c", 3), kSucceeded);
  const std::int64_t old_key = Add("d", 4);
  Bring(old_key, kFailed);
  Take(store_->AddGeneration(old_key, MakeTask("d", 4), At(1)));
  EXPECT_THAT(Take(store_->Counts({})),
              ElementsAre(Pair(kPending, 2), Pair(kRunning, 1), Pair(kSucceeded, 1)));
  Selection history;
  history.history = true;
  EXPECT_THAT(Take(store_->Counts(history)), ElementsAre(Pair(kPending, 2), Pair(kRunning, 1),
                                                         Pair(kSucceeded, 1), Pair(kFailed, 1)));
  Selection globs;
  globs.globs = {"a", "c"};
  EXPECT_THAT(Take(store_->Counts(globs)), ElementsAre(Pair(kPending, 1), Pair(kSucceeded, 1)));
}

TEST_F(StoreRead, TellsTheMedianGenerationTimeOfEachModel) {
  EXPECT_THAT(Take(store_->GenerationTimes()), IsEmpty());
  for (int i = 1; i <= 5; ++i) {
    const std::int64_t key = Add("t" + std::to_string(i), i);
    Bring(key, kDownloading);
    TaskChange done = Change(key, kDownloading, kSucceeded);
    done.started_at = At(100);
    done.finished_at = At(100 + 10 * i);
    Take(store_->Apply(done));
  }
  const auto times = Take(store_->GenerationTimes());
  ASSERT_EQ(times.size(), 1U);
  EXPECT_EQ(times[0].model + "/" + times[0].version, "Hailuo/2.3");
  EXPECT_EQ(times[0].median, Seconds{30});
  EXPECT_EQ(times[0].tasks, 5);
  EXPECT_EQ(times[0].mean, Seconds{30});
  EXPECT_EQ(times[0].quick, Seconds{10});
  EXPECT_EQ(times[0].slow, Seconds{50});
}

TEST_F(StoreRead, TellsWhatIsGoingOn) {
  const Activity nothing = Take(store_->RecentActivity(At(0), 3));
  EXPECT_THAT(nothing.running, IsEmpty());
  EXPECT_THAT(nothing.failures, IsEmpty());
  EXPECT_EQ(nothing.oldest_accepted, WallTime{});

  const std::int64_t running = Add("running", 1);
  SubmissionRow accepted = Submit(running, 1, "s-1");
  Bring(running, kRunning, 10);
  accepted.outcome = SubmissionOutcome::kAccepted;
  accepted.task_id = "t-1";
  accepted.accepted_at = At(10);
  Take(store_->SetSubmission(accepted));
  for (const int i : {1, 2, 3, 4}) {
    const std::int64_t key = Add("bad-" + std::to_string(i), 1 + i);
    Bring(key, kSubmitting, 20);
    TaskChange failed = Change(key, kSubmitting, kFailed, 20 + i);
    failed.error_code = "Code" + std::to_string(i);
    failed.error_message = "no";
    Take(store_->Apply(failed));
    // What is made anew is no failure any more.
    if (i == 4) Take(store_->AddGeneration(key, MakeTask("bad-4", 5), At(30)));
  }
  const Activity activity = Take(store_->RecentActivity(At(22), 2));
  ASSERT_EQ(activity.running.size(), 1U);
  EXPECT_EQ(activity.running[0].model, "Hailuo");
  EXPECT_EQ(activity.oldest_accepted, At(10));
  EXPECT_EQ(activity.ended, 2);
  ASSERT_EQ(activity.failures.size(), 2U);
  EXPECT_EQ(activity.failures[0].id, "bad-3");
  EXPECT_EQ(activity.failures[0].code, "Code3");
  EXPECT_EQ(activity.failures[0].at, At(23));
  EXPECT_EQ(activity.failures[1].id, "bad-2");
  EXPECT_EQ(Take(store_->RecentActivity(At(-1), 2)).sent, 0);
  Take(store_->AddSend(accepted.key, At(40), At(40)));
  EXPECT_EQ(Take(store_->RecentActivity(At(39), 2)).sent, 1);
  EXPECT_EQ(Take(store_->RecentActivity(At(40), 2)).sent, 0);
}

TEST_F(StoreRead, CountsLeftOutTasksOnlyWhenAskedTo) {
  Take(store_->LeaveOut(Add("a", 1)));
  Add("b", 1);
  EXPECT_THAT(Take(store_->Counts({})), ElementsAre(Pair(kPending, 1)));
  Selection left_out;
  left_out.left_out = true;
  EXPECT_THAT(Take(store_->Counts(left_out)), ElementsAre(Pair(kPending, 2)));
  left_out.globs = {"a"};
  EXPECT_THAT(Take(store_->Counts(left_out)), ElementsAre(Pair(kPending, 1)));
}

TEST_F(StoreRead, CountsByModelAndKind) {
  NewTask image = MakeTask("image", 1);
  image.spec.kind = Kind::kImage;
  Add(image);
  Add("video", 2);
  NewTask other = MakeTask("other", 3);
  other.spec.version = "02";
  Bring(Add(other), kRunning);
  const auto models = Take(store_->CountsByModel({}));
  ASSERT_EQ(models.size(), 3U);
  EXPECT_EQ(models[0].kind, Kind::kImage);
  EXPECT_THAT(models[0].counts, ElementsAre(Pair(kPending, 1)));
  EXPECT_EQ(models[1].version, "02");
  EXPECT_THAT(models[1].counts, ElementsAre(Pair(kRunning, 1)));
  EXPECT_EQ(models[2].version, "2.3");
  EXPECT_EQ(models[2].kind, Kind::kVideo);
}

// The running tally must always agree with counting the rows: a selection of everything counts.
TEST_F(StoreRead, TalliesWhatCountingWouldFind) {
  Random random(7);
  Selection everything;
  everything.globs = {"*"};
  std::vector<std::int64_t> keys;
  for (int i = 0; i < 200; ++i) {
    NewTask task = MakeTask("t" + std::to_string(i), i);
    task.spec.model = random.Below(2) == 0 ? "Kling" : "Vidu";
    keys.push_back(Add(task));
    const auto key = keys[random.Below(keys.size())];
    const TaskRow row = Take(store_->Load(key)).row;
    const TaskState to = kAllTaskStates[random.Below(kAllTaskStates.size())];
    if (MayFollow(row.state, to)) Take(store_->Apply(Change(key, row.state, to)));
    if (random.Below(9) == 0 && row.current) {
      NewTask next = MakeTask(row.id, row.position);
      next.spec.model = "Hailuo";
      keys.push_back(Take(store_->AddGeneration(key, next, At(i))));
    }
    if (random.Below(50) == 0) {
      for (const std::int64_t other : keys) {
        if (other != key) Take(store_->LeaveOut(other));
      }
    }
  }
  for (const bool left_out : {false, true}) {
    for (const bool history : {false, true}) {
      Selection tallied;
      tallied.left_out = everything.left_out = left_out;
      tallied.history = everything.history = history;
      EXPECT_EQ(Take(store_->Counts(tallied)), Take(store_->Counts(everything)));
      EXPECT_EQ(Take(store_->CountsByModel(tallied)).size(),
                Take(store_->CountsByModel(everything)).size());
    }
  }
}

TEST_F(StoreRead, ReportsInManifestOrderWithTheNewestSubmission) {
  const std::int64_t second = Add("second", 2);
  const std::int64_t first = Add("first", 1);
  SubmissionRow refused = Submit(first, 1, "s1");
  refused.outcome = SubmissionOutcome::kRefused;
  Take(store_->SetSubmission(refused));
  SubmissionRow accepted = Submit(first, 2, "s2");
  accepted.outcome = SubmissionOutcome::kAccepted;
  accepted.task_id = "task-7";
  Take(store_->SetSubmission(accepted));
  ArtifactRow artifact;
  artifact.task = first;
  artifact.path = "out/first.mp4";
  Take(store_->PutArtifact(artifact));
  std::vector<ReportRow> rows;
  Take(store_->ForEachReportRow({}, [&](const ReportRow& row) -> Status {
    rows.push_back(row);
    return {};
  }));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].row.id, "first");
  EXPECT_EQ(rows[0].session_id, "s2");
  EXPECT_EQ(rows[0].task_id, "task-7");
  ASSERT_EQ(rows[0].artifacts.size(), 1U);
  EXPECT_EQ(rows[0].artifacts[0].path, "out/first.mp4");
  EXPECT_EQ(rows[0].spec_json, Take(store_->SpecOf(first)));
  EXPECT_EQ(rows[1].row.key, second);
  EXPECT_EQ(rows[1].session_id, "");
  EXPECT_THAT(rows[1].artifacts, IsEmpty());
}

TEST_F(StoreRead, StopsAReportAtTheVisitorsError) {
  Add("a", 1);
  Add("b", 2);
  int visited = 0;
  const Status status = store_->ForEachReportRow({}, [&](const ReportRow&) -> Status {
    ++visited;
    return Error{ErrorCode::kDiskFull, "no room for the report"};
  });
  EXPECT_THAT(status, FailsWith(ErrorCode::kDiskFull));
  EXPECT_EQ(visited, 1);
  EXPECT_THAT(store_->FindTask("a"), IsOk()) << "an error of the visitor is not one of the state";
  Take(store_->CommitTurn());
}

TEST_F(StoreRead, LetsAVisitorAskTheStoreItself) {
  Add("a", 1);
  Add("b", 2);
  std::vector<std::string> seen;
  Take(store_->ForEachReportRow({}, [&](const ReportRow& outer) -> Status {
    return store_->ForEachReportRow({}, [&](const ReportRow& inner) -> Status {
      seen.push_back(outer.row.id + inner.row.id);
      return {};
    });
  }));
  EXPECT_THAT(seen, ElementsAre("aa", "ab", "ba", "bb"));
}

}  // namespace
}  // namespace aigc::store
