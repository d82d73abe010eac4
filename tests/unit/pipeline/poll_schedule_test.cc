#include "pipeline/poll_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/finish_sweep.h"

namespace aigc::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr WallTime kDay{Seconds{1'787'212'800}};
SteadyTime At(int seconds) { return SteadyTime{Seconds{seconds}}; }

store::TimingRow Took(std::initializer_list<int> seconds, int times = 1) {
  store::TimingRow timing;
  for (int i = 0; i < times; ++i) {
    for (const int each : seconds) Learn(timing, Seconds{each});
  }
  return timing;
}

TEST(PollSchedule, AClassIsLearntFromAFewTasksOn) {
  EXPECT_FALSE(Expect(Took({60, 60, 60, 60})).has_value());
  const auto expected = Expect(Took({60, 60, 60, 60, 60}));
  ASSERT_TRUE(expected.has_value());
  EXPECT_GE(expected->first, Seconds{60});
  EXPECT_LE(expected->most, Millis{60'700});
}

TEST(PollSchedule, WhatIsLearntIsLookedAtWhenItIsUsuallyDone) {
  Limits limits;
  const LookPlan plan{Expect(Took({60, 80, 100, 120, 140, 160, 180}, 5))};
  const Millis first = FirstLook(limits, plan);
  EXPECT_GE(first, Seconds{60});
  EXPECT_LE(first, Seconds{61});
  EXPECT_GE(NextLook(limits, plan, Seconds{90}), limits.look_every);
  EXPECT_LE(NextLook(limits, plan, Seconds{90}), Seconds{3});
  // The longer it takes beyond all that were seen, the rarer.
  EXPECT_LT(NextLook(limits, plan, Seconds{200}), NextLook(limits, plan, Seconds{260}));
  EXPECT_EQ(NextLook(limits, plan, Seconds{1000}), Seconds{30});
  EXPECT_EQ(NextLook(limits, plan, std::chrono::hours{3}), std::chrono::minutes{5});
}

TEST(PollSchedule, AProbeIsLookedAtEarlyAllTheSame) {
  Limits limits;
  LookPlan plan{Expect(Took({180}, 10))};
  EXPECT_GE(FirstLook(limits, plan), Seconds{180});
  plan.early = true;
  EXPECT_EQ(FirstLook(limits, plan), limits.first_look);
}

TEST(PollSchedule, WhereTheListTellsATaskIsStillLookedAtOnceByItself) {
  Limits limits;
  const LookPlan plan{Expect(Took({100}, 10)), false, true};
  const Millis late = FirstLook(limits, plan);
  EXPECT_GT(late, Seconds{150});
  EXPECT_LT(late, Seconds{200});
  EXPECT_EQ(NextLook(limits, plan, late + Seconds{1}), Seconds{30});
}

TEST(PollSchedule, WhatIsNewCountsMore) {
  store::TimingRow timing = Took({60}, 190);
  for (int i = 0; i < 400; ++i) Learn(timing, Seconds{120});
  EXPECT_GE(Expect(timing)->half, Seconds{120});
}

TEST(PollSchedule, ClassesAreToldApart) {
  TaskSpec spec;
  spec.model = "Vidu";
  spec.version = "q2";
  spec.duration = 5;
  spec.resolution = "720P";
  const std::string plain = TimingClass(spec);
  EXPECT_EQ(plain, "video Vidu/q2 5s 720P");
  spec.off_peak = true;
  EXPECT_NE(TimingClass(spec), plain);
}

api::TaskPage Page(std::vector<std::pair<std::string, int>> tasks, std::string token = "") {
  api::TaskPage page;
  for (auto& [id, finished] : tasks) {
    api::TaskSummary task;
    task.task_id = id;
    task.finished = kDay + Seconds{finished};
    page.tasks.push_back(std::move(task));
  }
  page.scroll_token = std::move(token);
  return page;
}

bool IsOurs(const std::string& id) { return id.starts_with("ours"); }

// One that has shown one of ours that ended at second 100.
FinishSweep Trusted() {
  FinishSweep sweep;
  sweep.Ended("ended", kDay + Seconds{100}, false, At(1));
  sweep.Begin(Seconds{2}, kDay, At(2));
  sweep.Take(Page({{"ended", 100}}), IsOurs, At(3));
  return sweep;
}

// Five pages, the most of one sweep, with more behind them; task `page` ends at `begin` + page *
// `apart`.
void ReadFivePages(FinishSweep& sweep, int begin, int apart, int now) {
  sweep.Begin(Seconds{2}, kDay, At(now));
  for (int page = 0; page < 5; ++page) {
    ASSERT_TRUE(sweep.trusted()) << "page " << page;
    sweep.Take(Page({{"ours", begin + page * apart}}, "token" + std::to_string(page)), IsOurs,
               At(now));
    if (page < 4) sweep.Begin(Seconds{2}, kDay, At(now));
  }
}

TEST(FinishSweep, IsLeftWhereMoreEndsInItsOverlapThanItReads) {
  FinishSweep sweep = Trusted();
  ReadFivePages(sweep, 1, 1, 4);  // the two minutes before; what is new comes with the next
  ASSERT_TRUE(sweep.trusted());
  ReadFivePages(sweep, 96, 1, 6);  // up to second 100, where the last one came to as well
  EXPECT_FALSE(sweep.trusted());
  const auto due = sweep.Due(100);
  EXPECT_TRUE(!due || *due > At(60));  // not again at once
}

TEST(FinishSweep, ReadsOnWhereASweepEndedThatCameForward) {
  FinishSweep sweep = Trusted();
  ReadFivePages(sweep, 1, 1, 4);
  ReadFivePages(sweep, 96, 10, 6);  // up to second 136
  EXPECT_TRUE(sweep.trusted());
  const api::ListRequest next = sweep.Begin(Seconds{2}, kDay, At(8));
  EXPECT_EQ(next.after, kDay + Seconds{131});
}

TEST(FinishSweep, IsTrustedOnlyAfterItShowedOneOfOurs) {
  FinishSweep sweep;
  EXPECT_FALSE(sweep.Due(100).has_value());  // nothing to be shown yet
  sweep.Ended("ended", kDay + Seconds{100}, false, At(1));
  EXPECT_FALSE(sweep.Due(FinishSweep::kBulk - 1).has_value());
  ASSERT_TRUE(sweep.Due(FinishSweep::kBulk).has_value());
  const api::ListRequest request = sweep.Begin(Seconds{2}, kDay + Seconds{110}, At(2));
  EXPECT_EQ(request.status, "FINISH");
  EXPECT_EQ(request.field, api::ListRequest::Field::kFinishTime);
  EXPECT_TRUE(request.ascending);
  EXPECT_LE(request.after, kDay + Seconds{100});
  EXPECT_FALSE(sweep.Due(100).has_value());  // on the way
  EXPECT_THAT(sweep.Take(Page({{"foreign", 101}}), IsOurs, At(3)), IsEmpty());
  EXPECT_FALSE(sweep.trusted());
  EXPECT_TRUE(Trusted().trusted());
}

TEST(FinishSweep, TellsWhichOfOursEndedAndGoesOnFromTheNewest) {
  FinishSweep sweep = Trusted();
  EXPECT_EQ(sweep.Due(20), At(4));
  sweep.Begin(Seconds{2}, kDay, At(4));
  EXPECT_THAT(
      sweep.Take(Page({{"ours-1", 400}, {"foreign", 401}, {"ours-2", 402}}, "more"), IsOurs, At(5)),
      ElementsAre("ours-1", "ours-2"));
  ASSERT_TRUE(sweep.Due(20).has_value());
  EXPECT_LE(*sweep.Due(20), At(5));
  const api::ListRequest second = sweep.Begin(Seconds{2}, kDay, At(5));
  EXPECT_EQ(second.scroll_token, "more");
  sweep.Take(Page({{"ours-3", 403}}), IsOurs, At(6));
  EXPECT_EQ(sweep.Due(20), At(6));
  const api::ListRequest next = sweep.Begin(Seconds{2}, kDay, At(6));
  EXPECT_EQ(next.after, kDay + Seconds{403 - 5});
  sweep.Take(Page({}), IsOurs, At(7));
  // Now and then with the wide margin.
  EXPECT_EQ(sweep.Begin(Seconds{2}, kDay, At(40)).after, kDay + Seconds{403 - 120});
}

TEST(FinishSweep, AListThatMissesTasksLosesItsTrustForAWhile) {
  FinishSweep sweep = Trusted();
  sweep.Begin(Seconds{2}, kDay, At(4));
  sweep.Take(Page({{"ours-1", 900}}), IsOurs, At(5));
  EXPECT_FALSE(sweep.Ended("late-1", kDay + Seconds{500}, false, At(6)));
  EXPECT_FALSE(sweep.Ended("late-2", kDay + Seconds{500}, false, At(6)));
  EXPECT_TRUE(sweep.Ended("late-3", kDay + Seconds{500}, false, At(6)));
  EXPECT_FALSE(sweep.trusted());
  sweep.Ended("later", kDay + Seconds{910}, false, At(7));
  EXPECT_EQ(sweep.Due(100), At(606));
}

TEST(FinishSweep, ThreeTrialsInVainAreEnough) {
  FinishSweep sweep;
  for (int trial = 0; trial < 3; ++trial) {
    sweep.Ended("ended", kDay + Seconds{100}, false, At(20 * trial));
    sweep.Begin(Seconds{2}, kDay, At(20 * trial + 15));
    sweep.Take(Page({}), IsOurs, At(20 * trial + 16));
  }
  sweep.Ended("ended", kDay + Seconds{200}, false, At(60));
  EXPECT_GE(*sweep.Due(100), At(600));
}

}  // namespace
}  // namespace aigc::pipeline
