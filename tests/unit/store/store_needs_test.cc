// What waits for what: blocked, pending and skipped.
#include <algorithm>

#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using enum TaskState;

class StoreNeeds : public MemoryStore {
 protected:
  // Named by its id; waits for the tasks `needs`.
  std::int64_t AddWaiting(const std::string& id, std::vector<std::string> needs,
                          std::vector<std::string> uploads = {}) {
    NewTask task = MakeTask(id, ++position_);
    task.spec.depends_on = std::move(needs);
    task.uploads = std::move(uploads);
    return Add(task);
  }
  std::int64_t AddReading(const std::string& id, const std::string& source) {
    NewTask task = MakeTask(id, ++position_);
    task.spec.inputs.push_back({{SourceType::kTask, source}});
    return Add(task);
  }
  TaskRow RowOf(const std::string& id) { return Take(store_->FindTask(id)); }
  TaskState StateOf(const std::string& id) { return RowOf(id).state; }
  OnMoved Moved() {
    return [this](const TaskRow& row, TaskState from, std::string_view) {
      moved_.push_back(row.id + ":" + std::string(Name(from)) + ">" + std::string(Name(row.state)));
    };
  }
  void Settle() { Take(store_->SettleNeeds(At(9), Moved())); }
  void Succeed(const std::string& id) {
    Bring(RowOf(id).key, kSucceeded);
    Take(store_->MeetNeed(NeedKind::kTask, id, At(9), Moved()));
  }
  void Fail(const std::string& id) {
    Bring(RowOf(id).key, kFailed);
    Take(store_->SkipWaiting(id, At(9), Moved()));
  }
  std::vector<std::string> Ready() {
    std::vector<std::string> ids;
    for (const ActiveTask& task : Take(store_->NextReady(At(100), 100, {}, {}))) {
      ids.push_back(task.row.id);
    }
    return ids;
  }

  std::int64_t position_ = 0;
  std::vector<std::string> moved_;
};

TEST_F(StoreNeeds, BlockATaskFromTheStartUntilAllAreMet) {
  Add("still", 1);
  Add("music", 2);
  NewTask task = MakeTask("fox", 3);
  task.spec.inputs.push_back({{SourceType::kTask, "still"}});
  task.spec.depends_on = {"still", "music"};
  Add(task);
  EXPECT_EQ(StateOf("fox"), kBlocked);
  EXPECT_THAT(Ready(), ElementsAre("still", "music"));

  Succeed("still");
  EXPECT_EQ(StateOf("fox"), kBlocked);
  Succeed("music");
  EXPECT_EQ(StateOf("fox"), kPending);
  EXPECT_THAT(moved_, ElementsAre("fox:blocked>pending"));
  EXPECT_THAT(Ready(), ElementsAre("fox"));
  const auto story = Take(store_->Story("fox"));
  EXPECT_THAT(story[0].needs, ElementsAre(Need{NeedKind::kTask, "music", true},
                                          Need{NeedKind::kTask, "still", true}));
  EXPECT_EQ(story[0].journal.back().to, "pending");
}

TEST_F(StoreNeeds, OfAFileAreMetForAllThatWaitForIt) {
  AddWaiting("a", {}, {"hash-1"});
  AddWaiting("b", {}, {"hash-1", "hash-2"});
  EXPECT_THAT(Ready(), IsEmpty());
  Take(store_->MeetNeed(NeedKind::kFile, "hash-1", At(9), Moved()));
  EXPECT_THAT(Ready(), ElementsAre("a"));
  Settle();
  EXPECT_THAT(Ready(), ElementsAre("a")) << "settling leaves needs of files as they are";
  Take(store_->MeetNeed(NeedKind::kFile, "hash-2", At(9), Moved()));
  EXPECT_THAT(Ready(), ElementsAre("a", "b"));
}

TEST_F(StoreNeeds, AreToldApartByKind) {
  Add("same", 1);
  AddWaiting("a", {"same"}, {"same"});
  Take(store_->MeetNeed(NeedKind::kFile, "same", At(9), Moved()));
  EXPECT_EQ(StateOf("a"), kBlocked);
}

TEST_F(StoreNeeds, SkipsWhatWaitsForAFailedTaskDownTheChainAndSaysWhichFailed) {
  Add("still", 1);
  AddReading("fox", "still");
  AddWaiting("edit", {"fox"});
  AddWaiting("other", {});
  Fail("still");
  EXPECT_THAT(moved_, ElementsAre("fox:blocked>skipped", "edit:blocked>skipped"));
  EXPECT_EQ(StateOf("other"), kPending);
  EXPECT_EQ(RowOf("fox").error_code, kNeedFailed);
  EXPECT_THAT(RowOf("fox").error_message, HasSubstr("\"still\", which failed"));
  EXPECT_THAT(RowOf("edit").error_message,
              AllOf(HasSubstr("\"fox\", which is skipped since"), HasSubstr("\"still\" failed")));
  EXPECT_THAT(Take(store_->Story("edit"))[0].journal.back().why, HasSubstr("\"still\" failed"));
}

TEST_F(StoreNeeds, SkipsATaskWithTwoFailedNeedsOnce) {
  Add("a", 1);
  Add("b", 2);
  AddWaiting("both", {"a", "b"});
  Fail("a");
  Fail("b");
  Settle();
  EXPECT_THAT(moved_, ElementsAre("both:blocked>skipped"));
}

TEST_F(StoreNeeds, DoesNotSkipForATaskThatHasNotFailed) {
  Add("a", 1);
  AddWaiting("b", {"a"});
  Take(store_->SkipWaiting("a", At(9), Moved()));
  Bring(RowOf("a").key, kSucceeded);
  Take(store_->SkipWaiting("a", At(9), Moved()));
  EXPECT_EQ(StateOf("b"), kBlocked);
}

TEST_F(StoreNeeds, SkipsAChainOfTenThousand) {
  Add("t0", 1);
  for (int i = 1; i <= 10'000; ++i) {
    AddWaiting("t" + std::to_string(i), {"t" + std::to_string(i - 1)});
  }
  Fail("t0");
  EXPECT_EQ(moved_.size(), 10'000U);
  EXPECT_EQ(StateOf("t10000"), kSkipped);
  moved_.clear();
  Settle();
  EXPECT_THAT(moved_, IsEmpty()) << "settling again changes nothing";
}

TEST_F(StoreNeeds, AreMetByATaskThatSucceededBeforeThePlan) {
  Add("still", 1);
  Bring(RowOf("still").key, kSucceeded);
  AddReading("fox", "still");
  EXPECT_EQ(StateOf("fox"), kBlocked);
  Settle();
  EXPECT_EQ(StateOf("fox"), kPending);
}

TEST_F(StoreNeeds, SkipsWhatIsPlannedAfterTheFailure) {
  Add("still", 1);
  Bring(RowOf("still").key, kFailed);
  AddReading("fox", "still");
  AddReading("edit", "fox");
  Settle();
  EXPECT_THAT(moved_, ElementsAre("fox:blocked>skipped", "edit:blocked>skipped"));
}

TEST_F(StoreNeeds, UnskipsTheWholeChainWhenTheFailedTaskIsWantedAgain) {
  Add("still", 1);
  AddReading("fox", "still");
  AddReading("edit", "fox");
  Fail("still");
  moved_.clear();
  Take(store_->Apply(Change(RowOf("still").key, kFailed, kPending)));
  Settle();
  EXPECT_THAT(moved_, UnorderedElementsAre("fox:skipped>blocked", "edit:skipped>blocked"));
  EXPECT_EQ(RowOf("fox").error_code, "");
  EXPECT_EQ(RowOf("fox").error_message, "");
  Succeed("still");
  EXPECT_EQ(StateOf("fox"), kPending);
}

TEST_F(StoreNeeds, FreesASkippedTaskWhenTheNeededOneSucceedsLate) {
  Add("still", 1);
  AddReading("fox", "still");
  Fail("still");
  Take(store_->Apply(Change(RowOf("still").key, kFailed, kSucceeded)));
  Take(store_->MeetNeed(NeedKind::kTask, "still", At(9), Moved()));
  EXPECT_EQ(StateOf("fox"), kPending);
}

TEST_F(StoreNeeds, HoldBackAPendingTaskWhoseNeededTaskIsMadeAgain) {
  Add("still", 1);
  Bring(RowOf("still").key, kSucceeded);
  AddWaiting("fox", {"still"});
  Settle();
  ASSERT_EQ(StateOf("fox"), kPending);
  Take(store_->AddGeneration(RowOf("still").key, MakeTask("still", 1), At(9)));
  Settle();
  EXPECT_EQ(StateOf("fox"), kBlocked);
}

TEST_F(StoreNeeds, FollowTheManifestWhenItChanges) {
  Add("still", 1);
  const std::int64_t fox = AddWaiting("fox", {"still"});
  NewTask task = MakeTask("fox", 2);
  Take(store_->SetSpec(fox, task.spec));
  Settle();
  EXPECT_EQ(StateOf("fox"), kPending) << "it waits for nothing any more";
  task.spec.depends_on = {"still"};
  Take(store_->SetSpec(fox, task.spec));
  Settle();
  EXPECT_EQ(StateOf("fox"), kBlocked);
  task.spec.depends_on = {};
  task.uploads = {"hash"};
  Take(store_->ReplaceTask(fox, task, At(9)));
  EXPECT_THAT(Take(store_->Story("fox"))[0].needs,
              ElementsAre(Need{NeedKind::kFile, "hash", false}));
  EXPECT_EQ(StateOf("fox"), kBlocked);
}

TEST_F(StoreNeeds, BlockAPendingTaskThatGetsAFurtherOne) {
  const std::int64_t fox = Add("fox", 1);
  Take(store_->AddNeed(fox, {NeedKind::kFile, "hash"}, At(9)));
  EXPECT_THAT(Ready(), IsEmpty());
  Take(store_->AddNeed(fox, {NeedKind::kFile, "hash"}, At(9)));
  Take(store_->MeetNeed(NeedKind::kFile, "hash", At(9), Moved()));
  EXPECT_THAT(Ready(), ElementsAre("fox"));
}

TEST_F(StoreNeeds, PutAwaitedTasksFirstWithinTheirPriority) {
  NewTask urgent = MakeTask("urgent", 4);
  urgent.spec.priority = 1;
  Add("plain", 1);
  Add("still", 2);
  Add("later", 3);
  Add(urgent);
  position_ = 4;
  const std::int64_t fox = AddReading("fox", "still");
  Settle();
  EXPECT_THAT(Ready(), ElementsAre("urgent", "still", "plain", "later"));
  NewTask plain = MakeTask("fox", 5);
  Take(store_->SetSpec(fox, plain.spec));
  Settle();
  EXPECT_THAT(Ready(), ElementsAre("urgent", "plain", "still", "later", "fox"));
}

TEST_F(StoreNeeds, LeaveHistoryAndSentTasksAlone) {
  Add("still", 1);
  const std::int64_t fox = AddReading("fox", "still");
  Succeed("still");
  Submit(fox, 1, "s");
  Take(store_->AddGeneration(RowOf("still").key, MakeTask("still", 1), At(9)));
  Settle();
  EXPECT_EQ(StateOf("fox"), kPending) << "what it sends is stored already";
  Take(store_->AddGeneration(fox, MakeTask("fox", 2), At(9)));
  moved_.clear();
  Fail("still");
  EXPECT_THAT(moved_, IsEmpty());
}

TEST_F(StoreNeeds, NameWhatABlockedTaskWaitsForInTheReport) {
  Add("still", 1);
  AddWaiting("fox", {"still"}, {"hash"});
  std::vector<std::vector<std::string>> waits_for;
  Take(store_->ForEachReportRow({}, [&](const ReportRow& row) -> Status {
    waits_for.push_back(row.waits_for);
    return {};
  }));
  EXPECT_THAT(waits_for, ElementsAre(IsEmpty(), ElementsAre("file hash", "still")));
}

}  // namespace
}  // namespace aigc::store
