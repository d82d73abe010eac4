// Stopping early when a batch goes wrong, and getting results home before they expire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace aigc::testing {
namespace {

using pipeline::RunResult;
using pipeline::StopReason;
using simulator::FaultKind;
using simulator::FaultRule;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

WorldOptions Free(int max_in_flight) {
  WorldOptions options;
  options.limits.max_in_flight = max_in_flight;
  options.scenario.limits.video = std::nullopt;
  return options;
}

FaultRule Refused(std::string prompt) {
  FaultRule rule;
  rule.match.action = "create";
  rule.match.prompt = std::move(prompt);
  rule.fault.kind = FaultKind::kFail;
  rule.fault.message = "policy";
  rule.fault.err_code_ext = "InvalidParameter.VoilationContent";
  return rule;
}

RunResult RunToEnd(World& world) {
  auto result = world.Run();
  if (!result || !result->ok()) {
    ADD_FAILURE() << (result ? Describe(result->error()) : "crashed");
    return {};
  }
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
  return std::move(*result).value();
}

std::int64_t Count(const RunResult& result, TaskState state) {
  const auto found = result.counts.find(state);
  return found == result.counts.end() ? 0 : found->second;
}

// Five tasks of Kling, then five of Hailuo whose prompt says so.
std::vector<TaskSpec> TwoModels() {
  std::vector<TaskSpec> specs = World::Videos(10);
  for (std::size_t i = 5; i < specs.size(); ++i) {
    specs[i].model = "Hailuo";
    specs[i].version = "2.3";
    specs[i].duration = 6;
    specs[i].resolution = "768P";
    specs[i].prompt = "A fox in the snow";
  }
  return specs;
}

TEST(StopWhen, AShareOfFailuresStopsSubmitting) {
  WorldOptions options = Free(1);
  options.scenario.faults = {Refused("kite")};
  options.limits.stop_when = pipeline::StopWhen{0.5, 4};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(20)).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, StopReason::kStopAfter);
  EXPECT_EQ(Count(result, TaskState::kFailed), 4);
  EXPECT_EQ(Count(result, TaskState::kPending), 16);
  EXPECT_THAT(result.cause.message, HasSubstr("4 of 4"));
}

TEST(StopWhen, ASmallerShareDoesNotStopIt) {
  WorldOptions options = Free(4);
  options.scenario.faults = {Refused("fox")};
  options.limits.stop_when = pipeline::StopWhen{0.6, 10};
  World world(options);
  ASSERT_TRUE(world.Plan(TwoModels()).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, StopReason::kFinished);
  EXPECT_EQ(Count(result, TaskState::kFailed), 5);
}

TEST(Canary, OfEachModelGoesFirstAndTheRestFollows) {
  WorldOptions options = Free(10);
  options.limits.canary = 2;
  World world(options);
  ASSERT_TRUE(world.Plan(TwoModels()).ok());
  std::size_t accepted_before = 0;
  world.observer.on_notice = [&](std::string_view text) {
    if (text.starts_with("the canaries succeeded")) {
      accepted_before = world.service->ledger().tasks().size();
    }
  };
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 10);
  EXPECT_EQ(accepted_before, 4u);
}

TEST(Canary, OneThatFailsStopsTheBatchWithTheRestUntouched) {
  WorldOptions options = Free(10);
  options.limits.canary = 1;
  options.scenario.faults = {Refused("fox")};
  World world(options);
  ASSERT_TRUE(world.Plan(TwoModels()).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, StopReason::kCanary);
  EXPECT_THAT(result.cause.message, HasSubstr("task-0006 (Hailuo/2.3)"));
  EXPECT_EQ(Count(result, TaskState::kPending), 8);
  EXPECT_EQ(world.service->ledger().tasks().size(), 2u);
}

TEST(Canary, OneThatSucceededInAnEarlierRunIsEnough) {
  WorldOptions options = Free(10);
  options.selection.globs = {"task-0001"};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(5)).ok());
  RunToEnd(world);
  world.options.selection = {};
  world.options.limits.canary = 1;
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 5);
  EXPECT_THAT(world.observer.notices, Not(Contains(HasSubstr("canaries"))));
}

TEST(Canary, OneOnItsWayWhenTheLastRunDiedCounts) {
  WorldOptions options = Free(10);
  options.limits.canary = 1;
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(5)).ok());
  ASSERT_FALSE(world.Run(4).has_value());
  ASSERT_EQ(world.service->ledger().tasks().size(), 1u);
  std::size_t accepted_before = 0;
  world.observer.on_notice = [&](std::string_view text) {
    if (text.starts_with("the canaries succeeded")) {
      accepted_before = world.service->ledger().tasks().size();
    }
  };
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 5);
  EXPECT_EQ(accepted_before, 1u);
}

// The second model's tasks wait each for one of the first: they are tried when those succeeded.
TEST(Canary, OfAModelWhoseTasksWaitForOthersIsTriedWhenItsTurnComes) {
  WorldOptions options = Free(10);
  options.limits.canary = 1;
  options.scenario.faults = {Refused("fox")};
  World world(options);
  std::vector<TaskSpec> specs = TwoModels();
  for (std::size_t i = 5; i < specs.size(); ++i) specs[i].depends_on = {specs[i - 5].id};
  ASSERT_TRUE(world.Plan(specs).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, StopReason::kCanary);
  EXPECT_EQ(world.service->ledger().tasks().size(), 2u);
  EXPECT_EQ(world.store->FindTask("task-0001")->state, TaskState::kSucceeded);
  EXPECT_EQ(world.store->FindTask("task-0006")->state, TaskState::kFailed);
}

// All tasks wait for a file at first.
TEST(Canary, GoesFirstAmongTasksThatUseAnUploadedFile) {
  WorldOptions options = Free(10);
  options.limits.canary = 1;
  World world(options);
  std::vector<TaskSpec> specs;
  for (int i = 1; i <= 5; ++i) {
    specs.push_back(world.VideoFrom("row-" + std::to_string(i), "/shop/hero.png", "a picture"));
  }
  ASSERT_TRUE(world.Plan(specs).ok());
  std::size_t accepted_before = 0;
  world.observer.on_notice = [&](std::string_view text) {
    if (text.starts_with("the canaries succeeded")) {
      accepted_before = world.service->ledger().tasks().size();
    }
  };
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 5);
  EXPECT_EQ(accepted_before, 1u);
}

TEST(Canary, SaysOfWhichModelNoneCouldBeTried) {
  WorldOptions options = Free(10);
  options.limits.canary = 1;
  World world(options);
  std::vector<TaskSpec> specs = TwoModels();
  for (std::size_t i = 5; i < specs.size(); ++i) specs[i].depends_on = {"task-0004", "task-0005"};
  ASSERT_TRUE(world.Plan(specs).ok());
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 10);
  EXPECT_THAT(world.observer.notices, Contains(HasSubstr("no canary of Hailuo/2.3")));
}

TEST(Download, FetchesWhatIsNotOnDiskAndNothingElse) {
  WorldOptions options = Free(4);
  options.download = false;
  options.selection.globs = {"task-000[123]", "task-0001", "task-0002"};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(4)).ok());
  RunToEnd(world);
  EXPECT_TRUE(world.folder.finished().empty());
  world.options.download = true;
  world.options.fetch_only = true;
  world.options.selection = {};
  RunToEnd(world);
  EXPECT_EQ(world.folder.finished().size(), 2u);
  EXPECT_EQ(world.exchange->started(api::Lane::kCreate), 0u);
  RunToEnd(world);
  EXPECT_EQ(world.exchange->started(api::Lane::kDownload), 0u);
  world.folder.Remove("out/task-0002-1.mp4");
  const RunResult again = RunToEnd(world);
  EXPECT_EQ(world.exchange->started(api::Lane::kDownload), 1u);
  EXPECT_EQ(world.folder.finished().size(), 2u);
  EXPECT_EQ(Count(again, TaskState::kSucceeded), 2);
  EXPECT_EQ(Count(again, TaskState::kPending), 2);
}

TEST(Download, LeavesASuccessAloneWhoseFilesTheServiceHasDeleted) {
  World world(Free(4));
  ASSERT_TRUE(world.Plan(World::Videos(1)).ok());
  RunToEnd(world);
  world.folder.Remove("out/task-0001-1.mp4");
  world.clock.Advance(Micros{std::chrono::hours{24 * 8}});
  world.options.fetch_only = true;
  auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ(Count(**result, TaskState::kSucceeded), 1);
  EXPECT_EQ((*result)->unfetched, 1);
  EXPECT_THAT(world.observer.notices,
              Contains(HasSubstr("1 result is not on disk, and the service has deleted it "
                                 "(task-0001)")));
  const auto row = world.store->FindTask("task-0001");
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->error_code, "expired");
}

// What was made and paid for stays a success, and what waits for it is not skipped; the next
// `download` tries again.
TEST(Download, LeavesASuccessOneWhoseLinkIsDead) {
  WorldOptions options = Free(4);
  FaultRule dead;
  dead.match.action = "file";
  dead.match.nth = {2, 3, 4};
  dead.fault.kind = FaultKind::kFileStatus;
  dead.fault.status = 404;
  options.scenario.faults = {dead};
  World world(options);
  std::vector<TaskSpec> specs = World::Videos(2);
  specs[1].depends_on = {"task-0001"};
  ASSERT_TRUE(world.Plan(specs).ok());
  world.options.selection.globs = {"task-0001"};
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 1);
  world.options.selection = {};
  world.folder.Remove("out/task-0001-1.mp4");
  world.options.fetch_only = true;
  auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->failed, 0);
  EXPECT_EQ((*result)->unfetched, 1);
  EXPECT_EQ((*result)->counts,
            (store::StateCounts{{TaskState::kSucceeded, 1}, {TaskState::kPending, 1}}));
  auto row = world.store->FindTask("task-0001");
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->error_code, "expired");
  EXPECT_THAT(row->error_message, HasSubstr("HTTP 404"));

  result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->unfetched, 0);
  EXPECT_EQ(world.folder.finished().size(), 1u);
  row = world.store->FindTask("task-0001");
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->error_code, "");
  EXPECT_EQ(world.service->ledger().tasks().size(), 1u);
}

TEST(Expiry, ResultsThatAreNotOnDiskAreToldBeforeTheyGo) {
  WorldOptions options = Free(4);
  options.download = false;
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(3)).ok());
  RunToEnd(world);
  EXPECT_THAT(world.observer.notices, Not(Contains(HasSubstr("expire"))));
  world.clock.Advance(Micros{std::chrono::hours{24 * 7 - 3}});
  ASSERT_TRUE(world.Plan(World::Videos(3)).ok());
  RunToEnd(world);
  EXPECT_THAT(world.observer.notices, Contains(HasSubstr("3 results are not on disk and expire")));
}

TEST(Expiry, TasksThatAreAboutToBeForgottenAreToldAndLookedAtFirst) {
  WorldOptions options = Free(8);
  options.limits.task_timeout = std::chrono::hours{100};
  FaultRule slow;
  slow.match.action = "create";
  slow.fault.kind = FaultKind::kTakes;
  slow.fault.delay = std::chrono::hours{71};
  options.scenario.faults = {slow};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(8)).ok());
  pipeline::Loop* running = nullptr;
  int accepted = 0;
  world.on_loop = [&](pipeline::Loop& loop) { running = &loop; };
  world.observer.on_task = [&](const pipeline::TaskEvent& event) {
    if (event.to == TaskState::kRunning && ++accepted == 8) running->RequestStop();
  };
  RunToEnd(world);
  world.on_loop = nullptr;
  world.clock.Advance(Micros{std::chrono::hours{71}} + Micros{std::chrono::minutes{30}});
  RunToEnd(world);
  EXPECT_THAT(world.observer.notices, Contains(HasSubstr("8 tasks leave the 72 h")));
}

}  // namespace
}  // namespace aigc::testing
