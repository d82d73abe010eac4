#include "cli/live_source.h"

#include <gtest/gtest.h>

#include "unit/report/rows_reader.h"

namespace aigc::cli {
namespace {

// A reader that also tells what is going on.
class Reader final : public report::RowsReader {
 public:
  store::Activity activity;
  Expiring expiring;
  mutable int looks = 0;
  Result<store::Activity> RecentActivity(WallTime since, std::size_t) override {
    since_ = since;
    return activity;
  }
  Result<Expiring> FindExpiring(WallTime, WallTime) override {
    ++looks;
    return expiring;
  }
  WallTime since_{};
};

const WallTime kNow = FromUnixMillis(1787212805000);

TEST(LiveSource, BringsStateTimesAndFailuresTogether) {
  Reader reader;
  reader.Add("a").row.state = TaskState::kSucceeded;
  reader.Add("b").row.state = TaskState::kRunning;
  reader.Add("c").row.state = TaskState::kSubmitting;
  reader.Add("d").row.state = TaskState::kBlocked;
  reader.Add("e");
  reader.times = {{"Kling", "2.1", Seconds{60}, 9, Seconds{60}, Seconds{50}, Seconds{70}}};
  reader.activity.running = {{"Kling", "2.1", kNow - Seconds{20}}};
  reader.activity.oldest_accepted = kNow - std::chrono::hours{70};
  reader.activity.failures = {{"x", "Code", "no", TaskState::kLost, kNow}};
  reader.activity.sent = 4;
  reader.expiring = {3, kNow + std::chrono::hours{5}};
  LiveSource source(reader, {});
  LiveView view;
  ASSERT_TRUE(source.Read(kNow, view).ok());
  EXPECT_EQ(view.counts.at(TaskState::kPending), 1);
  EXPECT_EQ(view.sent, 4);
  EXPECT_EQ(reader.since_, kNow - Seconds{60});
  EXPECT_EQ(view.task_leaves_in, std::chrono::hours{2});
  EXPECT_EQ(view.result_expires_in, std::chrono::hours{5});
  ASSERT_EQ(view.failures.size(), 1U);
  EXPECT_EQ(view.failures[0].what, "lost");
  ASSERT_EQ(view.left.size(), 1U);
  EXPECT_EQ(view.left[0].waiting, 3);  // blocked, pending, and the one on its way there
  EXPECT_EQ(view.left[0].blocked, 1);
  ASSERT_EQ(view.left[0].generating.size(), 1U);
  EXPECT_EQ(view.left[0].generating[0], Seconds{20});

  pipeline::Limits limits;
  limits.max_in_flight = 2;
  AssumeLimits(limits, view);
  EXPECT_EQ(view.slots_used, 2U);
  EXPECT_EQ(view.slots, 2U);
  EXPECT_TRUE(view.eta.known);
  EXPECT_GT(view.eta.high, Seconds{100});
}

TEST(TakeProgress, LeavesOutWhatAFetchHasNot) {
  LiveView view;
  view.left = {{"Kling", "2.1", 3, 0, {}}};
  view.learnt = {{"Kling", "2.1", Seconds{60}, 9, Seconds{60}, Seconds{50}, Seconds{70}}};
  pipeline::Progress progress;
  pipeline::Limits limits;
  limits.max_in_flight = 1;
  progress.limits = &limits;
  progress.window = 1;
  TakeProgress(progress, view);
  EXPECT_TRUE(view.eta.known);
  EXPECT_FALSE(view.slots_found_out);
  progress.limits = nullptr;
  TakeProgress(progress, view);
  EXPECT_FALSE(view.submits);
  EXPECT_FALSE(view.eta.known);
}

TEST(LiveSource, LooksForResultsThatExpireOnlyNowAndThen) {
  Reader reader;
  LiveSource source(reader, {});
  LiveView view;
  reader.expiring = {1, kNow + Seconds{100}};
  for (int second = 0; second < 15; ++second) {
    ASSERT_TRUE(source.Read(kNow + Seconds{second}, view).ok());
    EXPECT_EQ(view.result_expires_in, Seconds{100 - second});
  }
  EXPECT_EQ(reader.looks, 1);
  ASSERT_TRUE(source.Read(kNow + Seconds{15}, view).ok());
  EXPECT_EQ(reader.looks, 2);
  // A clock that was set back does not put it off.
  ASSERT_TRUE(source.Read(kNow - Seconds{900}, view).ok());
  EXPECT_EQ(reader.looks, 3);
}

TEST(LiveSource, TakesLearntTimesFromWhereItIsTold) {
  Reader reader;
  LiveSource source(reader, {}, [] {
    return std::vector<store::GenerationTime>{{"Vidu", "q1", Seconds{5}, 1}};
  });
  LiveView view;
  ASSERT_TRUE(source.Read(kNow, view).ok());
  ASSERT_EQ(view.learnt.size(), 1U);
  EXPECT_EQ(view.learnt[0].model, "Vidu");
}

}  // namespace
}  // namespace aigc::cli
