// The commands to type next, whole: with the flags that say where this batch is. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "report/summary.h"

namespace aigc::cli {

// `word` as a shell takes it for one word.
std::string ShellWord(std::string_view word);

// "aigc-batch COMMAND [--sim] [--state DIR] … BATCH": the flags of this command line that say where
// things are; those that say what to do only for the very command that this line gave.
std::string CommandFor(const Options& options, std::string_view command, std::string_view batch);

// The command line that was given, to carry on with.
std::string SameCommand(const Options& options);

struct NextStep {
  std::string command;  // empty: nothing to type
  std::string why;      // "puts 3 tasks that failed back in the queue"
};
// What to do about tasks that did not succeed; empty when all did.
std::vector<NextStep> RetrySteps(const Options& options, const report::Summary& summary);
// The same as lines below a summary; empty when there are none.
std::string RetryText(const Options& options, const report::Summary& summary);

}  // namespace aigc::cli
