#include "pipeline/batch_command.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "pipeline/steering.h"

namespace aigc::pipeline {
namespace {

constexpr std::string_view kHead = "aigc-batch command 1";
constexpr std::size_t kLongestValue = 1000;

// The words of "ended", and the field each stands for.
constexpr std::array<std::pair<std::string_view, bool BatchCommand::*>, 4> kEnded = {{
    {"failed", &BatchCommand::failed},
    {"lost", &BatchCommand::lost},
    {"succeeded", &BatchCommand::again},
    {"cancelled", &BatchCommand::cancelled},
}};

Error Wrong(std::string message) {
  return {ErrorCode::kInvalid, std::move(message), {}, "give the command again"};
}

Status ReadAction(BatchCommand& command, std::string_view value) {
  using Action = BatchCommand::Action;
  for (const auto action :
       {Action::kCancel, Action::kRetry, Action::kSet, Action::kPause, Action::kResume}) {
    if (Name(action) == value) {
      command.action = action;
      return {};
    }
  }
  return Wrong(fmt::format("unknown action \"{}\"", Excerpt(value, 40)));
}

Status ReadEnded(BatchCommand& command, std::string_view value) {
  for (const auto& [name, field] : kEnded) {
    if (name == value) {
      command.*field = true;
      return {};
    }
  }
  return Wrong(fmt::format("unknown state \"{}\"", Excerpt(value, 40)));
}

Status ReadSetting(BatchCommand& command, std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || blank == 0)
    return Wrong("\"set\" needs a name and a value");
  BatchCommand::Setting setting{std::string(line.substr(0, blank)),
                                std::string(line.substr(blank + 1))};
  Limits scratch;
  AIGC_RETURN_IF_ERROR(UseSetting(setting.name, setting.value, scratch));
  command.settings.push_back(std::move(setting));
  return {};
}

// What belongs to which action.
Status CheckParts(const BatchCommand& command) {
  using Action = BatchCommand::Action;
  const bool retry = command.action == Action::kRetry;
  const bool chooses = command.failed || command.lost || command.again || command.cancelled;
  if (chooses != retry) return Wrong("\"ended\" belongs to a retry, and a retry needs it");
  if (command.settings.empty() == (command.action == Action::kSet)) {
    return Wrong("\"set\" belongs to a set, and a set needs it");
  }
  const bool pauses = command.action == Action::kPause || command.action == Action::kResume;
  if (!command.models.empty() && !pauses) return Wrong("\"model\" belongs to a pause or resume");
  if (!command.tasks.empty() && !retry && command.action != Action::kCancel) {
    return Wrong("\"task\" belongs to a retry or cancel");
  }
  return {};
}

Status ReadLine(BatchCommand& command, std::string_view line, bool& has_action) {
  const std::size_t blank = line.find(' ');
  const std::string_view key = line.substr(0, blank);
  const std::string_view value =
      blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
  if (value.empty() || value.size() > kLongestValue) {
    return Wrong(fmt::format("\"{}\" has no value, or too long a one", Excerpt(key, 40)));
  }
  if (key == "action") {
    has_action = true;
    return ReadAction(command, value);
  }
  if (key == "ended") return ReadEnded(command, value);
  if (key == "set") return ReadSetting(command, value);
  if (key == "model") {
    command.models.emplace_back(value);
    return {};
  }
  if (key == "task") {
    command.tasks.emplace_back(value);
    return {};
  }
  if (key == "id") {
    command.id = value;
    return {};
  }
  if (key == "given") {
    const auto given = ParseIso(value);
    if (!given) return Wrong("\"given\" is no time");
    command.given = *given;
    return {};
  }
  return Wrong(fmt::format("unknown line \"{}\"", Excerpt(key, 40)));
}

}  // namespace

std::string_view Name(BatchCommand::Action action) {
  switch (action) {
    case BatchCommand::Action::kCancel:
      return "cancel";
    case BatchCommand::Action::kRetry:
      return "retry";
    case BatchCommand::Action::kSet:
      return "set";
    case BatchCommand::Action::kPause:
      return "pause";
    case BatchCommand::Action::kResume:
      return "resume";
  }
  return "cancel";
}

std::string RenderCommand(const BatchCommand& command) {
  std::string text = fmt::format("{}\nid {}\ngiven {}\naction {}\n", kHead, command.id,
                                 FormatIso(command.given), Name(command.action));
  for (const auto& [name, field] : kEnded) {
    if (command.*field) text += fmt::format("ended {}\n", name);
  }
  for (const auto& [name, value] : command.settings) {
    text += fmt::format("set {} {}\n", name, value);
  }
  for (const std::string& model : command.models) text += fmt::format("model {}\n", model);
  for (const std::string& task : command.tasks) text += fmt::format("task {}\n", task);
  return text;
}

Result<BatchCommand> ParseCommand(std::string_view text) {
  if (!text.ends_with('\n')) return Wrong("it is not a whole command file");
  text.remove_suffix(1);
  const auto lines = Split(text, '\n');
  if (lines.front() != kHead) {
    return Wrong(lines.front().starts_with("aigc-batch command ")
                     ? "it was written by another version of aigc-batch"
                     : "it is not a command file");
  }
  BatchCommand command;
  bool has_action = false;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    AIGC_RETURN_IF_ERROR(ReadLine(command, lines[i], has_action));
  }
  if (command.id.empty() || !has_action) return Wrong("it does not say its id and action");
  AIGC_RETURN_IF_ERROR(CheckParts(command));
  return command;
}

}  // namespace aigc::pipeline
