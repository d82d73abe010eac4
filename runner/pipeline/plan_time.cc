#include "pipeline/plan_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace aigc::pipeline {
namespace {

Millis FromSeconds(double seconds) {
  // A hundred years are as good as anything longer.
  return Millis{static_cast<std::int64_t>(std::ceil(std::min(seconds, 3.2e9) * 1000))};
}

std::optional<Millis> MedianOf(const std::vector<store::GenerationTime>& known,
                               const ModelWork& model) {
  for (const auto& time : known) {
    if (time.model == model.model && time.version == model.version) return time.median;
  }
  return std::nullopt;
}

// Bounds by NAME and NAME/VERSION that hold for a model.
std::vector<std::string> BoundsOf(const ModelWork& model, const Limits& limits) {
  std::vector<std::string> names;
  for (const std::string& name : {model.model, model.model + "/" + model.version}) {
    if (limits.per_model.contains(name)) names.push_back(name);
  }
  return names;
}

std::string Requests(std::int64_t count) {
  return count == 1 ? std::string("1 create request") : fmt::format("{} create requests", count);
}

}  // namespace

LeastTime ComputeLeastTime(const Plan& plan, const Limits& limits,
                           const std::vector<store::GenerationTime>& known) {
  LeastTime least;
  if (plan.work.submissions == 0) return least;
  const double by_rate =
      static_cast<double>(plan.work.submissions - 1) / std::max(limits.submit_rate, 1e-9);

  double longest = 0, all = 0;            // seconds: one generation, and all one after another
  std::map<std::string, double> bounded;  // by the name of a bound: the same under that bound
  std::string missing;
  for (const ModelWork& model : plan.models) {
    if (model.work.submissions == 0) continue;
    const auto median = MedianOf(known, model);
    if (!median) {
      if (missing.empty()) missing = model.model + "/" + model.version;
      continue;
    }
    const double one = static_cast<double>(median->count()) / 1000;
    const double of_model = one * static_cast<double>(model.work.submissions);
    longest = std::max(longest, one);
    all += of_model;
    for (const std::string& name : BoundsOf(model, limits)) bounded[name] += of_model;
  }
  double by_window = 0;
  std::string window;
  if (limits.max_in_flight && all > 0) {
    by_window = all / std::max(*limits.max_in_flight, 1);
    window = fmt::format("{} at a time", *limits.max_in_flight);
  }
  for (const auto& [name, seconds] : bounded) {
    const int most = std::max(limits.per_model.at(name), 1);
    if (seconds / most <= by_window) continue;
    by_window = seconds / most;
    window = fmt::format("{} of {} at a time", most, name);
  }
  least.generations_known = missing.empty();
  const double by_pace = by_rate + longest;
  std::string unknown;
  if (!missing.empty()) {
    unknown = all > 0 ? fmt::format("; how long {} takes is not known yet", missing)
                      : std::string("; how long the generations take is not known yet");
  }
  if (by_window > by_pace) {
    least.time = FromSeconds(by_window);
    least.basis =
        fmt::format("{}, with the usual generation times of this batch{}", window, unknown);
    return least;
  }
  least.time = FromSeconds(by_pace);
  least.basis =
      fmt::format("{} at {:g} a second", Requests(plan.work.submissions), limits.submit_rate);
  if (longest > 0) {
    least.basis +=
        fmt::format(", and {} for the last generation", FormatDuration(FromSeconds(longest)));
  }
  least.basis += unknown;
  if (unknown.empty() && !limits.max_in_flight) {
    least.basis += "; how many the account lets run at once is found out by the run";
  }
  return least;
}

}  // namespace aigc::pipeline
