#include "pipeline/backoff.h"

#include <gtest/gtest.h>

#include "pipeline/poll_schedule.h"

namespace aigc::pipeline {
namespace {

TEST(Backoff, DoublesUpToItsCap) {
  EXPECT_EQ(Doubling(0, Seconds{1}, Seconds{30}), Seconds{1});
  EXPECT_EQ(Doubling(3, Seconds{1}, Seconds{30}), Seconds{8});
  EXPECT_EQ(Doubling(5, Seconds{1}, Seconds{30}), Seconds{30});
  EXPECT_EQ(Doubling(1000, Seconds{1}, Seconds{30}), Seconds{30});
}

TEST(Backoff, DrawsFromZeroToTheWholeWait) {
  EXPECT_EQ(FullJitter(2, Seconds{1}, Seconds{30}, 0.0), Millis{0});
  EXPECT_EQ(FullJitter(2, Seconds{1}, Seconds{30}, 0.5), Seconds{2});
  EXPECT_LT(FullJitter(9, Seconds{1}, Seconds{30}, 0.999), Seconds{30});
}

TEST(Backoff, KeepsItsFloor) {
  EXPECT_EQ(FullJitter(0, Seconds{1}, Seconds{30}, 0.0, Millis{200}), Millis{200});
}

TEST(PollSchedule, GrowsWithTheTasksAge) {
  const Limits limits;
  EXPECT_EQ(FirstLook(limits, {}), Seconds{6});
  EXPECT_EQ(NextLook(limits, {}, Seconds{6}), Seconds{2});
  EXPECT_EQ(NextLook(limits, {}, Seconds{100}), Seconds{10});
  EXPECT_EQ(NextLook(limits, {}, std::chrono::minutes{30}), Seconds{30});
  EXPECT_EQ(NextLook(limits, {}, std::chrono::hours{5}), std::chrono::minutes{5});
}

TEST(PollSchedule, NeverLooksOftenerThanTheUserSaid) {
  Limits limits;
  limits.look_every = Seconds{45};
  EXPECT_EQ(NextLook(limits, {}, Seconds{10}), Seconds{45});
}

}  // namespace
}  // namespace aigc::pipeline
