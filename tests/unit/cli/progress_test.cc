#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/captured_console.h"

namespace aigc::cli {
namespace {

using testing::HasSubstr;

pipeline::Progress At(Micros ticks) {
  pipeline::Progress progress;
  progress.ticks = SteadyTime{ticks};
  progress.changed = true;
  return progress;
}

pipeline::TaskEvent Failure() {
  pipeline::TaskEvent event;
  event.id = "fox";
  event.from = TaskState::kRunning;
  event.to = TaskState::kFailed;
  event.error_code = "InternalError";
  event.error_message = "the picture is too small";
  event.request_id = "r-1";
  event.advice = "use a larger one";
  return event;
}

TEST(ProgressText, TellsWhatIsDoneWhatRunsAndWhatWaits) {
  const store::StateCounts counts = {{TaskState::kSucceeded, 11}, {TaskState::kFailed, 1},
                                     {TaskState::kRunning, 8},    {TaskState::kPending, 100},
                                     {TaskState::kBlocked, 70},   {TaskState::kWaitingRetry, 7},
                                     {TaskState::kSubmitting, 1}, {TaskState::kDownloading, 2}};
  pipeline::Progress progress;
  progress.in_flight = 9;
  progress.window = 10;
  EXPECT_EQ(ProgressText(counts, progress, Seconds{65}),
            "12/200 done, 1 failed, 9 of 10 generating, 2 downloading, 177 waiting (1m5s)");
}

TEST(ProgressText, LeavesOutWhatIsNot) {
  EXPECT_EQ(ProgressText({{TaskState::kSucceeded, 3}}, {}, Seconds{4}), "3/3 done (4s)");
  EXPECT_EQ(ProgressText({{TaskState::kLost, 1}, {TaskState::kSkipped, 2}}, {}, Seconds{4}),
            "3/3 done, 1 lost, 2 skipped (4s)");
}

TEST(FitLine, CutsToTheTerminalAndLeavesTheLastColumnFree) {
  EXPECT_EQ(FitLine("12345", 6), "12345");
  EXPECT_EQ(FitLine("12345", 5), "123…");
  EXPECT_EQ(FitLine("12345", 1), "");
  EXPECT_EQ(FitLine("12345", 0), "");
}

TEST(FailureText, HoldsCodeMessageRequestIdAndAdvice) {
  EXPECT_EQ(FailureText(Failure()),
            "fox: failed: InternalError: the picture is too small (RequestId r-1)\n"
            "  hint: use a larger one");
}

TEST(FailureText, IsOnlyForTasksThatEndBadly) {
  pipeline::TaskEvent event = Failure();
  event.to = TaskState::kWaitingRetry;
  EXPECT_EQ(FailureText(event), "");
  event.to = TaskState::kSucceeded;
  EXPECT_EQ(FailureText(event), "");
  event.from = event.to = TaskState::kFailed;
  EXPECT_EQ(FailureText(event), "");
}

TEST(ProgressLines, WithoutATerminalOneLineEveryTenSeconds) {
  CapturedConsole captured;
  captured.console().Configure({}, {});
  int counted = 0;
  ProgressLines lines(captured.console(), [&] {
    ++counted;
    return store::StateCounts{{TaskState::kSucceeded, counted}};
  });
  lines.OnProgress(At(Seconds{100}));
  lines.OnProgress(At(Seconds{109}));
  lines.OnProgress(At(Seconds{110}));
  EXPECT_EQ(captured.error(), "1/1 done (0s)\n2/2 done (10s)\n");
  EXPECT_EQ(counted, 2);
  EXPECT_EQ(captured.out(), "");
}

TEST(ProgressLines, CountsAgainOnlyAfterAChange) {
  CapturedConsole captured;
  captured.console().Configure({}, {});
  int counted = 0;
  ProgressLines lines(captured.console(), [&] {
    ++counted;
    return store::StateCounts{};
  });
  lines.OnProgress(At(Seconds{0}));
  pipeline::Progress same = At(Seconds{20});
  same.changed = false;
  lines.OnProgress(same);
  EXPECT_EQ(counted, 1);
  lines.OnProgress(At(Seconds{40}));
  EXPECT_EQ(counted, 2);
}

TEST(ProgressLines, EveryFailureHasALineEvenWhenQuiet) {
  CapturedConsole captured;
  Options options;
  options.quiet = true;
  captured.console().Configure(options, {});
  ProgressLines lines(captured.console(), [] { return store::StateCounts{}; });
  lines.OnProgress(At(Seconds{0}));
  lines.OnNotice({}, pipeline::Severity::kInfo, "chatter");
  lines.OnNotice({}, pipeline::Severity::kWarning, "throttled");
  lines.OnTask(Failure());
  EXPECT_EQ(captured.error(), "warning: throttled\n" + FailureText(Failure()) + "\n");
}

TEST(ProgressLines, ForeignTextCannotReachTheTerminal) {
  CapturedConsole captured;
  captured.console().Configure({}, {});
  ProgressLines lines(captured.console(), [] { return store::StateCounts{}; });
  pipeline::TaskEvent event = Failure();
  event.error_message = "red \x1B[31m text";
  event.error_code = "\x1B]0;title\x07";
  lines.OnTask(event);
  lines.OnNotice({}, pipeline::Severity::kWarning, "\x1B[2J");
  EXPECT_EQ(captured.error().find('\x1B'), std::string::npos);
  EXPECT_THAT(captured.error(), HasSubstr("red"));
}

}  // namespace
}  // namespace aigc::cli
