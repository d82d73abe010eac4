// What people ask of a batch while it runs and when it does not: cancel, retry, and what becomes of
// overdue tasks. The ledger of the service says what was paid for.
#include "pipeline/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_inbox.h"
#include "support/world.h"

namespace aigc::testing {
namespace {

using pipeline::BatchCommand;
using pipeline::CommandOutcome;
using pipeline::RunResult;
using simulator::FaultKind;
using simulator::FaultRule;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

BatchCommand Cancel(std::vector<std::string> tasks = {}) {
  BatchCommand command;
  command.id = "c1";
  command.tasks = std::move(tasks);
  return command;
}

BatchCommand Retry(bool BatchCommand::*ended, std::string id = "r1") {
  BatchCommand command;
  command.action = BatchCommand::Action::kRetry;
  command.id = std::move(id);
  command.*ended = true;
  return command;
}

FaultRule OnTask(FaultKind kind, std::string prompt, Millis delay = Millis{0}) {
  FaultRule rule;
  rule.match.action = "create";
  rule.match.prompt = std::move(prompt);
  rule.fault.kind = kind;
  rule.fault.delay = delay;
  return rule;
}

class Control : public ::testing::Test {
 protected:
  void Make(int max_in_flight = 2) {
    options_.limits.max_in_flight = max_in_flight;
    options_.scenario.limits.video = std::nullopt;
    options_.inbox = &inbox_;
    world_ = std::make_unique<World>(options_);
  }

  void Plan(int count) { ASSERT_TRUE(world_->Plan(World::Videos(count)).ok()); }

  RunResult Run() {
    auto result = world_->Run();
    if (!result || !result->ok()) {
      ADD_FAILURE() << (result ? Describe(result->error()) : "crashed");
      return {};
    }
    EXPECT_THAT(world_->BrokenPromises(), IsEmpty());
    return std::move(*result).value();
  }

  // Puts the command into the inbox as soon as a task changes to `to`.
  void PutOn(TaskState to, const BatchCommand& command) {
    world_->observer.on_task = [this, to, command](const pipeline::TaskEvent& event) {
      if (event.to == to) inbox_.Put(command.id, RenderCommand(command));
    };
  }

  // Its send has been cut by then.
  void PutAfterASecond(const BatchCommand& command) {
    inbox_.on_look = [this, command](int look) {
      if (look == 2) inbox_.Put(command.id, RenderCommand(command));
    };
  }

  // As the command itself does when no run goes on.
  CommandOutcome CarryOutAtRest(const BatchCommand& command) {
    EXPECT_TRUE(world_->store->BeginTurn().ok());
    auto outcome = pipeline::CarryOut(*world_->store, command, world_->clock.Now());
    EXPECT_TRUE(world_->store->CommitTurn().ok());
    if (!outcome.ok()) {
      ADD_FAILURE() << Describe(outcome.error());
      return {};
    }
    return std::move(outcome).value();
  }

  std::int64_t Count(TaskState state) {
    const auto counts = world_->store->Counts({});
    const auto found = counts->find(state);
    return found == counts->end() ? 0 : found->second;
  }
  std::size_t Paid() { return world_->service->ledger().tasks().size(); }
  store::TaskRow Row(const std::string& id) { return *world_->store->FindTask(id); }

  WorldOptions options_;
  MemoryInbox inbox_;
  std::unique_ptr<World> world_;
};

TEST_F(Control, CancelTakesQueuedTasksOutOfARunningBatchWithinASecond) {
  Make(2);
  Plan(10);
  Micros put{}, taken{};
  world_->observer.on_task = [&](const pipeline::TaskEvent& event) {
    if (event.to == TaskState::kRunning && put == Micros{}) {
      inbox_.Put("c1", RenderCommand(Cancel()));
      put = world_->clock.Ticks().time_since_epoch();
    }
  };
  world_->on_loop = nullptr;
  world_->observer.on_notice = [&](std::string_view text) {
    if (text.starts_with("cancel")) taken = world_->clock.Ticks().time_since_epoch();
  };
  Run();
  EXPECT_LE(taken - put, Micros{Seconds{1}});
  EXPECT_GT(taken, put);
  // The simulator begins at once, so what was accepted is paid for and comes home.
  EXPECT_EQ(Count(TaskState::kCancelled) + Count(TaskState::kSucceeded), 10);
  EXPECT_EQ(Count(TaskState::kSucceeded), static_cast<std::int64_t>(Paid()));
  EXPECT_LE(Paid(), 2u);
  EXPECT_TRUE(inbox_.empty());
  EXPECT_THAT(world_->observer.notices, Contains(HasSubstr("tasks cancelled")));
  EXPECT_THAT(world_->observer.lines, Contains(HasSubstr("too late to cancel")).Times(0));
}

TEST_F(Control, CancelAbortsWhatStillWaitsAtTheService) {
  options_.scenario.faults = {OnTask(FaultKind::kWaiting, "kite", std::chrono::hours{1})};
  Make(3);
  Plan(3);
  PutOn(TaskState::kRunning, Cancel());
  const RunResult result = Run();
  EXPECT_EQ(result.reason, pipeline::StopReason::kFinished);
  EXPECT_EQ(Count(TaskState::kCancelled), 3);
  for (const auto& task : world_->service->ledger().tasks()) {
    EXPECT_EQ(task.phase, simulator::Phase::kAborted);
  }
}

TEST_F(Control, WhatIsCancelledBeforeItBeganCostsNothing) {
  options_.scenario.faults = {OnTask(FaultKind::kWaiting, "kite", std::chrono::hours{1})};
  Make(3);
  Plan(5);
  ASSERT_TRUE(world_->store->BeginTurn().ok());
  ASSERT_TRUE(world_->store->SetMoneyTerms({"CNY", "test", true, 100, false}).ok());
  for (int i = 1; i <= 5; ++i) {
    const std::string id = "task-000" + std::to_string(i);
    ASSERT_TRUE(world_->store->SetEstimate(Row(id).key, 10).ok());
  }
  ASSERT_TRUE(world_->store->CommitTurn().ok());
  world_->observer.on_task = [&](const pipeline::TaskEvent& event) {
    if (event.to != TaskState::kRunning) return;
    EXPECT_GT(world_->store->Money()->reserved_micros, 0);
    inbox_.Put("c1", RenderCommand(Cancel()));
  };
  Run();
  EXPECT_EQ(Count(TaskState::kCancelled), 5);
  EXPECT_EQ(world_->store->Money()->reserved_micros, 0);
  EXPECT_EQ(world_->store->Money()->spent_micros, 0);
  // Made anew, each is expected to cost what it was.
  EXPECT_EQ(CarryOutAtRest(Retry(&BatchCommand::cancelled)).queued, 5);
  EXPECT_EQ(Row("task-0005").generation, 2);
  EXPECT_EQ(Row("task-0005").estimate_micros, 10);
}

TEST_F(Control, CancelFollowsWhatRunsAlreadyToItsEndAndSaysThatItIsPaid) {
  Make(1);
  Plan(1);
  PutOn(TaskState::kRunning, Cancel());
  Run();
  EXPECT_EQ(Count(TaskState::kSucceeded), 1);
  const auto story = world_->store->Story("task-0001");
  std::vector<std::string> whys;
  for (const auto& line : story->front().journal) whys.push_back(line.why);
  EXPECT_THAT(whys, Contains(HasSubstr("too late to cancel")));
}

TEST_F(Control, CancelledTasksAreNotTriedAgainWhenTheServiceFailsThem) {
  options_.scenario.faults = {OnTask(FaultKind::kFail, "kite")};
  Make(1);
  Plan(1);
  PutOn(TaskState::kRunning, Cancel());
  Run();
  EXPECT_EQ(Count(TaskState::kCancelled), 1);
  EXPECT_EQ(Paid(), 1u);
}

TEST_F(Control, CancelOfAnUnknownSendLooksForItAndNeverSendsAgain) {
  FaultRule lost = OnTask(FaultKind::kDropAfter, "kite");
  options_.scenario.faults = {lost, OnTask(FaultKind::kWaiting, "kite", std::chrono::hours{1})};
  options_.scenario.listing.lag = Seconds{40};
  Make(1);
  Plan(1);
  PutAfterASecond(Cancel());
  Run();
  EXPECT_EQ(Count(TaskState::kCancelled), 1);
  EXPECT_EQ(Paid(), 1u);
  EXPECT_EQ(world_->exchange->started(api::Lane::kCreate), 1u);
  EXPECT_EQ(world_->service->ledger().tasks().front().phase, simulator::Phase::kAborted);
}

TEST_F(Control, CancelOfASendThatNeverArrivedSendsNothingAgain) {
  options_.scenario.faults = {OnTask(FaultKind::kDropBefore, "kite")};
  Make(1);
  Plan(1);
  PutAfterASecond(Cancel());
  Run();
  EXPECT_EQ(Paid(), 0u);
  EXPECT_EQ(world_->exchange->started(api::Lane::kCreate), 1u);
  EXPECT_EQ(Count(TaskState::kLost), 1);  // a person decides: nothing says that it was not accepted
}

TEST_F(Control, CancelAtRestIsCarriedOutByTheNextRun) {
  options_.scenario.faults = {OnTask(FaultKind::kWaiting, "kite", std::chrono::hours{1})};
  Make(2);
  Plan(4);
  pipeline::Loop* running = nullptr;
  world_->on_loop = [&](pipeline::Loop& loop) { running = &loop; };
  int accepted = 0;
  world_->observer.on_task = [&](const pipeline::TaskEvent& event) {
    if (event.to == TaskState::kRunning && ++accepted == 2) running->RequestStop();
  };
  Run();
  const CommandOutcome outcome = CarryOutAtRest(Cancel());
  EXPECT_EQ(outcome.cancelled, 2);
  EXPECT_EQ(outcome.at_service, 2);
  EXPECT_EQ(Count(TaskState::kRunning), 2);
  world_->on_loop = nullptr;
  Run();
  EXPECT_EQ(Count(TaskState::kCancelled), 4);
  EXPECT_EQ(world_->exchange->started(api::Lane::kCreate), 0u);
}

TEST_F(Control, CancelKeepsToTheTasksThatItNames) {
  Make(2);
  Plan(5);
  EXPECT_EQ(CarryOutAtRest(Cancel({"task-0002", "*4"})).cancelled, 2);
  Run();
  EXPECT_EQ(Count(TaskState::kSucceeded), 3);
  EXPECT_EQ(Row("task-0004").state, TaskState::kCancelled);
}

TEST_F(Control, ACommandIsCarriedOutOnceEvenWhenItsFileStays) {
  Make(4);
  Plan(3);
  Run();
  inbox_.keep = true;
  inbox_.Put("r1", RenderCommand(Retry(&BatchCommand::again)));
  Run();
  Run();
  Run();
  EXPECT_EQ(Paid(), 6u);
  EXPECT_EQ(Row("task-0001").generation, 2);
}

TEST_F(Control, ACommandThatIsNotUnderstoodIsPutAsideAndTold) {
  Make(4);
  Plan(2);
  inbox_.Put("1", "aigc-batch command 1\nid x\naction cancel\nmodel Kling\n");
  inbox_.Put("2", "nonsense");
  Run();
  EXPECT_EQ(Count(TaskState::kSucceeded), 2);
  EXPECT_THAT(inbox_.aside, ::testing::ElementsAre("1", "2"));
  EXPECT_THAT(world_->observer.notices, Contains(HasSubstr("not understood")).Times(2));
}

TEST_F(Control, RetryMakesFailedTasksAnewWithTheirHistoryKept) {
  FaultRule content = OnTask(FaultKind::kFail, "kite");
  content.match.nth = {1};
  content.fault.message = "policy";
  content.fault.err_code_ext = "InvalidParameter.VoilationContent";
  options_.scenario.faults = {content};
  Make(2);
  Plan(3);
  Run();
  ASSERT_EQ(Count(TaskState::kFailed), 1);
  EXPECT_EQ(CarryOutAtRest(Retry(&BatchCommand::failed)).queued, 1);
  EXPECT_EQ(Row("task-0001").state, TaskState::kPending);
  EXPECT_EQ(Row("task-0001").attempts, 0);
  Run();
  EXPECT_EQ(Count(TaskState::kSucceeded), 3);
  EXPECT_EQ(Paid(), 4u);
  const auto stories = world_->store->Story("task-0001");
  ASSERT_EQ(stories->size(), 2u);
  EXPECT_EQ(stories->back().row.state, TaskState::kFailed);
  EXPECT_EQ(stories->back().submissions.size(), 1u);
  EXPECT_TRUE(world_->folder.finished().contains("out/task-0001-1.g2.mp4"));
}

TEST_F(Control, RetryIsTakenUpByARunThatIsAboutToEnd) {
  FaultRule content = OnTask(FaultKind::kFail, "kite");
  content.match.nth = {1};
  content.fault.message = "policy";
  content.fault.err_code_ext = "InvalidParameter.VoilationContent";
  options_.scenario.faults = {content};
  Make(1);
  Plan(1);
  PutOn(TaskState::kFailed, Retry(&BatchCommand::failed));
  Run();
  EXPECT_EQ(Count(TaskState::kSucceeded), 1);
  EXPECT_EQ(Paid(), 2u);
}

// The window then knows no model yet, and so of no room.
TEST_F(Control, RetryIsTakenUpByARunThatFoundAllEnded) {
  options_.limits.max_in_flight.reset();
  options_.inbox = &inbox_;
  world_ = std::make_unique<World>(options_);
  Plan(1);
  CarryOutAtRest(Cancel());
  inbox_.Put("r1", RenderCommand(Retry(&BatchCommand::cancelled)));
  Run();
  EXPECT_EQ(Count(TaskState::kSucceeded), 1);
}

TEST_F(Control, RetryTouchesNothingThatSucceededUnlessAsked) {
  Make(2);
  Plan(2);
  Run();
  EXPECT_EQ(CarryOutAtRest(Retry(&BatchCommand::failed)), CommandOutcome{});
  EXPECT_EQ(CarryOutAtRest(Retry(&BatchCommand::lost, "r2")), CommandOutcome{});
  EXPECT_EQ(CarryOutAtRest(Retry(&BatchCommand::again, "r3")).queued, 2);
}

TEST_F(Control, RetryPutsCancelledTasksBack) {
  Make(2);
  Plan(2);
  CarryOutAtRest(Cancel());
  EXPECT_EQ(CarryOutAtRest(Retry(&BatchCommand::cancelled)).queued, 2);
  Run();
  EXPECT_EQ(Count(TaskState::kSucceeded), 2);
}

// Cancel comes in while sends are cut and tasks wait; the process dies in any of its waits.
// Whatever was paid for is known, nothing is paid for after the wish but what was on its way, and
// the next run comes to an end.
TEST_F(Control, ACrashInAnyWaitKeepsTheWish) {
  FaultRule cut = OnTask(FaultKind::kDropAfter, "kite");
  cut.match.nth = {2};
  options_.scenario.faults = {cut};
  options_.limits.max_in_flight = 2;
  options_.scenario.limits.video = std::nullopt;
  options_.scenario.speed = 10;  // fewer waits
  std::uint64_t waits = 1000;
  for (std::uint64_t at = 1; at < waits; ++at) {
    SCOPED_TRACE(at);
    MemoryInbox inbox;
    inbox.on_look = [&](int look) {
      if (look != 3) return;
      inbox.Put("c1", RenderCommand(Cancel()));
      inbox.Put("c2", RenderCommand(Retry(&BatchCommand::cancelled, "c2")));
    };
    options_.inbox = &inbox;
    world_ = std::make_unique<World>(options_);
    Plan(4);
    if (world_->Run(at)) waits = at;
    inbox.keep = false;
    inbox.on_look = nullptr;
    Run();
    // A send that was lost with the process is not repeated once the wish is known.
    EXPECT_EQ(Count(TaskState::kSucceeded) + Count(TaskState::kLost), 4);
    EXPECT_EQ(static_cast<std::int64_t>(Paid()), Count(TaskState::kSucceeded));
    EXPECT_TRUE(inbox.empty());
  }
  EXPECT_LT(waits, 1000u);
}

// A task that needs `of` and nothing else.
TaskSpec After(std::string id, std::string of) {
  TaskSpec spec = World::Video(std::move(id), "A second scene");
  spec.depends_on = {std::move(of)};
  return spec;
}

TEST_F(Control, RetryOfAStageUnskipsWhatWaitsForIt) {
  Make(2);
  ASSERT_TRUE(world_->Plan({World::Video("a"), After("b", "a"), After("c", "b")}).ok());
  EXPECT_EQ(CarryOutAtRest(Cancel({"a"})).skipped, 2);
  EXPECT_EQ(Row("c").state, TaskState::kSkipped);
  const CommandOutcome outcome = CarryOutAtRest(Retry(&BatchCommand::cancelled));
  EXPECT_EQ(outcome.queued, 1);
  EXPECT_EQ(outcome.unskipped, 2);
  EXPECT_EQ(Row("c").state, TaskState::kBlocked);
}

TEST_F(Control, WhatIsSkippedWithACancelledTaskIsTold) {
  Make(1);
  ASSERT_TRUE(world_->Plan({World::Video("a"), After("b", "a"), After("c", "b")}).ok());
  PutOn(TaskState::kRunning, Cancel({"b"}));
  Run();
  EXPECT_EQ(Row("a").state, TaskState::kSucceeded);
  EXPECT_EQ(Row("b").state, TaskState::kCancelled);
  EXPECT_EQ(Row("c").state, TaskState::kSkipped);
  EXPECT_THAT(world_->observer.lines, Contains(HasSubstr("c: blocked → skipped")));
}

class Overdue : public Control {
 protected:
  // One task that generates for three hours, given up after two.
  void MakeOverdue(FaultKind kind, Millis takes) {
    options_.scenario.faults = {OnTask(kind, "kite", takes)};
    Make(1);
    Plan(1);
    Run();
    ASSERT_EQ(Row("task-0001").error_code, "overdue");
    ASSERT_EQ(Count(TaskState::kFailed), 1);
  }
};

TEST_F(Overdue, ALateSuccessIsAdoptedByTheNextRun) {
  MakeOverdue(FaultKind::kTakes, std::chrono::hours{3});
  world_->clock.Advance(Micros{std::chrono::hours{5}});
  Run();
  EXPECT_EQ(Count(TaskState::kSucceeded), 1);
  EXPECT_EQ(Row("task-0001").error_code, "");
  EXPECT_EQ(Paid(), 1u);
  EXPECT_EQ(world_->folder.finished().size(), 1u);
}

TEST_F(Overdue, OneThatStillRunsKeepsNoRunGoing) {
  MakeOverdue(FaultKind::kNeverFinish, Millis{0});
  const SteadyTime before = world_->clock.Ticks();
  Run();
  EXPECT_LT(world_->clock.Ticks() - before, Micros{Seconds{5}});
  EXPECT_EQ(Row("task-0001").error_code, "overdue");
  world_->clock.Advance(Micros{std::chrono::hours{73}});
  Run();
  EXPECT_EQ(world_->exchange->started(api::Lane::kQuery), 0u);
}

TEST_F(Overdue, IsMadeAnewOnlyAsALostOne) {
  MakeOverdue(FaultKind::kTakes, std::chrono::hours{3});
  const CommandOutcome failed = CarryOutAtRest(Retry(&BatchCommand::failed));
  EXPECT_EQ(failed.queued, 0);
  EXPECT_EQ(failed.overdue, 1);
  const BatchCommand lost = Retry(&BatchCommand::lost, "r2");
  EXPECT_EQ(pipeline::RiskOf(*world_->store, lost)->maybe_twice, 1);
  EXPECT_EQ(CarryOutAtRest(lost).queued, 1);
}

// The old generation's late success is history: what waits for the new one goes on waiting.
TEST_F(Overdue, OneMadeAnewInARunningBatchStandsForNothingAnyMore) {
  FaultRule slow = OnTask(FaultKind::kTakes, "kite", std::chrono::minutes{125});
  slow.match.nth = {1};
  FaultRule again = OnTask(FaultKind::kTakes, "kite", std::chrono::minutes{60});
  options_.scenario.faults = {slow, again};
  Make(2);
  ASSERT_TRUE(world_->Plan({World::Video("a"), After("b", "a")}).ok());
  Run();
  ASSERT_EQ(Row("a").error_code, "overdue");
  ASSERT_EQ(Row("b").state, TaskState::kSkipped);
  inbox_.Put("r1", RenderCommand(Retry(&BatchCommand::lost)));
  WallTime made{};
  world_->observer.on_task = [&](const pipeline::TaskEvent& event) {
    if (event.to == TaskState::kSucceeded && event.id == "a" && event.generation == 2) {
      made = event.at;
    }
  };
  Run();
  EXPECT_EQ(Paid(), 3u);
  const auto stories = world_->store->Story("a");
  ASSERT_EQ(stories->size(), 2u);
  EXPECT_EQ(stories->back().row.state, TaskState::kSucceeded);  // late, and paid for
  EXPECT_EQ(Row("b").state, TaskState::kSucceeded);
  EXPECT_GT(made, WallTime{});
  EXPECT_GE(Row("b").submitted_at, made);
}

TEST_F(Overdue, OneThatFailedInTheEndMayBeRetried) {
  options_.scenario.faults = {OnTask(FaultKind::kFail, "kite")};
  options_.scenario.speed = 0.0005;  // it fails after hours
  Make(1);
  Plan(1);
  Run();
  ASSERT_EQ(Row("task-0001").error_code, "overdue");
  world_->clock.Advance(Micros{std::chrono::hours{5}});
  Run();
  EXPECT_EQ(Row("task-0001").state, TaskState::kFailed);
  EXPECT_EQ(Row("task-0001").error_code, "InternalError");
  EXPECT_EQ(Paid(), 1u);
  EXPECT_EQ(CarryOutAtRest(Retry(&BatchCommand::failed)).queued, 1);
}

}  // namespace
}  // namespace aigc::testing
