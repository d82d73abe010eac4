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

// Listens to a run whose state has as many succeeded tasks as it was read times.
struct Listening {
  Listening() { captured.console().Configure({}, {}); }
  CapturedConsole captured;
  LiveScreen screen{captured.console()};
  int reads = 0;
  ProgressLines lines{captured.console(), screen, "batch", [this](WallTime, LiveView& view) {
                        ++reads;
                        view.counts = {{TaskState::kSucceeded, reads}};
                        return Status{};
                      }};
};

TEST(ProgressLines, WithoutATerminalOneLineEveryTenSeconds) {
  Listening run;
  run.lines.OnProgress(At(Seconds{100}));
  run.lines.OnProgress(At(Seconds{109}));
  run.lines.OnProgress(At(Seconds{110}));
  EXPECT_EQ(run.captured.error(), "1/1 done (0s)\n2/2 done (10s)\n");
  EXPECT_EQ(run.reads, 2);
  EXPECT_EQ(run.captured.out(), "");
}

TEST(ProgressLines, ReadsAgainOnlyAfterAChange) {
  Listening run;
  run.lines.OnProgress(At(Seconds{0}));
  pipeline::Progress same = At(Seconds{20});
  same.changed = false;
  run.lines.OnProgress(same);
  EXPECT_EQ(run.reads, 1);
  run.lines.OnProgress(At(Seconds{40}));
  EXPECT_EQ(run.reads, 2);
}

TEST(ProgressLines, TakesSlotsAndPaceFromTheRun) {
  Listening run;
  pipeline::Limits limits;
  pipeline::Progress progress = At(Seconds{0});
  progress.in_flight = 3;
  progress.window = 4;
  progress.limits = &limits;
  run.lines.OnProgress(progress);
  EXPECT_EQ(run.captured.error(), "1/1 done, 3 of 4 generating (0s)\n");
}

TEST(ProgressLines, EveryFailureHasALineEvenWhenQuiet) {
  CapturedConsole captured;
  Options options;
  options.quiet = true;
  captured.console().Configure(options, {});
  LiveScreen screen(captured.console());
  ProgressLines lines(captured.console(), screen, "batch",
                      [](WallTime, LiveView&) { return Status{}; });
  lines.OnProgress(At(Seconds{0}));
  lines.OnNotice({}, pipeline::Severity::kInfo, "chatter");
  lines.OnNotice({}, pipeline::Severity::kWarning, "throttled");
  lines.OnTask(Failure());
  EXPECT_EQ(captured.error(), "warning: throttled\n" + FailureText(Failure()) + "\n");
}

TEST(ProgressLines, ForeignTextCannotReachTheTerminal) {
  Listening run;
  ProgressLines& lines = run.lines;
  CapturedConsole& captured = run.captured;
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
