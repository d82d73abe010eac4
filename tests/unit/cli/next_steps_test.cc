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
  summary.failures = {{TaskState::kFailed, "60000", 3, "a", "no", ""},
                      {TaskState::kFailed, "InternalError", 1, "b", "", ""}};
  EXPECT_EQ(RetryText(options, summary),
            "to go on:\n"
            "  # puts 4 tasks that failed back in the queue\n"
            "  aigc-batch retry spring\n"
            "  # and runs what was put back\n"
            "  aigc-batch resume spring\n");
  summary.failures = {{TaskState::kFailed, "overdue", 1, "a", "", ""},
                      {TaskState::kLost, "", 1, "b", "", ""}};
  EXPECT_EQ(RetryText(options, summary),
            "to go on:\n"
            "  # puts 2 tasks back, lost or overdue: may be paid for twice, asks first\n"
            "  aigc-batch retry --lost spring\n"
            "  # and runs what was put back\n"
            "  aigc-batch resume spring\n");
}

TEST(RetrySteps, DoNotSendARefusedPromptAgain) {
  Options options;
  report::Summary summary;
  summary.batch = "spring";
  summary.failures = {{TaskState::kFailed, "InternalError", 2, "a", "blocked by moderation", ""}};
  EXPECT_EQ(RetryText(options, summary),
            "to go on:\n"
            "  # 2 tasks refused for the content: change what is asked for in the manifest, then "
            "run it again\n");
}

}  // namespace
}  // namespace aigc::cli
