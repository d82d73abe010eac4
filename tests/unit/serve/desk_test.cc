// Calls over HTTP through the real loop, in virtual time; the service's ledger says what was made.
#include "serve/desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_inbox.h"
#include "support/world.h"

namespace aigc::serve {
namespace {

using Kind = CreateOutcome::Kind;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::World;
using testing::WorldOptions;

// The desk, with the time limits of calls looked at in every turn.
class TickingDesk final : public pipeline::Intake {
 public:
  explicit TickingDesk(const Clock& clock) : desk(clock) {}
  bool Open() const override { return desk.Open(); }
  Work Take(store::StoreReader& store) override {
    if (on_take) on_take();
    desk.Tick();
    return desk.Take(store);
  }
  void CarriedOut(const std::string& command, const pipeline::CommandOutcome& outcome) override {
    desk.CarriedOut(command, outcome);
  }
  void Answered(std::uint64_t number, const api::Completion& completion) override {
    desk.Answered(number, completion);
  }
  void NoRoom(std::string_view id) override { desk.NoRoom(id); }

  Desk desk;
  std::function<void()> on_take;
};

class DeskTest : public ::testing::Test {
 protected:
  void Make(std::optional<int> max_in_flight = 5) {
    options_.limits.max_in_flight = max_in_flight;
    options_.scenario.limits.video = std::nullopt;
    world_ = std::make_unique<World>(options_);
    ASSERT_TRUE(world_->Plan({}).ok());
    desk_ = std::make_unique<TickingDesk>(world_->clock);
    world_->options.intake = desk_.get();
    world_->observer.on_task = [this](const pipeline::TaskEvent& event) {
      desk_->desk.OnTask(event);
    };
    world_->on_loop = [this](pipeline::Loop& loop) {
      desk_->desk.OnWork([&loop] { loop.Wake(); });
      loop_ = &loop;
    };
    desk_->desk.Attach(*world_->store);
  }

  void Create(const std::string& prompt, const std::string& key = "", Micros patience = Seconds{60},
              std::optional<std::int64_t> estimate = std::nullopt) {
    ++asked_;
    desk_->desk.Create(World::Video("", prompt), key, estimate, patience,
                       [this, prompt](const CreateOutcome& outcome) {
                         outcomes_.emplace(prompt, outcome);
                         EndWhenAllAreAnswered();
                       });
  }
  void EndWhenAllAreAnswered() {
    // Not from within an answer, which the desk forbids.
    if (outcomes_.size() + answers_.size() == asked_ && loop_ != nullptr) loop_->RequestStop();
  }
  CreateOutcome Outcome(const std::string& prompt) {
    const auto at = outcomes_.find(prompt);
    if (at == outcomes_.end()) ADD_FAILURE() << "no answer to " << prompt;
    return at == outcomes_.end() ? CreateOutcome{} : at->second;
  }
  pipeline::RunResult Run() {
    auto result = world_->Run();
    loop_ = nullptr;
    desk_->desk.OnWork({});
    if (!result || !result->ok()) {
      ADD_FAILURE() << "the run ended badly";
      return {};
    }
    EXPECT_THAT(world_->BrokenPromises(), IsEmpty());
    return **result;
  }
  std::size_t Made() { return world_->service->ledger().tasks().size(); }

  WorldOptions options_;
  std::unique_ptr<World> world_;
  std::unique_ptr<TickingDesk> desk_;
  pipeline::Loop* loop_ = nullptr;
  std::multimap<std::string, CreateOutcome> outcomes_;
  std::vector<AskOutcome> answers_;
  std::size_t asked_ = 0;
};

TEST_F(DeskTest, TellsTheTaskIdOfWhatTheServiceTook) {
  Make();
  Create("a");
  Create("b");
  Run();
  EXPECT_EQ(Outcome("a").kind, Kind::kAccepted);
  EXPECT_EQ(Outcome("b").kind, Kind::kAccepted);
  EXPECT_NE(Outcome("a").task_id, Outcome("b").task_id);
  EXPECT_EQ(Made(), 2u);
  EXPECT_EQ(world_->store->FindTask(Outcome("a").id)->state, TaskState::kRunning);
}

// No model is known before the first call.
TEST_F(DeskTest, FindsOutTheAccountsRoomByItsCalls) {
  Make(/*max_in_flight=*/std::nullopt);
  Create("a");
  Create("b");
  Run();
  EXPECT_EQ(Outcome("a").kind, Kind::kAccepted);
  EXPECT_EQ(Outcome("b").kind, Kind::kAccepted);
}

TEST_F(DeskTest, MakesACallWithAKeyOnce) {
  Make();
  Create("a", "k");
  Create("a", "k");
  Create("b", "k");
  Run();
  EXPECT_EQ(Made(), 1u);
  EXPECT_EQ(Outcome("b").kind, Kind::kConflict);
  ASSERT_EQ(outcomes_.count("a"), 2u);
  const auto both = outcomes_.equal_range("a");
  EXPECT_EQ(both.first->second.task_id, std::next(both.first)->second.task_id);

  // Also when it comes again much later.
  const std::string first = both.first->second.task_id;
  outcomes_.clear();
  asked_ = 0;
  Create("a", "k");
  Run();
  EXPECT_EQ(Outcome("a").task_id, first);
  EXPECT_EQ(Made(), 1u);
}

TEST_F(DeskTest, TakesACallOutOfTheQueueBeforeItSaysThatNothingWasSent) {
  Make(/*max_in_flight=*/1);
  Create("a", "", Seconds{600});
  Create("b", "", Seconds{4});
  Run();
  EXPECT_EQ(Outcome("a").kind, Kind::kAccepted);
  EXPECT_EQ(Outcome("b").kind, Kind::kUnsent);
  EXPECT_EQ(world_->store->FindTask(Outcome("b").id)->state, TaskState::kCancelled);
  EXPECT_EQ(Made(), 1u);
}

TEST_F(DeskTest, MakesACallWithAKeyAfterAllWhenItComesAgain) {
  Make(/*max_in_flight=*/1);
  Create("a", "", Seconds{600});
  Create("b", "k", Seconds{4});
  Run();
  EXPECT_EQ(Outcome("b").kind, Kind::kUnsent);
  EXPECT_THAT(world_->store->Story(Outcome("b").id)->front().journal.back().why,
              HasSubstr("ran out of time"));
  outcomes_.clear();
  asked_ = 0;
  Create("b", "k", Seconds{600});
  Run();
  EXPECT_EQ(Outcome("b").kind, Kind::kAccepted);
  EXPECT_EQ(Made(), 2u);
}

TEST_F(DeskTest, SaysThatACallMayHaveBeenSent) {
  simulator::FaultRule rule;
  rule.match.action = "create";
  rule.fault.kind = simulator::FaultKind::kSlow;
  rule.fault.delay = Seconds{50};
  options_.scenario.faults.push_back(rule);
  testing::MemoryInbox inbox;  // looked into every second, so that the loop takes turns meanwhile
  options_.inbox = &inbox;
  Make();
  Create("a", "", Seconds{5});
  Run();
  EXPECT_EQ(Outcome("a").kind, Kind::kUnknown);
  EXPECT_LE(Made(), 1u);
}

TEST_F(DeskTest, SaysWhyTheServiceRefused) {
  simulator::FaultRule rule;
  rule.match.action = "create";
  rule.fault.kind = simulator::FaultKind::kRefuse;
  rule.fault.code = "InvalidParameterValue.Prompt";
  rule.fault.message = "the prompt is wrong";
  options_.scenario.faults.push_back(rule);
  Make();
  Create("a");
  Run();
  EXPECT_EQ(Outcome("a").kind, Kind::kRefused);
  EXPECT_EQ(Outcome("a").code, "InvalidParameterValue.Prompt");
  EXPECT_THAT(Outcome("a").message, HasSubstr("the prompt is wrong"));
}

TEST_F(DeskTest, AnswersWhatTheBudgetHasNoRoomForAndGoesOn) {
  Make();
  ASSERT_TRUE(world_->store->BeginTurn().ok());
  store::MoneyTerms terms;
  terms.currency = "CNY";
  terms.source = "list";
  terms.budget_micros = 2'500'000;
  ASSERT_TRUE(world_->store->SetMoneyTerms(terms).ok());
  ASSERT_TRUE(world_->store->CommitTurn().ok());
  Create("a", "", Seconds{60}, 2'000'000);
  Create("b", "", Seconds{60}, 2'000'000);
  Create("c", "", Seconds{60}, 400'000);
  Run();
  EXPECT_EQ(Made(), 2u);
  int too_dear = 0;
  for (const auto& [prompt, outcome] : outcomes_)
    too_dear += outcome.kind == Kind::kNoBudget ? 1 : 0;
  EXPECT_EQ(too_dear, 1);
  EXPECT_EQ(Outcome("c").kind, Kind::kAccepted);
}

TEST_F(DeskTest, TellsEverybodyWhenTheAccountCannotGoOn) {
  simulator::FaultRule rule;
  rule.match.action = "create";
  rule.fault.kind = simulator::FaultKind::kRefuse;
  rule.fault.code = "AuthFailure.SecretIdNotFound";
  rule.fault.message = "no such id";
  options_.scenario.faults.push_back(rule);
  Make(/*max_in_flight=*/1);
  Create("a");
  Create("b");
  asked_ = 99;  // the loop is to end by itself
  const pipeline::RunResult result = Run();
  EXPECT_EQ(result.reason, pipeline::StopReason::kCredentials);
  ASSERT_TRUE(desk_->desk.Fail(result.cause).ok());
  EXPECT_EQ(Outcome("a").kind, Kind::kStopped);
  EXPECT_EQ(Outcome("b").kind, Kind::kStopped);
  EXPECT_EQ(Outcome("b").cause.code, ErrorCode::kCredentials);
  EXPECT_EQ(Made(), 0u);
  // What was told to be unsent is not sent by a later run.
  const auto counts = world_->store->Counts({});
  EXPECT_EQ(counts->count(TaskState::kPending), 0u);
}

TEST_F(DeskTest, AsksTheServiceForAnyTask) {
  Make();
  asked_ = 3;
  const auto answered = [this](const AskOutcome& outcome) {
    answers_.push_back(outcome);
    EndWhenAllAreAnswered();
  };
  desk_->desk.Create(World::Video("", "a"), "", std::nullopt, Seconds{60},
                     [&](const CreateOutcome& outcome) { outcomes_.emplace("a", outcome); });
  bool asked = false;
  desk_->on_take = [&] {
    if (asked || outcomes_.empty()) return;
    asked = true;
    desk_->desk.Ask(Outcome("a").task_id, Seconds{60}, answered);
    desk_->desk.Ask("1500000001-AigcVideoTask-none", Seconds{60}, answered);
  };
  Run();
  ASSERT_EQ(answers_.size(), 2u);
  int details = 0;
  for (const AskOutcome& answer : answers_) {
    ASSERT_TRUE(answer.completion);
    if (const auto* detail = std::get_if<api::TaskDetail>(&answer.completion->answer)) {
      ++details;
      EXPECT_THAT(detail->body, HasSubstr("\"Response\""));
      EXPECT_THAT(detail->body, HasSubstr("AigcVideoTask"));
    }
  }
  EXPECT_EQ(details, 1);
}

TEST_F(DeskTest, AnswersAtOnceWhatIsTooMuchOrTooLate) {
  Make();
  Desk small(world_->clock, 1);
  std::vector<Kind> kinds;
  const auto done = [&](const CreateOutcome& outcome) { kinds.push_back(outcome.kind); };
  small.Create(World::Video("", "a"), "", std::nullopt, Seconds{1}, done);
  small.Create(World::Video("", "b"), "", std::nullopt, Seconds{1}, done);
  world_->clock.Advance(Seconds{2});
  small.Tick();
  small.Close(Error{ErrorCode::kInterrupted, "the server is stopping"});
  small.Create(World::Video("", "c"), "", std::nullopt, Seconds{1}, done);
  EXPECT_THAT(kinds, ::testing::ElementsAre(Kind::kBusy, Kind::kUnsent, Kind::kStopped));
}

}  // namespace
}  // namespace aigc::serve
