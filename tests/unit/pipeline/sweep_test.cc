#include "pipeline/sweep.h"

#include <gtest/gtest.h>

namespace aigc::pipeline {
namespace {

constexpr WallTime kAfter{Seconds{1000}};
constexpr WallTime kBefore{Seconds{5000}};

api::TaskSummary Task(std::string id, std::string session, std::string context,
                      int created = 2000) {
  api::TaskSummary task;
  task.task_id = std::move(id);
  task.session_id = std::move(session);
  task.session_context = std::move(context);
  task.created = WallTime{Seconds{created}};
  return task;
}

const Wanted kFirst{1, "s1", "c1"};
const Wanted kSecond{2, "s2", "c2"};

TEST(Sweep, AsksForTheSpanAndGoesOnWithTheToken) {
  Sweep sweep({kFirst}, kAfter, kBefore);
  EXPECT_EQ(sweep.NextPage().after, kAfter);
  EXPECT_EQ(sweep.NextPage().before, kBefore);
  EXPECT_TRUE(sweep.NextPage().ascending);
  EXPECT_FALSE(sweep.Take({{Task("t9", "x", "y")}, "token-1"}));
  EXPECT_EQ(sweep.NextPage().scroll_token, "token-1");
}

TEST(Sweep, EndsAtAnEmptyTokenAnEmptyPageOrARepeatedToken) {
  Sweep one({kFirst}, kAfter, kBefore);
  EXPECT_TRUE(one.Take({{Task("t", "x", "y")}, ""}));
  Sweep two({kFirst}, kAfter, kBefore);
  EXPECT_TRUE(two.Take({{}, "token"}));
  Sweep three({kFirst}, kAfter, kBefore);
  EXPECT_FALSE(three.Take({{Task("t", "x", "y")}, "token"}));
  EXPECT_TRUE(three.Take({{Task("t", "x", "y")}, "token"}));
}

TEST(Sweep, FindsEachByItsSessionId) {
  Sweep sweep({kFirst, kSecond}, kAfter, kBefore);
  sweep.Take({{Task("ta", "s2", "c2"), Task("tb", "other", "c9")}, ""});
  EXPECT_EQ(sweep.Found(kFirst), nullptr);
  ASSERT_NE(sweep.Found(kSecond), nullptr);
  EXPECT_EQ(sweep.Found(kSecond)->task_id, "ta");
}

TEST(Sweep, IgnoresATaskWhoseContextIsNotOurs) {
  Sweep sweep({kFirst}, kAfter, kBefore);
  sweep.Take({{Task("ta", "s1", "another batch")}, ""});
  EXPECT_EQ(sweep.Found(kFirst), nullptr);
}

TEST(Sweep, FindsByContextWhereTheListLeavesTheSessionIdOut) {
  Sweep sweep({kFirst}, kAfter, kBefore);
  sweep.Take({{Task("ta", "", "c1")}, ""});
  ASSERT_NE(sweep.Found(kFirst), nullptr);
}

TEST(Sweep, TakesTheEarliestOfSeveral) {
  Sweep sweep({kFirst}, kAfter, kBefore);
  sweep.Take({{Task("late", "s1", "c1", 3000), Task("early", "s1", "c1", 2500)}, ""});
  EXPECT_EQ(sweep.Found(kFirst)->task_id, "early");
}

}  // namespace
}  // namespace aigc::pipeline
