#include "pipeline/steering.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/money.h"
#include "base/text.h"
#include "base/times.h"

namespace aigc::pipeline {
namespace {

using Action = BatchCommand::Action;

Error NotAValue(std::string_view name, std::string_view wanted, std::string_view value) {
  return {ErrorCode::kInvalid,
          fmt::format("{} must be {}, not \"{}\"", Excerpt(name, 60), wanted, Excerpt(value, 60))};
}

template <typename Number>
std::optional<Number> ReadNumber(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Status ReadRate(std::string_view name, std::string_view value, double& rate) {
  const auto number = ReadNumber<double>(value);
  if (!number || !std::isfinite(*number) || *number <= 0) {
    return NotAValue(name, "a number above 0", value);
  }
  rate = *number;
  return {};
}

Status ReadCount(std::string_view name, std::string_view value, int& count) {
  const auto number = ReadNumber<int>(value);
  if (!number || *number < 1) return NotAValue(name, "a whole number from 1 on", value);
  count = *number;
  return {};
}

Status ReadSpan(std::string_view name, std::string_view value, Millis& span) {
  const auto read = ParseDuration(value);
  if (!read) return NotAValue(name, "a time like 30m", value);
  span = *read;
  return {};
}

// A number, or "auto": none.
Status ReadInFlight(std::string_view name, std::string_view value, std::optional<int>& count) {
  if (value == "auto" || value == "0") {
    count.reset();
    return {};
  }
  int number = 0;
  AIGC_RETURN_IF_ERROR(ReadCount(name, value, number));
  count = number;
  return {};
}

Status UseModelSetting(std::string_view name, std::string_view value, Limits& limits) {
  const std::string model(name.substr(kPerModel.size()));
  if (model.empty() || model.front() == '/' || model.back() == '/') {
    return Error{ErrorCode::kInvalid,
                 fmt::format("\"{}\" names no model", Excerpt(std::string(name), 60))};
  }
  std::optional<int> count;
  AIGC_RETURN_IF_ERROR(ReadInFlight(name, value, count));
  if (count) {
    limits.per_model[model] = *count;
  } else {
    limits.per_model.erase(model);
  }
  return {};
}

bool IsOf(const store::ModelCounts& model, const std::vector<std::string>& names) {
  if (names.empty()) return true;
  return std::find(names.begin(), names.end(), model.model) != names.end() ||
         std::find(names.begin(), names.end(), model.model + "/" + model.version) != names.end();
}

// How many tasks a pause is about, or the end of one.
Status CountPaused(store::Store& store, const BatchCommand& command, CommandOutcome& outcome) {
  AIGC_ASSIGN_OR_RETURN(const auto models, store.CountsByModel({}));
  for (const store::ModelCounts& model : models) {
    if (!IsOf(model, command.models)) continue;
    for (const auto& [state, count] : model.counts) {
      const bool waits = state == TaskState::kPending || state == TaskState::kBlocked ||
                         state == TaskState::kWaitingRetry;
      if (waits) outcome.waiting += count;
      if (HoldsSlot(state)) outcome.followed += count;
    }
  }
  return {};
}

Status SetPauses(store::Store& store, const BatchCommand& command, WallTime now,
                 CommandOutcome& outcome) {
  const bool paused = command.action == Action::kPause;
  std::vector<std::string> models = command.models;
  if (models.empty()) {
    models.emplace_back();
    // The end of the batch's pause is the end of every model's.
    AIGC_ASSIGN_OR_RETURN(const store::Steering steering, store.ReadSteering());
    for (const store::PauseRow& pause : steering.pauses) {
      if (!paused && !pause.model.empty()) models.push_back(pause.model);
    }
  }
  for (const std::string& model : models) {
    AIGC_ASSIGN_OR_RETURN(const bool changed, store.SetPaused(model, paused, now));
    outcome.changed += changed ? 1 : 0;
  }
  return CountPaused(store, command, outcome);
}

Status SetLimits(store::Store& store, const BatchCommand& command, WallTime now,
                 CommandOutcome& outcome) {
  for (const auto& [name, value] : command.settings) {
    const bool back = value == kDefaultValue;
    AIGC_ASSIGN_OR_RETURN(const bool changed,
                          store.SetSetting(name, back ? std::nullopt : std::optional(value), now));
    outcome.changed += changed ? 1 : 0;
    // What the manifest and the flags say of it, only a run knows.
    if (name == kBudgetSetting && !back) AIGC_RETURN_IF_ERROR(UseBudget(store, ParseAmount(value)));
  }
  return {};
}

std::string SettingsText(const BatchCommand& command) {
  std::string text;
  for (const auto& [name, value] : command.settings) {
    text += text.empty() ? "" : ", ";
    text += value == kDefaultValue
                ? fmt::format("{} is what the manifest and the run's flags say", name)
                : fmt::format("{} is {}", name, value);
  }
  return text + " from now on";
}

std::string Waiting(std::int64_t count) {
  return count == 1 ? "1 task waits" : fmt::format("{} tasks wait", count);
}

}  // namespace

Status UseSetting(std::string_view name, std::string_view value, Limits& limits) {
  const bool of_model = name.starts_with(kPerModel);
  if (!of_model && std::find(kSettable.begin(), kSettable.end(), name) == kSettable.end()) {
    return Error{ErrorCode::kInvalid,
                 fmt::format("\"{}\" is no limit that can be set", Excerpt(name, 60))};
  }
  if (value == kDefaultValue) return {};
  if (of_model) return UseModelSetting(name, value, limits);
  if (name == "submit_rate") return ReadRate(name, value, limits.submit_rate);
  if (name == "poll_rate") return ReadRate(name, value, limits.poll_rate);
  if (name == "first_look") return ReadSpan(name, value, limits.first_look);
  if (name == "look_every") return ReadSpan(name, value, limits.look_every);
  if (name == "task_timeout") return ReadSpan(name, value, limits.task_timeout);
  if (name == "give_up_after") return ReadSpan(name, value, limits.give_up_after);
  if (name == "downloads") return ReadCount(name, value, limits.downloads);
  if (name == "attempts") return ReadCount(name, value, limits.attempts);
  if (name == "max_in_flight") return ReadInFlight(name, value, limits.max_in_flight);
  if (ParseAmount(value).value_or(0) > 0) return {};
  return NotAValue(name, "an amount like 500 or 12.50", value);
}

std::optional<std::int64_t> BudgetSet(const store::Steering& steering) {
  for (const store::SettingRow& setting : steering.settings) {
    if (setting.name == kBudgetSetting) return ParseAmount(setting.value);
  }
  return std::nullopt;
}

Status UseBudget(store::Store& store, std::optional<std::int64_t> micros) {
  AIGC_ASSIGN_OR_RETURN(store::MoneyState money, store.Money());
  money.terms.budget_micros = micros;
  return store.SetMoneyTerms(money.terms);
}

const store::PauseRow* PauseOf(const store::Steering& steering, std::string_view model,
                               std::string_view version) {
  for (const store::PauseRow& pause : steering.pauses) {
    const std::string_view name = pause.model;
    const bool whole = name.empty() || name == model;
    if (whole || (name.size() == model.size() + 1 + version.size() && name.starts_with(model) &&
                  name[model.size()] == '/' && name.ends_with(version))) {
      return &pause;
    }
  }
  return nullptr;
}

Status Steer(store::Store& store, const BatchCommand& command, WallTime now,
             CommandOutcome& outcome) {
  if (command.action == Action::kSet) return SetLimits(store, command, now, outcome);
  return SetPauses(store, command, now, outcome);
}

std::string SteeringText(const BatchCommand& command, const CommandOutcome& outcome) {
  if (command.action == Action::kSet) return SettingsText(command);
  const bool paused = command.action == Action::kPause;
  std::string what;
  for (const std::string& model : command.models) what += (what.empty() ? "" : ", ") + model;
  if (what.empty()) what = "the batch";
  if (outcome.changed == 0) {
    return fmt::format("{} was {} already", what, paused ? "paused" : "not paused");
  }
  if (!paused) return fmt::format("{} goes on, {}", what, Waiting(outcome.waiting));
  std::string text = fmt::format("{} is paused until `resume`, {}", what, Waiting(outcome.waiting));
  if (outcome.followed > 0) {
    text += fmt::format("; what the service has ({}) is followed to the end", outcome.followed);
  }
  return text;
}

}  // namespace aigc::pipeline
