#include "pipeline/eta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace aigc::pipeline {
namespace {

store::GenerationTime Learnt(const std::string& model, int quick, int mean, int slow,
                             std::int64_t tasks = 50) {
  return {model, "1", Seconds{mean}, tasks, Seconds{mean}, Seconds{quick}, Seconds{slow}};
}

WorkLeft Left(const std::string& model, std::int64_t waiting, std::vector<Millis> generating = {}) {
  return {model, "1", waiting, 0, std::move(generating)};
}

TEST(EstimateRest, OfNothingIsZero) {
  const Eta eta = EstimateRest({Left("Kling", 0)}, {}, 4, {});
  EXPECT_TRUE(eta.known);
  EXPECT_EQ(eta.high, Millis{0});
}

TEST(EstimateRest, IsNotKnownBeforeATaskOfEachModelHasFinished) {
  const Eta eta = EstimateRest({Left("Kling", 9), Left("Vidu", 0, {Seconds{5}})},
                               {Learnt("Kling", 1, 2, 3)}, 4, {});
  EXPECT_FALSE(eta.known);
  EXPECT_EQ(eta.unlearnt, "Vidu/1");
  EXPECT_EQ(EtaText(eta), "");
  // What is known of the rest holds at least.
  const Eta partly =
      EstimateRest({Left("Kling", 90), Left("Vidu", 1)}, {Learnt("Kling", 55, 60, 65)}, 4, {});
  EXPECT_FALSE(partly.known);
  EXPECT_GE(partly.low, std::chrono::minutes{20});
  EXPECT_LE(partly.low, std::chrono::minutes{23});
  EXPECT_THAT(EtaText(partly), testing::StartsWith("at least 2"));
}

TEST(EstimateRest, HoldsWhatASimulatedRestTakes) {
  // 200 tasks of 60 to 180 s on 8 slots, by hand: each slot takes the next one.
  int inside = 0;
  constexpr int kTries = 200;
  const Eta eta = EstimateRest({Left("Kling", 200)}, {Learnt("Kling", 72, 120, 168)}, 8, {});
  for (int seed = 0; seed < kTries; ++seed) {
    Random random(static_cast<std::uint64_t>(seed));
    std::vector<double> free_at(8, 0.0);
    for (int i = 0; i < 200; ++i) {
      std::pop_heap(free_at.begin(), free_at.end(), std::greater<>());
      free_at.back() += 60 + 120 * random.Unit();
      std::push_heap(free_at.begin(), free_at.end(), std::greater<>());
    }
    const double took = *std::max_element(free_at.begin(), free_at.end());
    const double low = static_cast<double>(eta.low.count()) / 1000;
    const double high = static_cast<double>(eta.high.count()) / 1000;
    if (took >= low && took <= high) ++inside;
  }
  EXPECT_GE(inside, kTries * 4 / 5);
  EXPECT_LT(eta.high, eta.low * 5 / 4);  // a range that says something
}

TEST(EstimateRest, GrowsNarrowerWithWhatIsLearnt) {
  const auto width = [](std::int64_t samples) {
    const Eta eta =
        EstimateRest({Left("Kling", 400)}, {Learnt("Kling", 100, 120, 140, samples)}, 8, {});
    return eta.high - eta.low;
  };
  EXPECT_GT(width(1), width(10) * 2);
  EXPECT_GT(width(10), width(1000));
}

TEST(EstimateRest, CountsHowLongTheRunningOnesHaveBeenAtIt) {
  const std::vector<store::GenerationTime> learnt = {Learnt("Kling", 90, 100, 110)};
  const Eta fresh = EstimateRest({Left("Kling", 0, {Seconds{0}})}, learnt, 4, {});
  const Eta late = EstimateRest({Left("Kling", 0, {Seconds{80}})}, learnt, 4, {});
  EXPECT_GE(fresh.low, Seconds{85});
  EXPECT_LE(fresh.high, Seconds{115});
  EXPECT_LE(late.low, Seconds{11});
  EXPECT_LE(late.high, Seconds{35});
  // One that is slower than all before does not make the rest negative.
  const Eta slow = EstimateRest({Left("Kling", 0, {Seconds{500}})}, learnt, 4, {});
  EXPECT_EQ(slow.low, Millis{0});
  EXPECT_GT(slow.high, Seconds{10});
}

TEST(EstimateRest, ObeysTheTightestBound) {
  const std::vector<store::GenerationTime> learnt = {Learnt("Kling", 100, 100, 100, 1000),
                                                     Learnt("Vidu", 10, 10, 10, 1000)};
  const std::vector<WorkLeft> left = {Left("Kling", 10), Left("Vidu", 10)};
  Limits limits;
  EXPECT_LT(EstimateRest(left, learnt, 20, limits).high, Seconds{220});
  limits.per_model["Kling/1"] = 1;
  EXPECT_GE(EstimateRest(left, learnt, 20, limits).low, Seconds{950});
  limits.per_model.clear();
  limits.submit_rate = 0.01;
  EXPECT_GE(EstimateRest(left, learnt, 20, limits).low, Seconds{1900});
}

TEST(EstimateRest, LeavesTimeForOneStageAfterAnother) {
  WorkLeft chain = Left("Kling", 1, {Seconds{0}});
  const std::vector<store::GenerationTime> learnt = {Learnt("Kling", 100, 100, 100, 1000)};
  const Millis plain = EstimateRest({chain}, learnt, 4, {}).high;
  chain.blocked = 1;
  EXPECT_GT(EstimateRest({chain}, learnt, 4, {}).high, plain);
  EXPECT_GE(EstimateRest({chain}, learnt, 4, {}).high, Seconds{200});
}

TEST(EtaText, IsRounded) {
  const auto text = [](int low, int high) {
    return EtaText({true, Seconds{low}, Seconds{high}, {}});
  };
  EXPECT_EQ(text(0, 8), "a few seconds");
  EXPECT_EQ(text(3, 41), "up to 45s");
  EXPECT_EQ(text(33, 41), "30s to 45s");
  EXPECT_EQ(text(723, 899), "12m to 15m");
  EXPECT_EQ(text(720, 720), "about 12m");
  EXPECT_EQ(text(8000, 11000), "2h10m to 3h10m");
}

}  // namespace
}  // namespace aigc::pipeline
