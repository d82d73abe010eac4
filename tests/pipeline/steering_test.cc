// Limits that change and pauses that begin and end while a batch runs, and what later runs make of
// them. The ledger of the service says what was submitted, and when.
#include "pipeline/steering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/memory_inbox.h"
#include "support/world.h"

namespace aigc::testing {
namespace {

using pipeline::BatchCommand;
using pipeline::RunResult;
using pipeline::StopReason;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

BatchCommand Set(std::string name, std::string value, std::string id = "s1") {
  BatchCommand command;
  command.action = BatchCommand::Action::kSet;
  command.id = std::move(id);
  command.settings = {{std::move(name), std::move(value)}};
  return command;
}

BatchCommand Pause(std::vector<std::string> models = {}, std::string id = "p1") {
  BatchCommand command;
  command.action = BatchCommand::Action::kPause;
  command.id = std::move(id);
  command.models = std::move(models);
  return command;
}

BatchCommand Resume(std::vector<std::string> models = {}, std::string id = "p2") {
  BatchCommand command = Pause(std::move(models), std::move(id));
  command.action = BatchCommand::Action::kResume;
  return command;
}

TaskSpec Hailuo(std::string id) {
  TaskSpec spec = World::Video(std::move(id), "A heron lands on the still lake");
  spec.model = "Hailuo";
  spec.version = "2.3";
  spec.duration = 6;
  spec.resolution = "768P";
  return spec;
}

class SteeringTest : public ::testing::Test {
 protected:
  void Make(int max_in_flight = 2) {
    options_.limits.max_in_flight = max_in_flight;
    options_.scenario.limits.video = std::nullopt;
    options_.inbox = &inbox_;
    world_ = std::make_unique<World>(options_);
  }

  void Plan(const std::vector<TaskSpec>& specs) { ASSERT_TRUE(world_->Plan(specs).ok()); }

  RunResult Run() {
    auto result = world_->Run();
    if (!result || !result->ok()) {
      ADD_FAILURE() << (result ? Describe(result->error()) : "crashed");
      return {};
    }
    return std::move(*result).value();
  }

  // Puts the command into the inbox when so many tasks have succeeded.
  void PutAfter(int succeeded, BatchCommand command) {
    puts_.push_back({succeeded, std::move(command)});
    world_->observer.on_task = [this](const pipeline::TaskEvent& event) {
      if (event.to != TaskState::kSucceeded) return;
      ++succeeded_;
      for (const auto& [count, put] : puts_) {
        if (count == succeeded_) inbox_.Put(put.id, RenderCommand(put));
      }
    };
  }

  // Puts the command into the inbox so many looks (seconds) after the first.
  void PutAtLook(int at, BatchCommand command) {
    inbox_.on_look = [this, at, command = std::move(command)](int look) {
      if (look == at) inbox_.Put(command.id, RenderCommand(command));
    };
  }

  void CarryOutAtRest(const BatchCommand& command) {
    ASSERT_TRUE(world_->store->BeginTurn().ok());
    const auto outcome = pipeline::CarryOut(*world_->store, command, world_->clock.Now());
    ASSERT_TRUE(outcome.ok()) << Describe(outcome.error());
    ASSERT_TRUE(world_->store->CommitTurn().ok());
  }

  std::int64_t Count(TaskState state) {
    const auto counts = world_->store->Counts({});
    const auto found = counts->find(state);
    return found == counts->end() ? 0 : found->second;
  }
  std::size_t Paid() { return world_->service->ledger().tasks().size(); }
  std::size_t PaidOf(std::string_view model) {
    const auto& tasks = world_->service->ledger().tasks();
    return static_cast<std::size_t>(std::count_if(
        tasks.begin(), tasks.end(), [&](const auto& task) { return task.model == model; }));
  }

  WorldOptions options_;
  MemoryInbox inbox_;
  std::unique_ptr<World> world_;
  std::vector<std::pair<int, BatchCommand>> puts_;
  std::function<void()> stop_;
  int succeeded_ = 0;
};

TEST_F(SteeringTest, AWindowThatIsSetInMidRunIsObeyedAtOnceAndByLaterRuns) {
  Make(1);
  Plan(World::Videos(12));
  world_->observer.most_in_flight = 0;
  PutAfter(2, Set("max_in_flight", "4"));
  EXPECT_EQ(Run().reason, StopReason::kFinished);
  EXPECT_EQ(world_->observer.most_in_flight, 4u);
  EXPECT_THAT(world_->observer.notices, Contains(HasSubstr("max_in_flight is 4")));

  // A later run, whose manifest still says 1.
  Plan(World::Videos(20));
  world_->observer.most_in_flight = 0;
  inbox_.on_look = nullptr;
  EXPECT_EQ(Run().reason, StopReason::kFinished);
  EXPECT_EQ(world_->observer.most_in_flight, 4u);
  EXPECT_EQ(Count(TaskState::kSucceeded), 20);
}

TEST_F(SteeringTest, AFlagOfTheRunWinsUntilSomethingElseIsSet) {
  Make(1);
  Plan(World::Videos(8));
  CarryOutAtRest(Set("max_in_flight", "6"));
  world_->options.fixed = {"max_in_flight"};
  world_->options.limits.max_in_flight = 2;
  PutAfter(4, Set("max_in_flight", "3", "s2"));
  std::size_t before = 0;
  world_->observer.on_notice = [&](std::string_view text) {
    if (text.starts_with("set")) before = world_->observer.most_in_flight;
  };
  Run();
  EXPECT_EQ(before, 2u);
  EXPECT_EQ(world_->observer.most_in_flight, 3u);
}

TEST_F(SteeringTest, DefaultTakesBackWhatWasSet) {
  Make(2);
  Plan(World::Videos(10));
  CarryOutAtRest(Set("max_in_flight", "5"));
  CarryOutAtRest(Set("max_in_flight", "default", "s2"));
  EXPECT_THAT(world_->store->ReadSteering()->settings, IsEmpty());
  Run();
  EXPECT_EQ(world_->observer.most_in_flight, 2u);
}

TEST_F(SteeringTest, AWindowThatIsMadeSmallerLetsWhatRunsEndFirst) {
  Make(6);
  Plan(World::Videos(18));
  bool taken = false;
  PutAfter(3, Set("max_in_flight", "1"));
  world_->observer.on_notice = [&](std::string_view text) { taken |= text.starts_with("set"); };
  Run();
  EXPECT_TRUE(taken);
  EXPECT_EQ(Count(TaskState::kSucceeded), 18);
  // Once the six had ended, one at a time: no two of the last tasks overlap.
  const auto& tasks = world_->service->ledger().tasks();
  ASSERT_EQ(tasks.size(), 18u);
  auto task = std::next(tasks.begin(), 11);
  for (auto before = std::prev(task); task != tasks.end(); before = task++) {
    EXPECT_GE(task->accepted_at, *before->finished_at);
  }
}

TEST_F(SteeringTest, APaceThatIsSetIsKept) {
  Make(50);
  options_.scenario.limits.create_rate = 1000;
  Plan(World::Videos(40));
  inbox_.Put("s1", RenderCommand(Set("submit_rate", "0.5")));
  Run();
  const auto& tasks = world_->service->ledger().tasks();
  ASSERT_EQ(tasks.size(), 40u);
  EXPECT_GE(tasks.back().accepted_at - tasks.front().accepted_at, Seconds{75});
}

TEST_F(SteeringTest, ALimitOfOneModelIsObeyed) {
  Make(10);
  std::vector<TaskSpec> specs = World::Videos(6);
  for (int i = 0; i < 6; ++i) specs.push_back(Hailuo("h" + std::to_string(i)));
  Plan(specs);
  inbox_.Put("s1", RenderCommand(Set("per_model.Hailuo/2.3", "1")));
  std::size_t now = 0;
  std::size_t most = 0;
  world_->observer.on_task = [&](const pipeline::TaskEvent& event) {
    if (!event.id.starts_with("h")) return;
    if (event.to == TaskState::kRunning) most = std::max(most, ++now);
    if (event.from == TaskState::kRunning) --now;
  };
  Run();
  EXPECT_EQ(most, 1u);
  EXPECT_EQ(Count(TaskState::kSucceeded), 12);
}

TEST_F(SteeringTest, APauseIsTakenUpWithinASecondAndItsEndToo) {
  Make(2);
  Plan(World::Videos(10));
  PutAfter(2, Pause());
  Micros paused{}, resumed{}, put{};
  std::size_t at_pause = 0, at_resume = 0;
  world_->observer.on_notice = [&](std::string_view text) {
    const Micros now = world_->clock.Ticks().time_since_epoch();
    if (text.starts_with("pause")) {
      paused = now;
      at_pause = Paid();
    } else if (text.starts_with("resume")) {
      resumed = now;
      at_resume = Paid();
    }
  };
  inbox_.on_look = [&](int) {
    const Micros now = world_->clock.Ticks().time_since_epoch();
    if (paused == Micros{} || put != Micros{} || now - paused < Micros{std::chrono::hours{2}})
      return;
    put = now;
    inbox_.Put("p2", RenderCommand(Resume()));
  };
  EXPECT_EQ(Run().reason, StopReason::kFinished);
  EXPECT_GT(paused, Micros{});
  EXPECT_EQ(at_resume, at_pause);  // two hours, and nothing was submitted
  EXPECT_LT(at_pause, 10u);
  EXPECT_LE(resumed - put, Micros{Seconds{1}});
  EXPECT_EQ(Count(TaskState::kSucceeded), 10);
  EXPECT_THAT(world_->BrokenPromises(), IsEmpty());
}

TEST_F(SteeringTest, APausedModelLeavesTheOthersAlone) {
  Make(2);
  std::vector<TaskSpec> specs = World::Videos(4);
  for (int i = 0; i < 4; ++i) specs.push_back(Hailuo("h" + std::to_string(i)));
  Plan(specs);
  inbox_.Put("p1", RenderCommand(Pause({"Kling"})));
  PutAfter(4, Resume({"Kling"}));
  std::size_t kling = 99;
  world_->observer.on_notice = [&](std::string_view text) {
    if (text.starts_with("resume")) kling = PaidOf("Kling");
  };
  EXPECT_EQ(Run().reason, StopReason::kFinished);
  EXPECT_LE(kling, 2u);  // those of the first turn, before the pause was read
  EXPECT_EQ(Count(TaskState::kSucceeded), 8);
}

TEST_F(SteeringTest, ARunThatFindsTheBatchPausedSubmitsNothingAndEnds) {
  Make(2);
  Plan(World::Videos(3));
  CarryOutAtRest(Pause());
  const RunResult result = Run();
  EXPECT_EQ(result.reason, StopReason::kPaused);
  EXPECT_THAT(result.cause.message, HasSubstr("the batch is paused since"));
  EXPECT_THAT(result.cause.hint, HasSubstr("resume"));
  EXPECT_EQ(Paid(), 0u);
  EXPECT_EQ(Count(TaskState::kPending), 3);

  CarryOutAtRest(Resume());
  EXPECT_EQ(Run().reason, StopReason::kFinished);
  EXPECT_EQ(Paid(), 3u);
}

TEST_F(SteeringTest, ARunThatFindsTheBatchPausedFollowsWhatTheServiceHas) {
  Make(2);
  Plan(World::Videos(4));
  PutAfter(1, Pause());
  bool paused = false;
  world_->observer.on_notice = [&](std::string_view text) { paused |= text.starts_with("pause"); };
  inbox_.on_look = [&](int) {
    if (paused && stop_) stop_();
  };
  world_->on_loop = [this](pipeline::Loop& loop) { stop_ = [&loop] { loop.RequestStop(); }; };
  EXPECT_EQ(Run().reason, StopReason::kInterrupted);
  stop_ = nullptr;
  world_->on_loop = nullptr;
  const std::size_t paid = Paid();
  EXPECT_EQ(Run().reason, StopReason::kPaused);
  EXPECT_EQ(Paid(), paid);
  EXPECT_EQ(Count(TaskState::kSucceeded), static_cast<std::int64_t>(paid));
}

TEST_F(SteeringTest, APausedBatchWithNothingLeftIsDone) {
  Make(2);
  Plan(World::Videos(2));
  Run();
  CarryOutAtRest(Pause());
  EXPECT_EQ(Run().reason, StopReason::kFinished);
}

TEST_F(SteeringTest, ARepeatOfAnUnansweredRequestWaitsForTheEndOfThePause) {
  simulator::FaultRule lost;
  lost.match.action = "create";
  lost.match.prompt = "kite";
  lost.match.nth = {1};
  lost.fault.kind = simulator::FaultKind::kDropBefore;
  options_.scenario.faults = {lost};
  Make(1);
  Plan(World::Videos(1));
  PutAtLook(2, Pause({"Kling/2.5"}));
  std::size_t at_resume = 99;
  const auto put_pause = inbox_.on_look;
  inbox_.on_look = [&, put_pause](int look) {
    put_pause(look);
    if (look != 3000) return;
    at_resume = Paid();
    inbox_.Put("p2", RenderCommand(Resume()));
  };
  EXPECT_EQ(Run().reason, StopReason::kFinished);
  EXPECT_EQ(at_resume, 0u);
  EXPECT_EQ(Paid(), 1u);
  EXPECT_EQ(Count(TaskState::kSucceeded), 1);
}

TEST_F(SteeringTest, ABudgetThatIsRaisedInMidRunLetsMoreBegin) {
  Make(1);
  Plan(World::Videos(4));
  ASSERT_TRUE(world_->store->BeginTurn().ok());
  ASSERT_TRUE(world_->store->SetMoneyTerms({"CNY", "test", true, 20'000'000, false}).ok());
  for (int i = 1; i <= 4; ++i) {
    const auto row = world_->store->FindTask("task-000" + std::to_string(i));
    ASSERT_TRUE(world_->store->SetEstimate(row->key, 10'000'000).ok());
  }
  ASSERT_TRUE(world_->store->CommitTurn().ok());
  PutAfter(1, Set("budget", "40"));
  EXPECT_EQ(Run().reason, StopReason::kFinished);
  EXPECT_EQ(Count(TaskState::kSucceeded), 4);
  EXPECT_EQ(world_->store->Money()->terms.budget_micros, 40'000'000);

  // Back to what this run's manifest says.
  Plan(World::Videos(5));
  const auto row = world_->store->FindTask("task-0005");
  ASSERT_TRUE(world_->store->BeginTurn().ok());
  ASSERT_TRUE(world_->store->SetEstimate(row->key, 10'000'000).ok());
  ASSERT_TRUE(world_->store->CommitTurn().ok());
  world_->options.budget_micros = 45'000'000;
  inbox_.Put("s2", RenderCommand(Set("budget", "default", "s2")));
  EXPECT_EQ(Run().reason, StopReason::kBudget);
  EXPECT_EQ(world_->store->Money()->terms.budget_micros, 45'000'000);
}

TEST_F(SteeringTest, APauseIsCarriedOutOnceAndSaysHowManyWait) {
  Make(2);
  Plan(World::Videos(3));
  ASSERT_TRUE(world_->store->BeginTurn().ok());
  const auto first = pipeline::CarryOut(*world_->store, Pause(), world_->clock.Now());
  const auto again = pipeline::CarryOut(*world_->store, Pause({}, "p9"), world_->clock.Now());
  ASSERT_TRUE(world_->store->CommitTurn().ok());
  EXPECT_EQ(first->changed, 1);
  EXPECT_EQ(first->waiting, 3);
  EXPECT_EQ(again->changed, 0);
  EXPECT_THAT(OutcomeText(Pause(), *first),
              AllOf(HasSubstr("the batch is paused"), HasSubstr("3 tasks wait")));
  EXPECT_THAT(OutcomeText(Pause(), *again), HasSubstr("was paused already"));
}

}  // namespace
}  // namespace aigc::testing
