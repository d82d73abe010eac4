#include "cli/steer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "manifest/manifest.h"
#include "pipeline/steering.h"

namespace aigc::cli {
namespace {

using Setting = pipeline::BatchCommand::Setting;

// Limits that a manifest has and a run cannot change.
constexpr auto kManifestOnly =
    std::to_array<std::string_view>({"stop_when", "tasks", "failed_cost"});
constexpr std::string_view kInFlight = ".max_in_flight";

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Error UnknownName(std::string_view name) {
  if (Contains(kManifestOnly, name)) {
    return {ErrorCode::kUsage,
            fmt::format("limits.{} cannot change in mid-run", name),
            {},
            "change it in the manifest: the next run takes it from there"};
  }
  std::vector<std::string_view> known(pipeline::kSettable.begin(), pipeline::kSettable.end());
  const auto nearest = Nearest(name, known);
  std::string list = "per_model.NAME";
  for (const std::string_view one : known) list = fmt::format("{}, {}", one, list);
  return {ErrorCode::kUsage,
          fmt::format("there is no limit \"{}\"", Excerpt(name, 60)),
          {},
          nearest ? fmt::format("did you mean {}?", *nearest)
                  : fmt::format("what can be set: {}", list)};
}

// The value as a manifest would hold it, read by the manifest's own reader.
Status CheckAsManifest(const std::string& name, const std::string& value, Console& console) {
  const bool of_model = name.starts_with(pipeline::kPerModel);
  const std::string text =
      of_model ? fmt::format("limits:\n  per_model:\n    \"{}\": {{max_in_flight: {}}}\n",
                             name.substr(pipeline::kPerModel.size()), value)
               : fmt::format("limits: {{{}: {}}}\n", name, value);
  const auto loaded = manifest::LoadSettings("manifest: 1\nname: set\n" + text, "set.yaml");
  if (!loaded.ok()) {
    return Error{ErrorCode::kUsage, loaded.error().message, {}, loaded.error().hint};
  }
  pipeline::Limits limits;
  const Status used = pipeline::UseSetting(name, value, limits);
  if (!used.ok()) {
    return Error{ErrorCode::kUsage, used.error().message, {}, "write it plainly: 4, 2.5, 30m"};
  }
  if (limits.submit_rate > manifest::kServiceSubmitRate ||
      limits.poll_rate > manifest::kServicePollRate) {
    console.ShowWarning(fmt::format(
        "{} is above what the service allows: what it refuses is sent again later", name));
  }
  return {};
}

Result<Setting> ReadSetting(const std::string& word, Console& console) {
  const std::size_t sign = word.find('=');
  if (sign == std::string::npos || sign == 0 || sign + 1 == word.size()) {
    return Error{ErrorCode::kUsage,
                 fmt::format("\"{}\" is not KEY=VALUE", Excerpt(word, 60)),
                 {},
                 "write max_in_flight=4, or max_in_flight=default to take it back"};
  }
  Setting setting{word.substr(0, sign), word.substr(sign + 1)};
  if (setting.name.starts_with("limits.")) setting.name.erase(0, 7);
  if (setting.name == "per_model") {
    return Error{ErrorCode::kUsage, "per_model needs a model", {}, "write per_model.Kling=2"};
  }
  const bool of_model = setting.name.starts_with(pipeline::kPerModel);
  if (of_model && setting.name.ends_with(kInFlight)) {
    setting.name.resize(setting.name.size() - kInFlight.size());
  }
  if (!of_model && !Contains(pipeline::kSettable, setting.name)) return UnknownName(setting.name);
  // Nothing that YAML reads its own way gets as far as the manifest's reader.
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '+' || c == '_' || c == '/' || c == ' ';
  };
  for (const std::string& text : {setting.name, setting.value}) {
    if (text.size() > 100 || !std::all_of(text.begin(), text.end(), plain)) {
      return Error{ErrorCode::kUsage,
                   fmt::format("\"{}\" cannot be a limit or its value", Excerpt(text, 60)),
                   {},
                   "write it plainly: max_in_flight=4, task_timeout=30m, per_model.Kling=2"};
    }
  }
  if (setting.value == pipeline::kDefaultValue) return setting;
  AIGC_RETURN_IF_ERROR(CheckAsManifest(setting.name, setting.value, console));
  return setting;
}

}  // namespace

Result<std::vector<Setting>> ReadSettings(const std::vector<std::string>& words, Console& console) {
  std::vector<Setting> settings;
  for (const std::string& word : words) {
    AIGC_ASSIGN_OR_RETURN(Setting setting, ReadSetting(word, console));
    settings.push_back(std::move(setting));
  }
  return settings;
}

Status CheckModels(store::StoreReader& store, const std::vector<std::string>& models) {
  if (models.empty()) return {};
  AIGC_ASSIGN_OR_RETURN(const auto counts, store.CountsByModel({}));
  std::vector<std::string> names;
  for (const store::ModelCounts& model : counts) {
    if (!Contains(names, model.model)) names.push_back(model.model);
    names.push_back(model.model + "/" + model.version);
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const std::string& model : models) {
    if (Contains(known, model)) continue;
    const auto nearest = Nearest(model, known);
    std::string list;
    for (const std::string_view name : known)
      list += (list.empty() ? "" : ", ") + std::string(name);
    return Error{
        ErrorCode::kUsage,
        fmt::format("no task of this batch is of a model {}", Excerpt(model, 60)),
        {},
        nearest ? fmt::format("did you mean {}?", *nearest) : "its models: " + Excerpt(list, 300)};
  }
  return {};
}

void UseSteering(const store::Steering& steering, const Options& options, pipeline::Limits& limits,
                 store::MoneyTerms& terms) {
  const std::set<std::string> said = LimitsSaid(options);
  for (const store::SettingRow& setting : steering.settings) {
    if (said.contains(setting.name)) continue;
    // What this version does not know, the run says.
    (void)pipeline::UseSetting(setting.name, setting.value, limits).ok();
  }
  const auto budget = pipeline::BudgetSet(steering);
  if (budget && !options.budget) terms.budget_micros = budget;
}

std::set<std::string> LimitsSaid(const Options& options) {
  std::set<std::string> said;
  if (options.max_in_flight) said.insert("max_in_flight");
  if (options.submit_rate) said.insert("submit_rate");
  if (options.poll_rate) said.insert("poll_rate");
  if (options.budget) said.emplace(pipeline::kBudgetSetting);
  return said;
}

}  // namespace aigc::cli
