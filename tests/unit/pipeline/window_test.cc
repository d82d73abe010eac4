#include "pipeline/window.h"

#include <gtest/gtest.h>

namespace aigc::pipeline {
namespace {

SteadyTime At(int seconds) { return SteadyTime{Seconds{seconds}}; }

Limits Fixed(int n) {
  Limits limits;
  limits.max_in_flight = n;
  return limits;
}

TEST(Window, ObeysAFixedNumberExactly) {
  Window window(Fixed(2));
  EXPECT_TRUE(window.HasRoom("Kling", "2.1", At(0)));
  window.Enter("Kling", "2.1");
  window.Enter("Kling", "2.1");
  EXPECT_FALSE(window.HasRoom("Kling", "2.1", At(0)));
  EXPECT_EQ(window.limit(At(0)), 2u);
  window.Leave("Kling", "2.1", false);
  EXPECT_TRUE(window.HasRoom("Kling", "2.1", At(0)));
}

TEST(Window, KeepsAFullModelFromBlockingOthers) {
  Limits limits = Fixed(10);
  limits.per_model = {{"Kling", 1}, {"Hailuo/02", 1}};
  Window window(limits);
  window.Enter("Kling", "2.1");
  EXPECT_FALSE(window.HasRoom("Kling", "2.5", At(0)));
  EXPECT_TRUE(window.HasRoom("Vidu", "q2", At(0)));
  EXPECT_EQ(window.FullModels(), std::vector<std::string>{"Kling"});
  window.Enter("Hailuo", "02");
  EXPECT_FALSE(window.HasRoom("Hailuo", "02", At(0)));
  EXPECT_TRUE(window.HasRoom("Hailuo", "2.3", At(0)));
}

TEST(Window, TriesOneTaskMoreThanIsProvedWhenItHasToFindOut) {
  Window window(Limits{});
  window.Enter("Kling", "2.1");
  EXPECT_FALSE(window.HasRoom(At(0)));  // nothing is proved yet
  window.Prove();
  EXPECT_TRUE(window.HasRoom(At(6)));
  window.Enter("Kling", "2.1");
  EXPECT_FALSE(window.HasRoom(At(6)));
  window.Prove();
  EXPECT_EQ(window.limit(At(12)), 3u);
}

TEST(Window, GoesBackToWhatIsProvedAfterARefusalAndProbesLater) {
  Window window(Limits{});
  for (int i = 0; i < 3; ++i) {
    window.Enter("Kling", "2.1");
    window.Prove();
  }
  window.Enter("Kling", "2.1");
  window.Refuse(At(20));
  window.Leave("Kling", "2.1", false);
  EXPECT_EQ(window.limit(At(20)), 3u);
  EXPECT_FALSE(window.HasRoom(At(20)));
  EXPECT_EQ(window.NextOpening(At(20)), At(80));
  EXPECT_TRUE(window.HasRoom(At(80)));
  window.Enter("Kling", "2.1");
  window.Refuse(At(90));
  EXPECT_EQ(window.NextOpening(At(90)), At(210));  // doubled
}

TEST(Window, CountsOneBurstOfRefusalsOnce) {
  Window window(Limits{});
  window.Refuse(At(1));
  window.Refuse(At(2));
  EXPECT_EQ(window.NextOpening(At(2)), At(61));
}

TEST(Window, WaitsAfterARefusalOfAFixedNumberUntilASlotIsFree) {
  Window window(Fixed(4));
  window.Enter("Kling", "2.1");
  window.Enter("Kling", "2.1");
  window.Refuse(At(5));
  EXPECT_FALSE(window.HasRoom(At(6)));
  EXPECT_TRUE(window.HasRoom(At(35)));
  window.Refuse(At(40));
  window.Leave("Kling", "2.1", true);
  EXPECT_TRUE(window.HasRoom(At(41)));
}

TEST(Window, NeverWaitsForeverWithNothingInFlight) {
  Window window(Limits{});
  window.Enter("Kling", "2.1");
  window.Refuse(At(5));
  window.Leave("Kling", "2.1", false);
  ASSERT_TRUE(window.NextOpening(At(6)).has_value() || window.HasRoom(At(6)));
  EXPECT_TRUE(window.HasRoom(At(65)));
}

TEST(Window, KeepsWhatIsInFlightAndProvedWhenItsNumbersChange) {
  Window window(Fixed(3));
  for (int i = 0; i < 3; ++i) {
    window.Enter("Kling", "2.1");
    window.Prove();
  }
  Limits limits = Fixed(5);
  limits.per_model = {{"Kling", 3}};
  window.SetLimits(limits);
  EXPECT_EQ(window.limit(At(0)), 5u);
  EXPECT_FALSE(window.HasRoom("Kling", "2.1", At(0)));  // counted before it had a limit
  EXPECT_TRUE(window.HasRoom("Vidu", "q2", At(0)));
  window.SetLimits(Fixed(2));
  EXPECT_FALSE(window.HasRoom(At(0)));
  EXPECT_TRUE(window.FullModels().empty());
  window.SetLimits(Limits{});
  EXPECT_EQ(window.limit(At(0)), 4u);  // three are proved
}

}  // namespace
}  // namespace aigc::pipeline
