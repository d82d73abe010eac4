#include "task/task_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace aigc {
namespace {

using enum TaskState;

TEST(TaskState, HasANameOfItsOwnThatReadsBack) {
  std::set<std::string_view> names;
  for (const TaskState state : kAllTaskStates) {
    names.insert(Name(state));
    EXPECT_EQ(ParseTaskState(Name(state)), state);
  }
  EXPECT_EQ(names.size(), kAllTaskStates.size());
  EXPECT_EQ(Name(kWaitingRetry), "waiting_retry");
  EXPECT_EQ(ParseTaskState("Pending"), std::nullopt);
  EXPECT_EQ(ParseTaskState(""), std::nullopt);
}

TEST(TaskState, NeverFollowsItself) {
  for (const TaskState state : kAllTaskStates) EXPECT_FALSE(MayFollow(state, state)) << Name(state);
}

TEST(TaskState, IsSubmittedOnlyFromTheQueue) {
  for (const TaskState from : kAllTaskStates) {
    EXPECT_EQ(MayFollow(from, kSubmitting), from == kPending || from == kWaitingRetry)
        << Name(from);
  }
}

TEST(TaskState, RunsOnlyAfterItMayHaveBeenAccepted) {
  for (const TaskState never_sent : {kPending, kBlocked, kSkipped, kWaitingRetry, kSucceeded}) {
    EXPECT_FALSE(MayFollow(never_sent, kRunning)) << Name(never_sent);
  }
  EXPECT_TRUE(MayFollow(kSubmitting, kRunning));
  EXPECT_TRUE(MayFollow(kLost, kRunning)) << "found after all";
  EXPECT_TRUE(MayFollow(kFailed, kRunning)) << "overdue, and found to go on";
}

TEST(TaskState, IsNeverSubmittedAgainOnceAcceptedWithoutAnEnd) {
  // A running task goes back only by way of waiting_retry, which follows a failure.
  EXPECT_FALSE(MayFollow(kRunning, kPending));
  EXPECT_FALSE(MayFollow(kRunning, kSubmitting));
  EXPECT_FALSE(MayFollow(kDownloading, kPending));
  EXPECT_FALSE(MayFollow(kDownloading, kWaitingRetry));
  EXPECT_FALSE(MayFollow(kLost, kSubmitting));
  EXPECT_FALSE(MayFollow(kLost, kWaitingRetry));
}

TEST(TaskState, IsLostOnlyWhenItMayHaveBeenAccepted) {
  for (const TaskState from : kAllTaskStates) {
    EXPECT_EQ(MayFollow(from, kLost), from == kSubmitting || from == kRunning) << Name(from);
  }
}

TEST(TaskState, IsSkippedOnlyBeforeItIsSent) {
  for (const TaskState from : kAllTaskStates) {
    EXPECT_EQ(MayFollow(from, kSkipped),
              from == kPending || from == kBlocked || from == kWaitingRetry)
        << Name(from);
  }
}

TEST(TaskState, CanAlwaysReachAnEndAndBeWantedAgain) {
  for (const TaskState start : kAllTaskStates) {
    std::set<TaskState> reached = {start};
    for (std::size_t before = 0; before != reached.size();) {
      before = reached.size();
      for (const TaskState from : std::set<TaskState>(reached)) {
        for (const TaskState to : kAllTaskStates) {
          if (MayFollow(from, to)) reached.insert(to);
        }
      }
    }
    EXPECT_TRUE(reached.count(kSucceeded)) << Name(start);
    EXPECT_TRUE(reached.count(kPending)) << Name(start);
  }
}

TEST(TaskState, KnowsItsEndsAndWhatHoldsASlot) {
  std::set<TaskState> ends;
  std::set<TaskState> slots;
  for (const TaskState state : kAllTaskStates) {
    if (IsFinal(state)) ends.insert(state);
    if (HoldsSlot(state)) slots.insert(state);
  }
  EXPECT_EQ(ends, (std::set<TaskState>{kSucceeded, kFailed, kSkipped, kCancelled, kLost}));
  EXPECT_EQ(slots, (std::set<TaskState>{kSubmitting, kRunning}));
}

}  // namespace
}  // namespace aigc
