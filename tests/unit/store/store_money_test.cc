// Estimates, the budget and what was reserved of it.
#include <SQLiteCpp/Database.h>

#include "store/sqlite_schema.h"
#include "test_paths.h"
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using enum TaskState;

class StoreMoney : public MemoryStore {
 protected:
  std::int64_t AddPriced(const std::string& id, std::optional<std::int64_t> micros) {
    NewTask task = MakeTask(id, ++position_);
    task.estimate_micros = micros;
    return Add(task);
  }
  void Terms(std::optional<std::int64_t> budget, bool allow_unpriced = false,
             const std::string& currency = "CNY") {
    Take(store_->SetMoneyTerms({currency, "test", true, budget, allow_unpriced}));
  }
  // A submission of `task` with one send on the wire.
  SubmissionRow Send(std::int64_t task, int number = 1) {
    Take(store_->Apply(Change(task, kPending, kSubmitting)));
    SubmissionRow row = Submit(task, number, "s" + std::to_string(++sessions_));
    Take(store_->AddSend(row.key, At(1), At(1)));
    return row;
  }
  void Charge(SubmissionRow row, ChargeStatus status) {
    row.charge = status;
    Take(store_->SetSubmission(row));
  }
  std::pair<std::int64_t, std::int64_t> SpentAndReserved() {
    const MoneyState money = Take(store_->Money());
    return {money.spent_micros, money.reserved_micros};
  }
  using Sums = std::pair<std::int64_t, std::int64_t>;

 private:
  std::int64_t position_ = 0;
  int sessions_ = 0;
};

TEST_F(StoreMoney, ASendReservesItsTasksEstimate) {
  Terms(std::nullopt);
  const auto task = AddPriced("a", 1'980'000);
  EXPECT_EQ(Take(store_->FindTask("a")).estimate_micros, 1'980'000);
  const SubmissionRow row = Send(task);
  EXPECT_EQ(SpentAndReserved(), Sums(0, 1'980'000));
  Take(store_->AddSend(row.key, At(2), At(2)));  // the same bytes again: paid once
  EXPECT_EQ(SpentAndReserved(), Sums(0, 1'980'000));
  const auto submission = *Take(store_->Load(task)).submission;
  EXPECT_EQ(submission.charge, ChargeStatus::kReserved);
  EXPECT_EQ(submission.charge_micros, 1'980'000);
}

TEST_F(StoreMoney, AChargeIsSpentOrReleased) {
  Terms(std::nullopt);
  const SubmissionRow a = Send(AddPriced("a", 100));
  const SubmissionRow b = Send(AddPriced("b", 30));
  Charge(a, ChargeStatus::kSpent);
  EXPECT_EQ(SpentAndReserved(), Sums(100, 30));
  Charge(b, ChargeStatus::kReleased);
  EXPECT_EQ(SpentAndReserved(), Sums(100, 0));
  Charge(a, ChargeStatus::kReserved);
  EXPECT_EQ(SpentAndReserved(), Sums(0, 100));
}

TEST_F(StoreMoney, ARefusedSubmissionReservesAgainWithItsNextSend) {
  Terms(100);
  const auto a = AddPriced("a", 80);
  const auto b = AddPriced("b", 60);
  const SubmissionRow first = Send(a);
  EXPECT_EQ(Take(store_->Affords(b)), Affordable::kOverBudget);
  Charge(first, ChargeStatus::kReleased);
  EXPECT_EQ(Take(store_->Affords(b)), Affordable::kYes);
  const SubmissionRow second = Send(b);
  EXPECT_EQ(Take(store_->Affords(a)), Affordable::kOverBudget);
  EXPECT_THAT(store_->AddSend(first.key, At(3), At(3)), FailsWith(ErrorCode::kBudget));
  store_->AbandonTurn();
}

TEST_F(StoreMoney, TheBudgetIsNeverPassedNotEvenByOneMillionth) {
  Terms(300);
  Send(AddPriced("a", 100));
  Send(AddPriced("b", 199));
  const auto exact = AddPriced("c", 1);
  const auto above = AddPriced("d", 2);
  EXPECT_EQ(Take(store_->Affords(above)), Affordable::kOverBudget);
  EXPECT_EQ(Take(store_->Affords(exact)), Affordable::kYes);
  Send(exact);
  EXPECT_EQ(Take(store_->Affords(AddPriced("free", 0))), Affordable::kYes);
  Take(store_->Apply(Change(above, kPending, kSubmitting)));
  const SubmissionRow row = Submit(above, 1, "s-above");
  const auto refused = store_->AddSend(row.key, At(1), At(1));
  ASSERT_THAT(refused, FailsWith(ErrorCode::kBudget));
  EXPECT_THAT(refused.error().context, HasSubstr("d"));
  EXPECT_THAT(store_->CommitTurn(), FailsWith(ErrorCode::kBudget));  // nothing of the turn stays
}

TEST_F(StoreMoney, ARepeatOfWhatIsReservedGoesOutWhateverTheBudgetSays) {
  Terms(100);
  const auto task = AddPriced("a", 100);
  const SubmissionRow row = Send(task);
  Terms(50);
  EXPECT_EQ(Take(store_->Affords(task)), Affordable::kYes);
  EXPECT_THAT(store_->AddSend(row.key, At(2), At(2)), IsOk());
  EXPECT_EQ(Take(store_->Affords(AddPriced("b", 1))), Affordable::kOverBudget);
}

TEST_F(StoreMoney, WhatWasFoundAtTheServiceIsReservedWhateverTheBudgetSays) {
  Terms(1);
  const auto task = AddPriced("a", 5);
  SubmissionRow row;
  row.task = task;
  row.session_id = "found";
  row.outcome = SubmissionOutcome::kAccepted;
  row.task_id = "t1";
  row = Take(store_->AddSubmission(row));
  EXPECT_EQ(SpentAndReserved(), Sums(0, 5));
  Charge(row, ChargeStatus::kSpent);
  EXPECT_EQ(SpentAndReserved(), Sums(5, 0));
}

TEST_F(StoreMoney, UnderABudgetUnknownCostsNeedLeave) {
  Terms(100);
  const auto task = AddPriced("a", std::nullopt);
  AddPriced("b", 5);
  EXPECT_EQ(Take(store_->Affords(task)), Affordable::kUnpriced);
  EXPECT_THAT(Take(store_->Unpriced({})), ElementsAre(Field(&UnpricedModel::first, "a")));
  Selection others;
  others.globs = {"b"};
  EXPECT_TRUE(Take(store_->Unpriced(others)).empty());
  Terms(100, /*allow_unpriced=*/true);
  EXPECT_EQ(Take(store_->Affords(task)), Affordable::kYes);
  const SubmissionRow row = Send(task);
  EXPECT_EQ(Take(store_->Money()).unpriced, 1);
  Charge(row, ChargeStatus::kReleased);
  EXPECT_EQ(Take(store_->Money()).unpriced, 0);
}

TEST_F(StoreMoney, AnotherCurrencyIsRefusedOnceSomethingWasCharged) {
  Terms(std::nullopt);
  const auto task = AddPriced("a", 100);
  Terms(std::nullopt, false, "USD");
  EXPECT_EQ(Take(store_->FindTask("a")).estimate_micros, std::nullopt);
  Take(store_->SetEstimate(task, 7));
  Send(task);
  const Status refused = store_->SetMoneyTerms({"CNY", "test", true, std::nullopt, false});
  ASSERT_THAT(refused, FailsWith(ErrorCode::kUsage));
  EXPECT_THAT(refused.error().message, HasSubstr("USD 0.000007"));
  EXPECT_EQ(Take(store_->Money()).terms.currency, "USD");
}

TEST_F(StoreMoney, StaysUnverifiedOnceSomethingWasChargedUnverified) {
  Take(store_->SetMoneyTerms({"CNY", "catalog", false, std::nullopt, false}));
  Take(store_->SetMoneyTerms({"CNY", "list", true, std::nullopt, false}));
  EXPECT_TRUE(Take(store_->Money()).terms.verified);
  Take(store_->SetMoneyTerms({"CNY", "catalog", false, std::nullopt, false}));
  Send(AddPriced("a", 100));
  Take(store_->SetMoneyTerms({"CNY", "list", true, std::nullopt, false}));
  EXPECT_FALSE(Take(store_->Money()).terms.verified);
}

TEST_F(StoreMoney, WhatEndedKeepsItsEstimate) {
  Terms(std::nullopt);
  const auto done = AddPriced("done", 100);
  const auto waiting = AddPriced("waiting", 100);
  Bring(done, kSucceeded);
  Take(store_->SetEstimate(done, 7));
  Take(store_->SetEstimate(waiting, 7));
  EXPECT_EQ(Take(store_->FindTask("done")).estimate_micros, 100);
  EXPECT_EQ(Take(store_->FindTask("waiting")).estimate_micros, 7);
  std::vector<std::string> unfinished;
  Take(store_->ForEachUnfinished([&](const TaskRow& row, const std::string& json) -> Status {
    EXPECT_FALSE(json.empty());
    unfinished.push_back(row.id);
    return {};
  }));
  EXPECT_THAT(unfinished, ElementsAre("waiting"));
}

TEST_F(StoreMoney, AChangedTaskHasTheEstimateOfItsNewSpec) {
  Terms(std::nullopt);
  const auto task = AddPriced("a", 100);
  NewTask other = MakeTask("a", 1);
  other.estimate_micros = 200;
  Take(store_->ReplaceTask(task, other, At(1)));
  EXPECT_EQ(Take(store_->FindTask("a")).estimate_micros, 200);
  Bring(task, kSucceeded);
  other.estimate_micros = 300;
  Take(store_->AddGeneration(task, other, At(2)));
  EXPECT_EQ(Take(store_->FindTask("a")).estimate_micros, 300);
  EXPECT_EQ(Take(store_->Story("a"))[1].row.estimate_micros, 200);
}

// What was sent by a version that knew no prices may have to be paid all the same.
TEST(StoreMoneyMigration, KeepsOldSubmissionsAsChargesOfUnknownAmount) {
  TempFolder folder;
  const std::string file = folder / "spring.db";
  {
    SQLite::Database old(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    old.exec(ReadAll(std::string(AIGC_SOURCE_DIR) + "/schema/0001_initial.sql"));
    old.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    old.exec("PRAGMA user_version = 1");
    old.exec(
        "INSERT INTO task (key, position, id, generation, current, listed, state, due_ms, priority,"
        " kind, model, version, fingerprint, submissions, created_ms)"
        " VALUES (1, 1, 'a', 1, 1, 1, 'running', 0, 0, 'video', 'Kling', '2.5', 'f1:a', 3, 1)");
    old.exec("INSERT INTO spec VALUES (1, '{}')");
    old.exec(
        "INSERT INTO submission (task, number, attempt, session_id, outcome, task_id, ended,"
        " created_ms) VALUES (1, 1, 1, 's1', 'refused', '', 0, 1),"
        " (1, 2, 1, 's2', 'accepted', 't2', 1, 1), (1, 3, 2, 's3', 'accepted', 't3', 0, 1)");
  }
  const auto store = Take(OpenForRun(folder.path(), "spring"));
  EXPECT_EQ(Take(store->Money()).unpriced, 2);
  const auto submissions = Take(store->Story("a"))[0].submissions;
  ASSERT_EQ(submissions.size(), 3U);
  EXPECT_EQ(submissions[0].charge, ChargeStatus::kReleased);
  EXPECT_EQ(submissions[1].charge, ChargeStatus::kSpent);
  EXPECT_EQ(submissions[2].charge, ChargeStatus::kReserved);
}

}  // namespace
}  // namespace aigc::store
