#include "cli/exit_code.h"

#include <gtest/gtest.h>

#include <csignal>

namespace aigc::cli {
namespace {

TEST(ExitCode, OfErrorsIsAsDocumented) {
  EXPECT_EQ(ExitCodeOf(ErrorCode::kUsage), 2);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kManifest), 2);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kInvalid), 2);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kNotFound), 2);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kCredentials), 3);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kAccount), 4);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kStateLocked), 5);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kStateDamaged), 5);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kStateNewer), 5);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kStateForeign), 5);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kStateMissing), 5);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kStateUnusable), 5);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kDiskFull), 6);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kNoPermission), 6);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kIo), 6);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kUnreachable), 7);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kUntrusted), 7);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kInterrupted), 130);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kInternal), 70);
}

pipeline::RunResult Ended(pipeline::StopReason reason, store::StateCounts counts = {}) {
  pipeline::RunResult result;
  result.reason = reason;
  result.counts = std::move(counts);
  return result;
}

TEST(ExitCode, OfAFinishedRunIsZeroOnlyWhenEveryTaskSucceeded) {
  using pipeline::StopReason;
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kFinished, {{TaskState::kSucceeded, 5}}), 0), 0);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kFinished), 0), 0);
  for (const TaskState state : kAllTaskStates) {
    if (state == TaskState::kSucceeded) continue;
    const auto mixed = Ended(StopReason::kFinished, {{TaskState::kSucceeded, 5}, {state, 1}});
    EXPECT_EQ(ExitCodeOf(mixed, 0), 1) << Name(state);
    const auto none = Ended(StopReason::kFinished, {{TaskState::kSucceeded, 5}, {state, 0}});
    EXPECT_EQ(ExitCodeOf(none, 0), 0) << Name(state);
  }
}

TEST(ExitCode, OfAStoppedRunTellsWhyWhateverFailed) {
  using pipeline::StopReason;
  const store::StateCounts failed = {{TaskState::kFailed, 3}};
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kInterrupted, failed), SIGINT), 130);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kInterrupted, failed), SIGTERM), 143);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kCredentials, failed), 0), 3);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kAccount, failed), 0), 4);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kStopAfter, failed), 0), 4);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kCanary, failed), 0), 4);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kListed, failed), 0), 5);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kUnreachable, failed), 0), 7);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kUntrusted, failed), 0), 7);
  EXPECT_EQ(ExitCodeOf(Ended(StopReason::kLocal, failed), 0), 6);
}

}  // namespace
}  // namespace aigc::cli
