// Very many tasks in one turn: the state must come out as if they had been added one by one.
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using enum TaskState;

class StoreMany : public testing::Test {
 protected:
  StoreMany() : store_(Take(OpenForRun(folder_.path(), "b"))) {}

  // Two models in turn, and one task that waits for another.
  void AddSome() {
    for (int i = 1; i <= 7; ++i) {
      NewTask task = MakeTask("t" + std::to_string(i), i);
      if (i % 2 == 0) task.spec.model = "Kling";
      if (i == 7) task.spec.depends_on = {"t1"};
      Take(store_->AddTask(task, At(0)));
    }
  }
  void ExpectChecks() {
    Take(store_->BeginTurn());
    const std::int64_t key = Take(store_->AddTask(MakeTask("one", 100), At(0)));
    EXPECT_THAT(store_->SetEstimate(key, -1), FailsWith(ErrorCode::kInternal));
    store_->AbandonTurn();
  }

  TempFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreMany, AreCountedByModelAndState) {
  Take(store_->BeginTurn());
  Take(store_->BeginMany());
  AddSome();
  Take(store_->EndMany());
  Take(store_->CommitTurn());
  const auto models = Take(store_->CountsByModel({}));
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].model, "Hailuo");
  EXPECT_THAT(models[0].counts, ElementsAre(Pair(kPending, 3), Pair(kBlocked, 1)));
  EXPECT_THAT(models[1].counts, ElementsAre(Pair(kPending, 3)));
  // What is counted is what is there, and goes on to be counted.
  Selection counted;
  counted.globs = {"*"};
  EXPECT_EQ(Take(store_->Counts(counted)), Take(store_->Counts({})));
  Take(store_->BeginTurn());
  Take(store_->AddTask(MakeTask("one-more", 8), At(0)));
  EXPECT_EQ(Take(store_->Counts({})).at(kPending), 7);
  EXPECT_THAT(Take(store_->NextReady(At(0), 2, {}, {"Kling"})), testing::SizeIs(2));
}

TEST_F(StoreMany, AreCheckedLikeOthersAgainAfterwards) {
  Take(store_->BeginTurn());
  Take(store_->BeginMany());
  AddSome();
  Take(store_->EndMany());
  Take(store_->CommitTurn());
  ExpectChecks();
}

TEST_F(StoreMany, LeaveNothingWhenTheirTurnIsAbandoned) {
  Take(store_->BeginTurn());
  Take(store_->BeginMany());
  AddSome();
  store_->AbandonTurn();
  EXPECT_THAT(Take(store_->Counts({})), IsEmpty());
  ExpectChecks();
  Take(store_->BeginTurn());
  Take(store_->BeginMany());
  AddSome();
  Take(store_->EndMany());
  EXPECT_EQ(Take(store_->Counts({})).at(kPending), 6) << "those of the turn before are not in it";
}

TEST_F(StoreMany, HaveNoCostBelowNothing) {
  Take(store_->BeginTurn());
  Take(store_->BeginMany());
  NewTask task = MakeTask("t", 1);
  task.estimate_micros = -1;
  EXPECT_THAT(store_->AddTask(task, At(0)), FailsWith(ErrorCode::kInternal));
}

}  // namespace
}  // namespace aigc::store
