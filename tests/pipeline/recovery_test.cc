// A state that is gone: the service's list says what was paid for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace aigc::testing {
namespace {

using pipeline::Recovery;
using pipeline::RunResult;
using pipeline::StopReason;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Recover : public ::testing::Test {
 protected:
  Recover() : world_(Options()) {}

  static WorldOptions Options() {
    WorldOptions options;
    options.limits.max_in_flight = 4;
    options.scenario.limits.video = std::nullopt;
    return options;
  }

  RunResult Run(Recovery recovery) {
    world_.options.recovery = recovery;
    auto result = world_.Run();
    if (!result || !result->ok()) {
      ADD_FAILURE() << (result ? Describe(result->error()) : "crashed");
      return {};
    }
    return std::move(*result).value();
  }

  // The state file is deleted, and the manifest is read into a new one with another uuid.
  void LoseTheState(const std::vector<TaskSpec>& specs) {
    world_.options.seed += 1000;
    world_.UseStore(std::move(store::OpenInMemory()).value());
    ASSERT_TRUE(world_.Plan(specs).ok());
  }

  std::size_t Paid() { return world_.service->ledger().tasks().size(); }
  static std::int64_t Count(const RunResult& result, TaskState state) {
    const auto found = result.counts.find(state);
    return found == result.counts.end() ? 0 : found->second;
  }

  World world_;
};

TEST_F(Recover, AForgottenStateIsNoticedBeforeAnythingIsSentTwice) {
  ASSERT_TRUE(world_.Plan(World::Videos(5)).ok());
  EXPECT_EQ(Count(Run(Recovery::kCheck), TaskState::kSucceeded), 5);
  LoseTheState(World::Videos(5));
  for (int round = 0; round < 2; ++round) {  // the second run finds the new file there
    const RunResult result = Run(Recovery::kCheck);
    EXPECT_EQ(result.reason, StopReason::kListed);
    EXPECT_THAT(result.cause.message, HasSubstr("lists 5 tasks"));
    EXPECT_EQ(Count(result, TaskState::kPending), 5);
  }
  EXPECT_EQ(Paid(), 5u);
  EXPECT_EQ(Count(Run(Recovery::kOff), TaskState::kSucceeded), 5);
  EXPECT_EQ(Paid(), 10u);
}

// Found by simulation: the end of what was asked for lay before the tasks of the last minutes.
TEST_F(Recover, AsksByTheServicesClockOnceItIsKnown) {
  WorldOptions options = Options();
  options.scenario.clock_offset = std::chrono::minutes{20};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(2)).ok());
  ASSERT_TRUE(world.Run()->ok());
  world.options.seed += 1000;
  world.UseStore(std::move(store::OpenInMemory()).value());
  ASSERT_TRUE(world.Plan(World::Videos(2)).ok());
  world.options.recovery = Recovery::kCheck;
  EXPECT_EQ((*world.Run())->reason, StopReason::kListed);
  EXPECT_EQ(world.service->ledger().tasks().size(), 2u);
}

TEST_F(Recover, AdoptsWhatWasMadeAndWhatIsOnItsWay) {
  ASSERT_TRUE(world_.Plan(World::Videos(250)).ok());  // three pages of the list
  world_.options.limits.max_in_flight = 200;
  ASSERT_FALSE(world_.Run(400).has_value());
  const std::size_t paid = Paid();
  ASSERT_GT(paid, 100u);
  LoseTheState(World::Videos(250));
  const RunResult result = Run(Recovery::kAdopt);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 250);
  EXPECT_EQ(Paid(), 250u);
  EXPECT_THAT(world_.BrokenPromises(), IsEmpty());
  EXPECT_EQ(Run(Recovery::kAdopt).succeeded, 0);  // a second time adopts nothing
  EXPECT_EQ(Paid(), 250u);
}

TEST_F(Recover, LeavesEarlierTextsOfATaskAlone) {
  ASSERT_TRUE(world_.Plan({World::Video("a", "one"), World::Video("b", "two")}).ok());
  Run(Recovery::kCheck);
  LoseTheState({World::Video("a", "another"), World::Video("b", "two")});
  EXPECT_EQ(Count(Run(Recovery::kAdopt), TaskState::kSucceeded), 2);
  EXPECT_EQ(Paid(), 3u);  // only "a" was made anew
}

TEST_F(Recover, AStateThatHasSentSomethingIsNotAskedAbout) {
  ASSERT_TRUE(world_.Plan(World::Videos(2)).ok());
  Run(Recovery::kCheck);
  ASSERT_TRUE(world_.Plan(World::Videos(4)).ok());
  EXPECT_EQ(Count(Run(Recovery::kCheck), TaskState::kSucceeded), 4);
}

// The list is refused and nothing may be sent: the run ends, and the next one asks again.
TEST_F(Recover, EndsWithARunThatMaySendNothing) {
  ASSERT_TRUE(world_.Plan(World::Videos(2)).ok());
  simulator::FaultRule refused;
  refused.match.action = "DescribeTasks";
  refused.fault.kind = simulator::FaultKind::kRefuse;
  refused.fault.code = "LimitExceeded.Quota";
  world_.options.scenario.faults = {refused};
  World world(world_.options);
  ASSERT_TRUE(world.Plan(World::Videos(2)).ok());
  world.options.recovery = Recovery::kCheck;
  auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->reason, StopReason::kAccount);
  EXPECT_EQ(world.service->ledger().tasks().size(), 0u);
}

// Two were paid for, the newer one failed: the older is adopted, the other is history.
TEST_F(Recover, AdoptsTheNewestThatDidNotFail) {
  simulator::FaultRule fails;
  fails.match.action = "create";
  fails.match.nth = {2, 3};
  fails.fault.kind = simulator::FaultKind::kFail;
  fails.fault.err_code_ext = "InvalidParameter.VoilationContent";
  WorldOptions options = Options();
  options.scenario.faults = {fails};
  World world(options);
  for (int life = 0; life < 3; ++life) {
    world.options.seed += 1000;
    world.UseStore(std::move(store::OpenInMemory()).value());
    ASSERT_TRUE(world.Plan(World::Videos(1)).ok());
    world.options.recovery = life < 2 ? Recovery::kOff : Recovery::kAdopt;
    const auto result = world.Run();
    ASSERT_TRUE(result && result->ok());
    const TaskState expected = life == 1 ? TaskState::kFailed : TaskState::kSucceeded;
    EXPECT_EQ((*result)->counts, (store::StateCounts{{expected, 1}})) << "life " << life;
  }
  EXPECT_EQ(world.service->ledger().tasks().size(), 2u);
  const auto story = world.store->Story("task-0001");
  ASSERT_TRUE(story.ok());
  const auto& submissions = story->front().submissions;
  ASSERT_EQ(submissions.size(), 2u);
  EXPECT_EQ(submissions[0].task_id, world.service->ledger().tasks()[1].task_id);
  EXPECT_TRUE(submissions[0].ended);
  EXPECT_EQ(submissions[0].error_code, "InvalidParameter.VoilationContent");
  EXPECT_EQ(submissions[1].task_id, world.service->ledger().tasks()[0].task_id);
  EXPECT_EQ(story->front().row.attempts, 2);
}

// All failed: the failure is recorded like any other, and counts.
TEST_F(Recover, CountsAListedFailureAsAnAttempt) {
  simulator::FaultRule fails;
  fails.match.action = "create";
  fails.fault.kind = simulator::FaultKind::kFail;
  fails.fault.err_code_ext = "InvalidParameter.VoilationContent";
  WorldOptions options = Options();
  options.scenario.faults = {fails};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(1)).ok());
  ASSERT_TRUE(world.Run().has_value());
  world.options.seed += 1000;
  world.UseStore(std::move(store::OpenInMemory()).value());
  ASSERT_TRUE(world.Plan(World::Videos(1)).ok());
  world.options.recovery = Recovery::kAdopt;
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->counts, (store::StateCounts{{TaskState::kFailed, 1}}));
  EXPECT_EQ(world.service->ledger().tasks().size(), 1u);
}

// The list showed it too late: --recover finds it under its own SessionId.
TEST_F(Recover, AdoptsALostTaskThatIsListedAfterAll) {
  simulator::FaultRule dropped;
  dropped.match.action = "create";
  dropped.match.nth = {1};
  dropped.fault.kind = simulator::FaultKind::kDropAfter;
  WorldOptions options = Options();
  options.scenario.faults = {dropped};
  options.scenario.listing.lag = std::chrono::hours{10};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(1)).ok());
  auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  ASSERT_EQ((*result)->counts, (store::StateCounts{{TaskState::kLost, 1}}));
  world.clock.Advance(Micros{std::chrono::hours{11}});
  world.options.recovery = Recovery::kAdopt;
  result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->counts, (store::StateCounts{{TaskState::kSucceeded, 1}}));
  EXPECT_EQ(world.service->ledger().tasks().size(), 1u);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST_F(Recover, SaysWhenTheServiceListsNothingThatCouldBeChecked) {
  ASSERT_TRUE(world_.Plan(World::Videos(1)).ok());
  EXPECT_EQ(Count(Run(Recovery::kCheck), TaskState::kSucceeded), 1);
  EXPECT_THAT(world_.observer.notices, Contains(HasSubstr("may not list them at all")));
}

}  // namespace
}  // namespace aigc::testing
