#include "pipeline/window.h"

#include <gtest/gtest.h>

#include <memory>

namespace aigc::pipeline {
namespace {

SteadyTime At(int seconds) { return SteadyTime{Seconds{seconds}}; }

Limits Fixed(int n) {
  Limits limits;
  limits.max_in_flight = n;
  return limits;
}

Tenant Task(std::string model = "Kling", std::string version = "2.1", Kind kind = Kind::kVideo) {
  Tenant task;
  task.kind = kind;
  task.model = std::move(model);
  task.version = std::move(version);
  return task;
}

// An account's window with tasks of ours in it, each accepted and, unless told otherwise, proved.
class Account {
 public:
  explicit Account(const Limits& limits) : window(limits) {
    window.Know(Kind::kVideo, "Kling", "2.1");
  }
  Tenant& Enter(Tenant task = Task()) {
    inside.push_back(std::make_unique<Tenant>(std::move(task)));
    window.Enter(*inside.back());
    return *inside.back();
  }
  InProcess Count(const Tenant& like) const {
    InProcess count;
    for (const auto& task : inside) {
      if (!task->inside || !task->proved || task->kind != like.kind) continue;
      ++count.of_kind;
      if (task->model == like.model && task->version == like.version) ++count.of_model;
    }
    return count;
  }
  void Prove(Tenant& task, SteadyTime now = At(6)) {
    task.proved = true;
    window.Prove(task, Count(task), now);
  }
  bool Refuse(Tenant& task, SteadyTime now) {
    const Tenant before = task;
    window.Leave(task);
    return window.Refuse(before, Count(before), now, WallTime{}, "too many");
  }

  Window window;
  std::vector<std::unique_ptr<Tenant>> inside;
};

store::RunRow RunOf(std::string batch, int held, Kind kind = Kind::kVideo) {
  store::RunRow run;
  run.batch = std::move(batch);
  run.held = {{kind, "Kling", "2.1", held}};
  return run;
}

TEST(Window, ObeysAFixedNumberExactly) {
  Account account(Fixed(2));
  EXPECT_TRUE(account.window.HasRoom(Task(), At(0)));
  Tenant& first = account.Enter();
  account.Enter();
  EXPECT_FALSE(account.window.HasRoom(Task(), At(0)));
  EXPECT_EQ(account.window.limit(At(0)), 2u);
  account.window.Leave(first);
  EXPECT_TRUE(account.window.HasRoom(Task(), At(0)));
}

TEST(Window, KeepsAFullModelFromBlockingOthers) {
  Limits limits = Fixed(10);
  limits.per_model = {{"Kling", 1}, {"Hailuo/02", 1}};
  Account account(limits);
  account.Enter();
  EXPECT_FALSE(account.window.HasRoom(Task("Kling", "2.5"), At(0)));
  EXPECT_TRUE(account.window.HasRoom(Task("Vidu", "q2"), At(0)));
  EXPECT_EQ(account.window.FullModels(At(0)), std::vector<std::string>{"Kling"});
  account.Enter(Task("Hailuo", "02"));
  EXPECT_FALSE(account.window.HasRoom(Task("Hailuo", "02"), At(0)));
  EXPECT_TRUE(account.window.HasRoom(Task("Hailuo", "2.3"), At(0)));
}

TEST(Window, TriesOneTaskMoreThanIsProvedWhenItHasToFindOut) {
  Account account(Limits{});
  Tenant& first = account.Enter();
  EXPECT_TRUE(first.probe);
  EXPECT_FALSE(account.window.HasRoom(At(0)));  // nothing is proved yet
  account.Prove(first);
  EXPECT_TRUE(account.window.HasRoom(At(6)));
  Tenant& second = account.Enter();
  EXPECT_FALSE(account.window.HasRoom(At(6)));
  account.Prove(second);
  EXPECT_EQ(account.window.limit(At(12)), 3u);
}

TEST(Window, GoesBackToWhatIsProvedAfterARefusalAndProbesLater) {
  Account account(Limits{});
  for (int i = 0; i < 3; ++i) account.Prove(account.Enter());
  EXPECT_TRUE(account.Refuse(account.Enter(), At(20)));
  EXPECT_EQ(account.window.limit(At(20)), 3u);
  EXPECT_FALSE(account.window.HasRoom(At(20)));
  EXPECT_EQ(account.window.NextOpening(At(20)), At(80));
  EXPECT_TRUE(account.window.HasRoom(At(80)));
  account.Refuse(account.Enter(), At(90));
  EXPECT_EQ(account.window.NextOpening(At(90)), At(210));  // doubled
  Tenant& third = account.Enter();
  EXPECT_TRUE(third.probe);
  account.Prove(third, At(210));  // the account runs four now
  EXPECT_EQ(account.window.limit(At(211)), 5u);
  account.Refuse(account.Enter(), At(220));
  EXPECT_EQ(account.window.NextOpening(At(220)), At(280));  // from the start again
}

TEST(Window, TheLongestPauseIsFifteenMinutes) {
  Account account(Limits{});
  account.Prove(account.Enter());
  SteadyTime now = At(0);
  for (int i = 0; i < 8; ++i) {
    account.Refuse(account.Enter(), now);
    now = *account.window.NextOpening(now);
  }
  account.Refuse(account.Enter(), now);
  EXPECT_EQ(account.window.NextOpening(now), now + Micros{std::chrono::minutes{15}});
}

TEST(Window, CountsOneBurstOfRefusalsOnce) {
  Account account(Limits{});
  account.Refuse(account.Enter(), At(1));
  EXPECT_FALSE(account.Refuse(account.Enter(), At(2)));
  EXPECT_EQ(account.window.NextOpening(At(2)), At(61));
}

TEST(Window, OfALimitThatWasLearntOnlyWhatIsInProcessStaysAfterARefusal) {
  Account account(Limits{});
  account.window.Share({}, {{"video", {8, 0, 0, {}, "", {}}}});
  EXPECT_EQ(account.window.limit(At(0)), 9u);
  for (int i = 0; i < 3; ++i) account.Prove(account.Enter());
  Tenant& accepted = account.Enter();
  EXPECT_FALSE(accepted.probe);
  account.Refuse(account.Enter(), At(1));
  EXPECT_EQ(account.window.rooms().at("video").proved, 3);
  EXPECT_FALSE(account.window.HasRoom(Task(), At(1)));
  // What proves itself later counts, without a new try.
  account.Prove(accepted, At(7));
  EXPECT_EQ(account.window.limit(At(7)), 4u);
  EXPECT_EQ(account.window.NextOpening(At(7)), At(61));
}

TEST(Window, KindsAreProvedApart) {
  Account account(Limits{});
  account.window.Know(Kind::kImage, "OG", "image2");
  account.Enter();
  EXPECT_FALSE(account.window.HasRoom(Task(), At(0)));
  EXPECT_TRUE(account.window.HasRoom(Task("OG", "image2", Kind::kImage), At(0)));
  account.Refuse(*account.inside[0], At(1));
  EXPECT_TRUE(account.window.HasRoom(Task("OG", "image2", Kind::kImage), At(2)));
}

TEST(Window, OfSeveralModelsTheRefusedOneIsHeldAloneAndTheKindAfterTheSecond) {
  Account account(Limits{});
  account.window.Know(Kind::kVideo, "Hailuo", "02");
  account.Prove(account.Enter());
  account.Prove(account.Enter(Task("Hailuo", "02")));
  account.Refuse(account.Enter(), At(10));
  EXPECT_FALSE(account.window.HasRoom(Task(), At(10)));
  EXPECT_TRUE(account.window.HasRoom(Task("Hailuo", "02"), At(10)));
  EXPECT_EQ(account.window.FullModels(At(10)), std::vector<std::string>{"Kling/2.1"});
  account.Refuse(account.Enter(Task("Hailuo", "02")), At(11));
  EXPECT_FALSE(account.window.HasRoom(Task("Hailuo", "02"), At(11)));
  EXPECT_FALSE(account.window.HasRoom(At(11)));
  EXPECT_TRUE(account.window.HasRoom(At(71)));
}

TEST(Window, WaitsAfterARefusalOfAFixedNumberUntilASlotIsFree) {
  Account account(Fixed(4));
  Tenant& first = account.Enter();
  account.Refuse(account.Enter(), At(5));
  EXPECT_FALSE(account.window.HasRoom(Task(), At(6)));
  EXPECT_TRUE(account.window.HasRoom(Task(), At(35)));
  account.Refuse(account.Enter(), At(40));
  account.window.Leave(first);
  EXPECT_TRUE(account.window.HasRoom(Task(), At(41)));
}

TEST(Window, NeverWaitsForeverWithNothingInFlight) {
  Account account(Limits{});
  account.Refuse(account.Enter(), At(5));
  EXPECT_FALSE(account.window.HasRoom(Task(), At(6)));  // others have the account
  EXPECT_EQ(account.window.NextOpening(At(6)), At(65));
  EXPECT_TRUE(account.window.HasRoom(Task(), At(65)));
}

TEST(Window, OtherRunsSlotsCount) {
  Account account(Fixed(4));
  account.window.Share({RunOf("other", 3)}, {});
  account.Enter();
  EXPECT_FALSE(account.window.HasRoom(Task(), At(0)));
  Account learning(Limits{});
  learning.window.Share({RunOf("other", 3)}, {{"video", {3, 0, 0, {}, "", {}}}});
  Tenant& task = learning.Enter();
  EXPECT_TRUE(task.probe);
  learning.Prove(task);
  EXPECT_EQ(learning.window.rooms().at("video").proved, 4);
}

TEST(Window, AnotherRunThatWaitsGetsItsPart) {
  Account account(Fixed(4));
  store::RunRow other = RunOf("other", 0);
  other.max_in_flight = 4;
  account.window.Share({other}, {});
  for (int i = 0; i < 3; ++i) account.Enter();
  EXPECT_TRUE(account.window.HasRoom(Task(), At(100)));
  other.wants_video = true;
  other.wanted_at = At(99);
  account.window.Share({other}, {});
  EXPECT_FALSE(account.window.HasRoom(Task(), At(100)));
  EXPECT_TRUE(account.window.HasRoom(Task(), At(103)));  // it says nothing any more
  account.window.Leave(*account.inside[0]);
  account.window.Leave(*account.inside[1]);
  EXPECT_TRUE(account.window.HasRoom(Task(), At(100)));  // one of two that are ours
}

TEST(Window, TheHigherPriorityGoesFirst) {
  Account account(Fixed(4));
  store::RunRow other = RunOf("other", 3);
  other.wants_video = true;
  other.priority = 5;
  account.window.Share({other}, {});
  EXPECT_FALSE(account.window.HasRoom(Task(), At(1)));
  Tenant urgent = Task();
  urgent.priority = 6;
  EXPECT_TRUE(account.window.HasRoom(urgent, At(1)));
}

TEST(Window, ADeadRunsTasksStillCountAndItsWishesDoNot) {
  Account account(Fixed(4));
  store::RunRow dead = RunOf("dead", 3);
  dead.live = false;
  dead.wants_video = true;
  dead.priority = 9;
  account.window.Share({dead}, {});
  EXPECT_TRUE(account.window.HasRoom(Task(), At(1)));
  account.Enter();
  EXPECT_FALSE(account.window.HasRoom(Task(), At(1)));
}

TEST(Window, KeepsWhatIsInFlightAndLearntWhenItsNumbersChange) {
  Account account{Limits{}};
  Window& window = account.window;
  for (int i = 0; i < 3; ++i) account.Prove(account.Enter());
  EXPECT_EQ(window.limit(At(7)), 4u);
  Limits limits = Fixed(5);
  limits.per_model = {{"Kling", 3}};
  window.SetLimits(limits);
  EXPECT_EQ(window.limit(At(7)), 5u);
  EXPECT_FALSE(window.HasRoom(Task(), At(7)));  // counted before it had a limit
  EXPECT_TRUE(window.HasRoom(Task("Vidu", "q2"), At(7)));
  window.SetLimits(Fixed(2));
  EXPECT_FALSE(window.HasRoom(At(7)));
  EXPECT_TRUE(window.FullModels(At(7)).empty());
  window.SetLimits(Limits{});
  EXPECT_EQ(window.limit(At(7)), 4u);  // three are proved
}

}  // namespace
}  // namespace aigc::pipeline
