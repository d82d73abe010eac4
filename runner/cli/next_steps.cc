#include "cli/next_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>

#include "cli/advice.h"

namespace aigc::cli {
namespace {

constexpr std::string_view kOverdue = "overdue";

bool TakesConnection(std::string_view command) {
  return command == "run" || command == "resume" || command == "download";
}

std::string Tasks(std::int64_t count) {
  return count == 1 ? "1 task" : fmt::format("{} tasks", count);
}

// What bounds a run: left out, the same command would do more than it did.
std::string RunFlags(const Options& options) {
  std::string text;
  const auto add = [&](const char* flag, const std::string& value) {
    text += fmt::format(" {} {}", flag, ShellWord(value));
  };
  const auto add_if = [&](const char* flag, const std::optional<std::string>& value) {
    if (value) add(flag, *value);
  };
  add_if("--budget", options.budget);
  add_if("--prices", options.prices);
  if (options.allow_unpriced) text += " --allow-unpriced";
  add_if("--max-in-flight", options.max_in_flight);
  if (options.submit_rate) add("--submit-rate", fmt::format("{}", *options.submit_rate));
  if (options.poll_rate) add("--poll-rate", fmt::format("{}", *options.poll_rate));
  if (options.stop_after) add("--stop-after", std::to_string(*options.stop_after));
  if (options.canary) add("--canary", std::to_string(*options.canary));
  for (const std::string& glob : options.tasks) add("--task", glob);
  for (const std::string& tag : options.tags) add("--tag", tag);
  if (options.no_download) text += " --no-download";
  add_if("--catalog", options.catalog);
  return text;
}

}  // namespace

std::string ShellWord(std::string_view word) {
  const auto harmless = [](unsigned char c) {
    return std::isalnum(c) != 0 || c >= 0x80 ||
           std::string_view("_-./:,+@%=").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), harmless)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string CommandFor(const Options& options, std::string_view command, std::string_view batch) {
  std::string text = fmt::format("aigc-batch {}", command);
  if (options.sim) text += " --sim";
  const auto add = [&](const char* flag, const std::optional<std::string>& value) {
    if (value) text += fmt::format(" {} {}", flag, ShellWord(*value));
  };
  add("--state", options.state);
  if (TakesConnection(command)) {
    add("--env-file", options.env_file);
    add("--scenario", options.scenario);
    add("--endpoint", options.endpoint);
    add("--ca-file", options.ca_file);
    add("--output", options.output);
    if (options.sub_app_id) text += fmt::format(" --sub-app-id {}", *options.sub_app_id);
  }
  if (command == options.command) text += RunFlags(options);
  return text + " " + ShellWord(batch);
}

std::vector<NextStep> RetrySteps(const Options& options, const report::Summary& summary) {
  std::int64_t failed = 0;
  std::int64_t refused = 0;
  std::int64_t unsure = 0;
  for (const store::FailureGroup& group : summary.failures) {
    const bool lost = group.state == TaskState::kLost || group.code == kOverdue;
    (lost ? unsure : failed) += group.count;
    if (IsContentRefusal(group.code, group.message)) refused += group.count;
  }
  std::vector<NextStep> steps;
  if (refused > 0) {
    steps.push_back({"", fmt::format("{} refused for the content: change what is asked for in the "
                                     "manifest, then run it again",
                                     Tasks(refused))});
  }
  const bool puts_back = failed > refused || unsure > 0;
  if (failed > refused) {
    const std::string which = refused > 0 ? ", those refused for the content too" : "";
    steps.push_back({CommandFor(options, "retry", summary.batch),
                     fmt::format("puts {} that failed back in the queue{}", Tasks(failed), which)});
  }
  if (unsure > 0) {
    steps.push_back({CommandFor(options, "retry --lost", summary.batch),
                     fmt::format("puts {} back, lost or overdue: may be paid for twice, asks first",
                                 Tasks(unsure))});
  }
  if (puts_back) {
    steps.push_back({CommandFor(options, "resume", summary.batch), "and runs what was put back"});
  }
  return steps;
}

std::string SameCommand(const Options& options) {
  return CommandFor(options, options.command, options.batch);
}

std::string RetryText(const Options& options, const report::Summary& summary) {
  const std::vector<NextStep> steps = RetrySteps(options, summary);
  if (steps.empty()) return {};
  // Lines that a shell takes as they are.
  std::string text = "to go on:\n";
  for (const NextStep& step : steps) {
    text += "  # " + step.why + "\n";
    if (!step.command.empty()) text += "  " + step.command + "\n";
  }
  return text;
}

}  // namespace aigc::cli
