// The process dies in every single wait of a run with faults, is started again, and keeps its
// promises. (Every wait lies between two turns; a turn's own crash points are those of its one
// transaction.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace aigc::testing {
namespace {

using simulator::FaultKind;
using simulator::FaultRule;
using ::testing::IsEmpty;

WorldOptions Faulty(std::uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.limits.max_in_flight = 3;
  options.scenario.limits.video = std::nullopt;
  const auto rule = [](FaultKind kind, std::string action, std::vector<std::uint64_t> nth) {
    FaultRule made;
    made.match.action = std::move(action);
    made.match.nth = std::move(nth);
    made.fault.kind = kind;
    return made;
  };
  options.scenario.faults = {
      rule(FaultKind::kDropAfter, "create", {2}), rule(FaultKind::kDropBefore, "create", {3}),
      rule(FaultKind::kThrottle, "create", {5}), rule(FaultKind::kHttp, "DescribeTaskDetail", {4}),
      rule(FaultKind::kGarbage, "DescribeTasks", {1})};
  return options;
}

void ExpectWhole(World& world, std::size_t tasks) {
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->counts, (store::StateCounts{{TaskState::kSucceeded, tasks}}));
  EXPECT_EQ(world.service->ledger().tasks().size(), tasks);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Crash, InAnyWaitLosesNothingAndPaysNothingTwice) {
  constexpr std::size_t kTasks = 6;
  World whole(Faulty(1));
  ASSERT_TRUE(whole.Plan(World::Videos(kTasks)).ok());
  ExpectWhole(whole, kTasks);
  const std::uint64_t waits = whole.exchange->waits();
  ASSERT_GT(waits, 40u);
  for (std::uint64_t at = 1; at <= waits; ++at) {
    SCOPED_TRACE(at);
    World world(Faulty(1));
    ASSERT_TRUE(world.Plan(World::Videos(kTasks)).ok());
    ASSERT_FALSE(world.Run(at).has_value());
    ExpectWhole(world, kTasks);
  }
}

TEST(Crash, AgainAndAgainStillComesToTheEnd) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    World world(Faulty(seed));
    ASSERT_TRUE(world.Plan(World::Videos(10)).ok());
    Random random(seed);
    for (int life = 0; life < 8; ++life) {
      const auto result = world.Run(1 + random.Below(60));
      if (result) {
        ASSERT_TRUE(result->ok()) << Describe(result->error());
        break;
      }
      world.clock.Advance(Micros{Seconds{random.Below(7200)}});
    }
    ExpectWhole(world, 10);
  }
}

TEST(Crash, AfterSixtyHoursAnUnknownSendIsLostAndNotPaidAgain) {
  WorldOptions options = Faulty(3);
  options.scenario.faults.clear();
  options.scenario.listing.aigc = false;
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(1)).ok());
  ASSERT_FALSE(world.Run(1).has_value());  // the request has left, its answer is lost
  world.clock.Advance(Micros{std::chrono::hours{61}});
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->counts, (store::StateCounts{{TaskState::kLost, 1}}));
  EXPECT_EQ(world.exchange->started(api::Lane::kCreate), 0u);
}

// The first answer is lost and the repeat is throttled; while the next repeat waits, the machine
// sleeps until the service has forgotten the SessionId.
TEST(Crash, ASleepOfDaysBeforeARepeatDoesNotPayTwice) {
  WorldOptions options;
  options.scenario.listing.aigc = false;
  const auto rule = [](simulator::FaultKind kind, std::uint64_t nth) {
    simulator::FaultRule made;
    made.match.action = "create";
    made.match.nth = {nth};
    made.fault.kind = kind;
    return made;
  };
  options.scenario.faults = {rule(simulator::FaultKind::kDropAfter, 1),
                             rule(simulator::FaultKind::kThrottle, 2)};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(1)).ok());
  int answers = 0;
  world.on_loop = [&](pipeline::Loop&) {
    world.exchange->on_answer = [&](const api::Request& request, const api::Completion&) {
      if (std::holds_alternative<api::CreateRequest>(request) && ++answers == 2) {
        world.clock.Suspend(std::chrono::hours{80});
      }
    };
  };
  ASSERT_TRUE(world.Run()->ok());
  EXPECT_EQ(answers, 2);
  EXPECT_EQ(world.service->ledger().tasks().size(), 1u);
  EXPECT_EQ(world.store->FindTask("task-0001")->state, TaskState::kLost);
}

}  // namespace
}  // namespace aigc::testing
