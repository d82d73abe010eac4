// Runs under a budget, against the simulator's ledger: what the service accepted never costs more.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"
#include "task/session.h"

namespace aigc::testing {
namespace {

using pipeline::RunResult;
using pipeline::StopReason;
using simulator::FaultKind;
using simulator::FaultRule;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kUnit = 1'000'000;

FaultRule Rule(FaultKind kind, std::string action, std::vector<std::uint64_t> nth) {
  FaultRule rule;
  rule.match.action = std::move(action);
  rule.match.nth = std::move(nth);
  rule.fault.kind = kind;
  return rule;
}

WorldOptions Healthy() {
  WorldOptions options;
  options.limits.max_in_flight = 3;
  options.scenario.limits.video = std::nullopt;
  return options;
}

// One, two or three units: by the last digit of the id.
std::int64_t PriceOf(std::string_view id) { return ((id.back() - '0') % 3 + 1) * kUnit; }

// A world whose tasks have prices and whose budget is watched after every turn.
class Shop {
 public:
  Shop(
      WorldOptions options, int tasks, std::int64_t budget,
      std::function<std::int64_t(std::string_view)> price = [](auto) { return kUnit; })
      : world(std::move(options)), price_(std::move(price)) {
    if (!world.Plan(World::Videos(tasks)).ok()) throw std::runtime_error("no plan");
    SetBudget(budget);
    world.observer.on_task = [this](const pipeline::TaskEvent&) { Watch(); };
  }

  void SetBudget(std::int64_t budget) {
    budget_ = budget;
    bool ok = world.store->BeginTurn().ok() &&
              world.store->SetMoneyTerms({"CNY", "test", true, budget, false}).ok() &&
              world.store
                  ->ForEachUnfinished([&](const store::TaskRow& row, const std::string&) {
                    return world.store->SetEstimate(row.key, price_(row.id));
                  })
                  .ok() &&
              world.store->CommitTurn().ok();
    if (!ok) throw std::runtime_error("no budget");
  }

  RunResult RunToEnd() {
    auto result = world.Run();
    if (!result || !result->ok()) {
      ADD_FAILURE() << (result ? Describe(result->error()) : "crashed");
      return {};
    }
    Watch();
    return std::move(*result).value();
  }

  void Watch() {
    const auto money = world.store->Money();
    ASSERT_TRUE(money.ok());
    EXPECT_LE(money->spent_micros + money->reserved_micros, budget_);
  }

  // What the service would charge for: all it accepted but what was too many at once.
  std::int64_t Charged() {
    std::int64_t sum = 0;
    for (const auto& task : world.service->ledger().tasks()) {
      if (task.over_limit || task.outcome.err_code_ext == "RequestLimitExceeded") continue;
      const auto key = ParseSessionContext(task.session_context);
      if (!key) {
        ADD_FAILURE() << "no context";
        continue;
      }
      sum += price_(key->task_id);
    }
    return sum;
  }

  store::MoneyState Money() { return *world.store->Money(); }

  World world;

 private:
  std::function<std::int64_t(std::string_view)> price_;
  std::int64_t budget_ = 0;
};

std::int64_t Count(const RunResult& result, TaskState state) {
  const auto found = result.counts.find(state);
  return found == result.counts.end() ? 0 : found->second;
}

TEST(Budget, StopsBeforeTheTaskThatWouldPassIt) {
  Shop shop(Healthy(), 10, 4 * kUnit);
  const RunResult result = shop.RunToEnd();
  EXPECT_EQ(result.reason, StopReason::kBudget);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 4);
  EXPECT_EQ(Count(result, TaskState::kPending), 6);
  EXPECT_EQ(shop.Charged(), 4 * kUnit);
  EXPECT_EQ(result.cause.code, ErrorCode::kBudget);
  EXPECT_EQ(result.cause.message,
            "the budget is reached: CNY 4.00 spent and CNY 0.00 reserved of CNY 4.00; 6 tasks "
            "wait, the next one (task-0005) would cost CNY 1.00");
  EXPECT_THAT(result.cause.hint, HasSubstr("--budget"));
}

TEST(Budget, CarriesOnWithALargerOne) {
  Shop shop(Healthy(), 10, 4 * kUnit);
  shop.RunToEnd();
  EXPECT_EQ(shop.RunToEnd().reason, StopReason::kBudget);  // the same again sends nothing
  EXPECT_EQ(shop.world.exchange->started(api::Lane::kCreate), 0u);
  shop.SetBudget(10 * kUnit);
  const RunResult result = shop.RunToEnd();
  EXPECT_EQ(result.reason, StopReason::kFinished);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 10);
  EXPECT_EQ(shop.Money().spent_micros, 10 * kUnit);
  EXPECT_THAT(shop.world.BrokenPromises(), IsEmpty());
}

TEST(Budget, KeepsTheOrderAndLetsNoCheapTaskOvertake) {
  // The second task is dear; the third would still fit.
  Shop shop(Healthy(), 3, 4 * kUnit,
            [](std::string_view id) { return id == "task-0002" ? 5 * kUnit : kUnit; });
  const RunResult result = shop.RunToEnd();
  EXPECT_EQ(result.reason, StopReason::kBudget);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 1);
  EXPECT_THAT(result.cause.message, HasSubstr("(task-0002) would cost CNY 5.00"));
}

TEST(Budget, UsesAgainWhatARunningTaskGaveBack) {
  // Three at once, where the account runs one: what is accepted and fails for concurrency was
  // never generated, so the budget of six is enough for six tasks.
  WorldOptions options = Healthy();
  options.scenario.limits.video = 1;
  options.scenario.limits.excess = simulator::Excess::kFail;
  Shop shop(options, 6, 6 * kUnit);
  const RunResult result = shop.RunToEnd();
  EXPECT_EQ(result.reason, StopReason::kFinished);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 6);
  EXPECT_GT(shop.world.service->ledger().tasks().size(), 6u);
  EXPECT_EQ(shop.Money().spent_micros, 6 * kUnit);
  EXPECT_EQ(shop.Money().reserved_micros, 0);
}

TEST(Budget, CountsFailedTasksUnlessTheyAreFree) {
  for (const bool free : {false, true}) {
    WorldOptions options = Healthy();
    options.limits.attempts = 1;
    options.limits.failed_cost_free = free;
    FaultRule fails;
    fails.match.action = "create";
    fails.match.nth = {1, 2};
    fails.fault = {
        .kind = FaultKind::kFail, .message = "model backlog", .err_code_ext = "FailedOperation"};
    options.scenario.faults = {fails};
    Shop shop(options, 6, 4 * kUnit);
    const RunResult result = shop.RunToEnd();
    EXPECT_EQ(Count(result, TaskState::kFailed), 2) << free;
    EXPECT_EQ(Count(result, TaskState::kSucceeded), free ? 4 : 2);
    EXPECT_EQ(result.reason, free ? StopReason::kFinished : StopReason::kBudget);
    EXPECT_EQ(shop.Money().spent_micros, 4 * kUnit);
  }
}

TEST(Budget, KeepsWhatIsLostReserved) {
  WorldOptions options = Healthy();
  options.scenario.faults = {Rule(FaultKind::kDropAfter, "create", {1})};
  options.scenario.listing.aigc = false;
  Shop shop(options, 3, 2 * kUnit);
  const RunResult result = shop.RunToEnd();
  EXPECT_EQ(Count(result, TaskState::kLost), 1);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 1);
  EXPECT_EQ(Count(result, TaskState::kPending), 1);
  EXPECT_EQ(result.reason, StopReason::kBudget);
  EXPECT_EQ(shop.Money().reserved_micros, kUnit);
}

// It may still finish, and be charged.
TEST(Budget, KeepsWhatIsOverdueReserved) {
  WorldOptions options = Healthy();
  FaultRule never = Rule(FaultKind::kNeverFinish, "create", {1});
  options.scenario.faults = {never};
  Shop shop(options, 3, 2 * kUnit);
  const RunResult result = shop.RunToEnd();
  EXPECT_EQ(Count(result, TaskState::kFailed), 1);
  EXPECT_EQ(Count(result, TaskState::kPending), 1);
  EXPECT_EQ(shop.Money().reserved_micros, kUnit);
  EXPECT_EQ(shop.Money().spent_micros, kUnit);
}

TEST(Budget, CountsATaskWithoutAnOutputAsFailed) {
  for (const bool free : {false, true}) {
    WorldOptions options = Healthy();
    options.limits.failed_cost_free = free;
    options.scenario.faults = {Rule(FaultKind::kEmptyOutput, "create", {1})};
    Shop shop(options, 1, kUnit);
    EXPECT_EQ(Count(shop.RunToEnd(), TaskState::kFailed), 1);
    EXPECT_EQ(shop.Money().spent_micros, free ? 0 : kUnit);
    EXPECT_EQ(shop.Money().reserved_micros, 0);
  }
}

// What a lost state had paid for counts once it is recovered.
TEST(Budget, CountsWhatIsRecovered) {
  Shop shop(Healthy(), 4, 4 * kUnit);
  shop.RunToEnd();
  ASSERT_EQ(shop.Charged(), 4 * kUnit);
  shop.world.options.seed += 1000;
  shop.world.UseStore(std::move(store::OpenInMemory()).value());
  ASSERT_TRUE(shop.world.Plan(World::Videos(6)).ok());
  shop.SetBudget(5 * kUnit);
  shop.world.options.recovery = pipeline::Recovery::kAdopt;
  const RunResult result = shop.RunToEnd();
  EXPECT_EQ(result.reason, StopReason::kBudget);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 5);
  EXPECT_EQ(Count(result, TaskState::kPending), 1);
  EXPECT_EQ(shop.Money().spent_micros, 5 * kUnit);
  EXPECT_EQ(shop.Charged(), 5 * kUnit);
}

// A task whose request is refused for good costs nothing.
TEST(Budget, ReleasesWhatIsRefused) {
  WorldOptions options = Healthy();
  FaultRule refused = Rule(FaultKind::kRefuse, "create", {1, 2});
  refused.fault.code = "InvalidParameterValue.Prompt";
  options.scenario.faults = {refused};
  Shop shop(options, 5, 3 * kUnit);
  const RunResult result = shop.RunToEnd();
  EXPECT_EQ(Count(result, TaskState::kFailed), 2);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 3);
  EXPECT_EQ(result.reason, StopReason::kFinished);
}

WorldOptions Stormy(std::uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.limits.max_in_flight = 4;
  options.scenario.limits.video = 3;
  options.scenario.limits.excess =
      seed % 2 == 0 ? simulator::Excess::kFail : simulator::Excess::kRefuse;
  options.scenario.listing.aigc = seed % 5 != 0;
  FaultRule fails;
  fails.match.action = "create";
  fails.match.probability = 0.2;
  fails.fault = {
      .kind = FaultKind::kFail, .message = "model backlog", .err_code_ext = "FailedOperation"};
  FaultRule lost = Rule(FaultKind::kDropAfter, "create", {});
  lost.match.probability = 0.15;
  FaultRule cut = Rule(FaultKind::kDropBefore, "create", {});
  cut.match.probability = 0.1;
  options.scenario.faults = {fails, lost, cut, Rule(FaultKind::kThrottle, "create", {5}),
                             Rule(FaultKind::kGarbage, "DescribeTasks", {1})};
  return options;
}

TEST(Budget, IsNeverPassedWhereverTheProcessDies) {
  constexpr std::int64_t kBudget = 9 * kUnit;
  Shop whole(Stormy(1), 8, kBudget, PriceOf);
  whole.RunToEnd();
  const std::uint64_t waits = whole.world.exchange->waits();
  ASSERT_GT(waits, 30u);
  for (std::uint64_t at = 1; at <= waits; ++at) {
    SCOPED_TRACE(at);
    Shop shop(Stormy(1), 8, kBudget, PriceOf);
    ASSERT_FALSE(shop.world.Run(at).has_value());
    shop.Watch();
    shop.RunToEnd();
    EXPECT_LE(shop.Charged(), kBudget);
    EXPECT_THAT(shop.world.BrokenPromises(), IsEmpty());
  }
}

TEST(Budget, IsNeverPassedOverManyStormsAndLives) {
  std::map<StopReason, int> reasons;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::int64_t budget = (5 + static_cast<std::int64_t>(random.Below(60))) * kUnit;
    Shop shop(Stormy(seed), 12, budget, PriceOf);
    for (int life = 0; life < 5; ++life) {
      const auto result = shop.world.Run(1 + random.Below(80));
      shop.Watch();
      if (result) break;
      shop.world.clock.Advance(Micros{Seconds{random.Below(3600)}});
    }
    const RunResult result = shop.RunToEnd();
    ++reasons[result.reason];
    EXPECT_LE(shop.Charged(), budget);
    // What the state says is spent is what was accepted and has ended.
    EXPECT_LE(shop.Charged(), shop.Money().spent_micros + shop.Money().reserved_micros);
    EXPECT_THAT(shop.world.BrokenPromises(), IsEmpty());
  }
  EXPECT_GT(reasons[StopReason::kBudget], 10);
  EXPECT_GT(reasons[StopReason::kFinished], 3);
}

TEST(StopWhen, EndsARunInWhichTooManyFail) {
  WorldOptions options = Healthy();
  options.limits.max_in_flight = 1;
  options.limits.stop_when = pipeline::StopWhen{0.5, 4};
  FaultRule content;
  content.match.action = "create";
  content.match.every = 2;
  content.fault = {.kind = FaultKind::kFail,
                   .message = "policy",
                   .err_code_ext = "InvalidParameter.VoilationContent"};
  options.scenario.faults = {content};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(12)).ok());
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->reason, StopReason::kStopAfter);
  EXPECT_EQ(Count(**result, TaskState::kFailed), 2);
  EXPECT_EQ(Count(**result, TaskState::kSucceeded), 2);
  EXPECT_THAT((*result)->cause.message, HasSubstr("2 of 4 tasks"));
}

}  // namespace
}  // namespace aigc::testing
