#include "pipeline/plan_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;

Plan Of(std::int64_t kling, std::int64_t vidu = 0) {
  Plan plan;
  const auto add = [&](const char* model, std::int64_t count) {
    if (count == 0) return;
    ModelWork work{Kind::kVideo, model, "2", {}};
    work.work.tasks = work.work.submissions = count;
    plan.models.push_back(work);
    plan.work.tasks += count;
    plan.work.submissions += count;
  };
  add("Kling", kling);
  add("Vidu", vidu);
  return plan;
}

TEST(LeastTimeOfAPlan, IsNothingWithoutSubmissions) {
  const LeastTime least = ComputeLeastTime({}, {}, {});
  EXPECT_EQ(least.time, Millis{0});
  EXPECT_EQ(least.basis, "");
}

TEST(LeastTimeOfAPlan, ComesFromTheRateWhileGenerationTimesAreUnknown) {
  Limits limits;
  limits.submit_rate = 16;
  limits.max_in_flight = 1;
  const LeastTime least = ComputeLeastTime(Of(1601), limits, {});
  EXPECT_EQ(least.time, Seconds{100});
  EXPECT_FALSE(least.generations_known);
  EXPECT_THAT(least.basis, HasSubstr("1601 create requests at 16 a second"));
  EXPECT_THAT(least.basis, HasSubstr("not known yet"));
}

TEST(LeastTimeOfAPlan, ComesFromTheWindowWhenGenerationTimesAreKnown) {
  Limits limits;
  limits.max_in_flight = 10;
  const LeastTime least = ComputeLeastTime(Of(100), limits, {{"Kling", "2", Seconds{60}, 40}});
  EXPECT_EQ(least.time, Seconds{600});
  EXPECT_TRUE(least.generations_known);
  EXPECT_THAT(least.basis, HasSubstr("10 at a time"));
}

TEST(LeastTimeOfAPlan, HoldsABoundOfOneModel) {
  Limits limits;
  limits.max_in_flight = 10;
  limits.per_model["Kling"] = 2;
  const LeastTime least = ComputeLeastTime(
      Of(100, 10), limits, {{"Kling", "2", Seconds{60}, 40}, {"Vidu", "2", Seconds{60}, 40}});
  EXPECT_EQ(least.time, Seconds{3000});
  EXPECT_THAT(least.basis, HasSubstr("2 of Kling at a time"));
}

TEST(LeastTimeOfAPlan, SaysWhichModelIsNotKnown) {
  Limits limits;
  limits.max_in_flight = 1;
  const LeastTime least = ComputeLeastTime(Of(2, 5), limits, {{"Kling", "2", Seconds{60}, 40}});
  EXPECT_EQ(least.time, Seconds{120});
  EXPECT_FALSE(least.generations_known);
  EXPECT_THAT(least.basis, HasSubstr("how long Vidu/2 takes is not known yet"));
}

TEST(LeastTimeOfAPlan, DoesNotPretendToKnowTheAccountsWindow) {
  const LeastTime least = ComputeLeastTime(Of(2), {}, {{"Kling", "2", Seconds{60}, 40}});
  EXPECT_GE(least.time, Seconds{60});
  EXPECT_THAT(least.basis, HasSubstr("found out by the run"));
  EXPECT_THAT(least.basis, Not(HasSubstr("not known yet")));
}

}  // namespace
}  // namespace aigc::pipeline
