// Whole runs in virtual time: the real loop and store against the simulator's core.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/world.h"

namespace aigc::testing {
namespace {

using pipeline::RunResult;
using pipeline::StopReason;
using simulator::Fault;
using simulator::FaultKind;
using simulator::FaultRule;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

WorldOptions Quick(int max_in_flight = 4) {
  WorldOptions options;
  options.limits.max_in_flight = max_in_flight;
  options.scenario.limits.video = std::nullopt;  // no limit of the account
  options.scenario.limits.image = std::nullopt;
  return options;
}

FaultRule Rule(FaultKind kind, std::string action, std::vector<std::uint64_t> nth) {
  FaultRule rule;
  rule.match.action = std::move(action);
  rule.match.nth = std::move(nth);
  rule.fault.kind = kind;
  return rule;
}

RunResult RunToEnd(World& world) {
  auto result = world.Run();
  if (!result || !result->ok()) {
    ADD_FAILURE() << (result ? Describe(result->error()) : "crashed");
    return {};
  }
  return std::move(*result).value();
}

std::int64_t Count(const RunResult& result, TaskState state) {
  const auto found = result.counts.find(state);
  return found == result.counts.end() ? 0 : found->second;
}

TEST(Run, TakesEveryTaskToItsFile) {
  World world(Quick());
  ASSERT_TRUE(world.Plan(World::Videos(30)).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, StopReason::kFinished);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 30);
  EXPECT_EQ(world.service->ledger().tasks().size(), 30u);
  EXPECT_EQ(world.folder.finished().size(), 30u);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
  EXPECT_LE(world.observer.most_in_flight, 4u);
  EXPECT_LE(world.service->ledger().peak(simulator::Kind::kVideo), 4);
}

TEST(Run, DoesNothingTheSecondTime) {
  World world(Quick());
  ASSERT_TRUE(world.Plan(World::Videos(5)).ok());
  RunToEnd(world);
  ASSERT_TRUE(world.Plan(World::Videos(5)).ok());
  const RunResult again = RunToEnd(world);
  EXPECT_EQ(Count(again, TaskState::kSucceeded), 5);
  EXPECT_EQ(world.exchange->started(api::Lane::kCreate), 0u);
  EXPECT_EQ(world.exchange->started(api::Lane::kQuery), 0u);
}

TEST(Run, SurvivesEveryFaultOfTheCreateRequest) {
  WorldOptions options = Quick();
  options.scenario.faults = {
      Rule(FaultKind::kDropBefore, "create", {1, 7}), Rule(FaultKind::kDropAfter, "create", {2, 9}),
      Rule(FaultKind::kHttp, "create", {3}),          Rule(FaultKind::kThrottle, "create", {4, 11}),
      Rule(FaultKind::kGarbage, "create", {5}),
  };
  FaultRule accepted_but_502 = Rule(FaultKind::kHttp, "create", {6});
  accepted_but_502.fault.after = true;
  options.scenario.faults.push_back(accepted_but_502);
  FaultRule slow = Rule(FaultKind::kSlow, "create", {8});
  slow.fault.delay = Seconds{90};  // longer than the time-out: accepted, answer too late
  options.scenario.faults.push_back(slow);
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(20)).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 20);
  EXPECT_EQ(world.service->ledger().tasks().size(), 20u);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Run, FindsAnAcceptedTaskEvenWhenTheListLags) {
  WorldOptions options = Quick();
  options.scenario.faults = {Rule(FaultKind::kDropAfter, "create", {1, 2, 3})};
  options.scenario.listing.lag = Seconds{20};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(5)).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 5);
  EXPECT_EQ(world.service->ledger().tasks().size(), 5u);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Run, NeverPaysTwiceWhereTheListNeverShowsOurTasks) {
  WorldOptions options = Quick();
  options.scenario.faults = {Rule(FaultKind::kDropAfter, "create", {1})};
  options.scenario.listing.aigc = false;
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(3)).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 2);
  EXPECT_EQ(Count(result, TaskState::kLost), 1);
  EXPECT_EQ(world.service->ledger().tasks().size(), 3u);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Run, SaysOnceThatTheListDoesNotShowOurTasks) {
  for (const bool shows : {true, false}) {
    WorldOptions options = Quick(2);
    options.scenario.video_time = {std::chrono::minutes{20}, std::chrono::minutes{20}};
    options.scenario.faults = {Rule(FaultKind::kDropAfter, "create", {2, 3, 4})};
    options.scenario.listing.aigc = shows;
    World world(options);
    ASSERT_TRUE(world.Plan(World::Videos(6)).ok());
    RunToEnd(world);
    const auto told = std::count_if(
        world.observer.notices.begin(), world.observer.notices.end(),
        [](const std::string& text) { return text.find("does not list") != std::string::npos; });
    EXPECT_EQ(told, shows ? 0 : 1);
  }
}

TEST(Run, TakesTheLateResultOfAnOverdueTask) {
  WorldOptions options = Quick();
  options.limits.task_timeout = std::chrono::minutes{5};
  options.scenario.video_time = {std::chrono::minutes{30}, std::chrono::minutes{30}};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(2)).ok());
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kFailed), 2);
  EXPECT_EQ(world.store->FindTask("task-0001")->error_code, "overdue");
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kFailed), 2);  // not yet
  world.clock.Advance(Micros{std::chrono::minutes{30}});
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 2);
  EXPECT_EQ(world.service->ledger().tasks().size(), 2u);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Run, TriesFailedTasksAgainAndStopsAtTheLimit) {
  WorldOptions options = Quick();
  FaultRule transient;
  transient.match.prompt = "flaky";
  transient.match.first = 2;
  transient.fault = {
      .kind = FaultKind::kFail, .message = "model backlog", .err_code_ext = "FailedOperation"};
  FaultRule hopeless;
  hopeless.match.prompt = "hopeless";
  hopeless.fault = transient.fault;
  FaultRule content;
  content.match.prompt = "forbidden";
  content.fault = {.kind = FaultKind::kFail,
                   .message = "blocked by our moderation system",
                   .err_code_ext = "InternalError"};
  options.scenario.faults = {transient, hopeless, content};
  World world(options);
  ASSERT_TRUE(world
                  .Plan({World::Video("a", "flaky"), World::Video("b", "hopeless"),
                         World::Video("c", "forbidden")})
                  .ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(world.store->FindTask("a")->state, TaskState::kSucceeded);
  EXPECT_EQ(world.store->FindTask("a")->attempts, 3);
  EXPECT_EQ(world.store->FindTask("b")->state, TaskState::kFailed);
  EXPECT_EQ(world.store->FindTask("b")->attempts, 3);
  EXPECT_EQ(world.store->FindTask("c")->attempts, 1);
  EXPECT_EQ(result.failed, 2);
  EXPECT_EQ(world.service->ledger().tasks().size(), 7u);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Run, FindsRoomByItselfWhereTheAccountRunsFewerThanAsked) {
  for (const auto excess :
       {simulator::Excess::kFail, simulator::Excess::kRefuse, simulator::Excess::kQueue}) {
    WorldOptions options;
    options.scenario.limits.video = 3;
    options.scenario.limits.excess = excess;
    World world(options);
    ASSERT_TRUE(world.Plan(World::Videos(20)).ok());
    const RunResult result = RunToEnd(world);
    EXPECT_EQ(Count(result, TaskState::kSucceeded), 20) << static_cast<int>(excess);
    EXPECT_THAT(world.BrokenPromises(), IsEmpty());
    EXPECT_EQ(world.store->FindTask("task-0001")->attempts, 1);
  }
}

TEST(Run, CorrectsItsClockOnce) {
  WorldOptions options = Quick();
  options.scenario.clock_offset = std::chrono::minutes{10};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(4)).ok());
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 4);
  EXPECT_EQ(world.service->ledger().tasks().size(), 4u);
}

TEST(Run, StopsOnRefusedCredentialsAndLosesNothing) {
  WorldOptions options = Quick();
  FaultRule refused;
  refused.match.action = "create";
  refused.fault = {.kind = FaultKind::kRefuse, .code = "AuthFailure.SecretIdNotFound"};
  options.scenario.faults = {refused};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(10)).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, StopReason::kCredentials);
  EXPECT_EQ(Count(result, TaskState::kPending), 10);
  EXPECT_THAT(result.cause.message, HasSubstr("AuthFailure.SecretIdNotFound"));
  EXPECT_FALSE(result.cause.hint.empty());
}

TEST(Run, FollowsWhatRunsToItsEndAfterAQuotaRefusal) {
  WorldOptions options = Quick();
  FaultRule quota = Rule(FaultKind::kRefuse, "create", {4});
  quota.fault.code = "LimitExceeded.Quota";
  options.scenario.faults = {quota};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(10)).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, StopReason::kAccount);
  EXPECT_EQ(Count(result, TaskState::kSucceeded), 3);
  EXPECT_EQ(Count(result, TaskState::kPending), 7);
}

TEST(Run, GivesUpWhenNoAnswerComesAndCarriesOnLater) {
  WorldOptions options = Quick();
  options.network.unreachable = true;
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(3)).ok());
  const SteadyTime start = world.clock.Ticks();
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, StopReason::kUnreachable);
  EXPECT_GE(world.clock.Ticks() - start, Micros{std::chrono::minutes{30}});
  EXPECT_LE(world.clock.Ticks() - start, Micros{std::chrono::minutes{33}});
  world.options.network.unreachable = false;
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 3);
  EXPECT_EQ(world.service->ledger().tasks().size(), 3u);
}

TEST(Run, StopsAfterAskedNumberOfFailures) {
  WorldOptions options = Quick(1);
  FaultRule content;
  content.match.prompt = "kite";
  content.fault = {.kind = FaultKind::kFail,
                   .message = "policy",
                   .err_code_ext = "InvalidParameter.VoilationContent"};
  options.scenario.faults = {content};
  options.limits.stop_after = 2;
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(10)).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, StopReason::kStopAfter);
  EXPECT_EQ(Count(result, TaskState::kFailed), 2);
  EXPECT_EQ(Count(result, TaskState::kPending), 8);
}

TEST(Run, StoppedBeforeItBeginsItSendsNothing) {
  World world(Quick());
  ASSERT_TRUE(world.Plan(World::Videos(12)).ok());
  world.on_loop = [](pipeline::Loop& loop) { loop.RequestStop(); };
  const RunResult stopped = RunToEnd(world);
  EXPECT_EQ(stopped.reason, StopReason::kInterrupted);
  EXPECT_EQ(world.service->ledger().tasks().size(), 0u);
  world.on_loop = nullptr;
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 12);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Run, InterruptedItRecordsWhatIsOnTheWireAndCarriesOnLater) {
  World world(Quick());
  ASSERT_TRUE(world.Plan(World::Videos(12)).ok());
  pipeline::Loop* running = nullptr;
  world.on_loop = [&](pipeline::Loop& loop) { running = &loop; };
  int accepted = 0;
  world.observer.on_task = [&](const pipeline::TaskEvent& event) {
    if (event.to == TaskState::kRunning && ++accepted == 3) running->RequestStop();
  };
  const RunResult stopped = RunToEnd(world);
  EXPECT_EQ(stopped.reason, StopReason::kInterrupted);
  EXPECT_EQ(Count(stopped, TaskState::kSubmitting), 0);
  EXPECT_EQ(Count(stopped, TaskState::kRunning),
            static_cast<std::int64_t>(world.service->ledger().tasks().size()));
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 12);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Run, FetchesCutDownloadsAndDeadLinksAgain) {
  WorldOptions options = Quick();
  FaultRule cut = Rule(FaultKind::kFileCut, "file", {1, 2, 5});
  cut.fault.count = 1000;
  FaultRule gone = Rule(FaultKind::kFileExpired, "file", {7});
  FaultRule busy = Rule(FaultKind::kFileStatus, "file", {9});
  busy.fault.status = 503;
  FaultRule changed = Rule(FaultKind::kFileNewETag, "file", {3});
  options.scenario.faults = {cut, gone, busy, changed};
  World world(options);
  ASSERT_TRUE(world.Plan(World::Videos(8)).ok());
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 8);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Run, StopsWhenTheDiskIsFullAndCarriesOnLater) {
  World world(Quick());
  ASSERT_TRUE(world.Plan(World::Videos(6)).ok());
  world.folder.FailWith(ErrorCode::kDiskFull);
  const RunResult full = RunToEnd(world);
  EXPECT_EQ(full.reason, StopReason::kLocal);
  world.folder.FailWith(std::nullopt);
  EXPECT_EQ(Count(RunToEnd(world), TaskState::kSucceeded), 6);
  EXPECT_EQ(world.service->ledger().tasks().size(), 6u);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

TEST(Run, SelectsTasksByName) {
  WorldOptions options = Quick();
  options.selection.globs = {"task-000[1"};
  World none(options);
  ASSERT_TRUE(none.Plan(World::Videos(3)).ok());
  RunToEnd(none);
  EXPECT_EQ(none.service->ledger().tasks().size(), 0u);
  options.selection.globs = {"task-000?", "other"};
  World some(options);
  ASSERT_TRUE(some.Plan(World::Videos(12)).ok());
  RunToEnd(some);
  EXPECT_EQ(some.service->ledger().tasks().size(), 9u);
}

TEST(Run, ReplaysExactlyFromItsSeed) {
  WorldOptions options = Quick();
  options.seed = 42;
  options.scenario.faults = {Rule(FaultKind::kDropAfter, "create", {2}),
                             Rule(FaultKind::kThrottle, "create", {3})};
  std::vector<std::string> first;
  for (int round = 0; round < 2; ++round) {
    World world(options);
    ASSERT_TRUE(world.Plan(World::Videos(10)).ok());
    RunToEnd(world);
    if (round == 0) {
      first = world.observer.lines;
    } else {
      EXPECT_EQ(world.observer.lines, first);
    }
  }
}

TEST(Run, MakesAChangedTaskAgainAndKeepsTheOldResult) {
  World world(Quick());
  ASSERT_TRUE(world.Plan({World::Video("a", "one"), World::Video("b", "two")}).ok());
  RunToEnd(world);
  ASSERT_TRUE(world.Plan({World::Video("a", "another"), World::Video("b", "two")}).ok());
  RunToEnd(world);
  EXPECT_EQ(world.service->ledger().tasks().size(), 3u);
  EXPECT_TRUE(world.folder.finished().contains("out/a-1.mp4"));
  EXPECT_TRUE(world.folder.finished().contains("out/a-1.g2.mp4"));
  EXPECT_EQ(world.store->Story("a")->size(), 2u);
}

}  // namespace
}  // namespace aigc::testing
