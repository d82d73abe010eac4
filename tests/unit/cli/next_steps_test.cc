#include "cli/next_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc::cli {
namespace {

TEST(ShellWord, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(ShellWord("batch-1.yaml"), "batch-1.yaml");
  EXPECT_EQ(ShellWord("小男孩.yaml"), "小男孩.yaml");
  EXPECT_EQ(ShellWord("my batch.yaml"), "'my batch.yaml'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord("clip-*"), "'clip-*'");
  EXPECT_EQ(ShellWord("$(rm)"), "'$(rm)'");
  EXPECT_EQ(ShellWord(""), "''");
}

TEST(SameCommand, RepeatsWhereThingsAreAndWhatBoundsTheRun) {
  Options options;
  options.command = "run";
  options.batch = "my batch.yaml";
  EXPECT_EQ(SameCommand(options), "aigc-batch run 'my batch.yaml'");
  options.sim = true;
  options.state = "old state";
  options.tasks = {"clip-*", "hero"};
  options.budget = "12";
  options.stop_after = 3;
  EXPECT_EQ(SameCommand(options),
            "aigc-batch run --sim --state 'old state' --budget 12 --stop-after 3 --task 'clip-*' "
            "--task hero 'my batch.yaml'");
}

TEST(CommandFor, AnotherCommandTakesNoBoundsOver) {
  Options options;
  options.command = "run";
  options.sim = true;
  options.tasks = {"hero"};
  options.endpoint = "https://127.0.0.1:8443";
  EXPECT_EQ(CommandFor(options, "retry", "spring"), "aigc-batch retry --sim spring");
  EXPECT_EQ(CommandFor(options, "resume", "spring"),
            "aigc-batch resume --sim --endpoint https://127.0.0.1:8443 spring");
}

TEST(RetrySteps, KeepWhatMayBePaidForTwiceApart) {
  Options options;
  report::Summary summary;
  summary.batch = "spring";
  EXPECT_EQ(RetryText(options, summary), "");
  summary.failures = {{TaskState::kFailed, "30", 3, "a", "refused", ""},
                      {TaskState::kFailed, "InternalError", 1, "b", "", ""}};
  EXPECT_EQ(RetryText(options, summary),
            "retry:\n"
            "  aigc-batch retry spring   # 4 tasks that failed\n"
            "  aigc-batch resume spring  # then runs what was put back\n");
  summary.failures = {{TaskState::kFailed, "overdue", 1, "a", "", ""},
                      {TaskState::kLost, "", 1, "b", "", ""}};
  EXPECT_EQ(RetryText(options, summary),
            "retry:\n"
            "  aigc-batch retry --lost spring  # 2 tasks lost or overdue; may be paid for twice, "
            "asks first\n"
            "  aigc-batch resume spring        # then runs what was put back\n");
}

}  // namespace
}  // namespace aigc::cli
