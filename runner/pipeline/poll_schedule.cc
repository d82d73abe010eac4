#include "pipeline/poll_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aigc::pipeline {
namespace {

// Steps of the counts grow by so much, fine enough for a look within a second of the end of a task
// of a minute and a half.
const double kStep = std::log(1.01);
// From so many tasks on a class counts as learnt.
constexpr double kEnough = 5;
// Beyond this all weights are halved, so that what is new counts more.
constexpr double kMost = 200;
constexpr double kForgotten = 0.2;

constexpr Millis kSlowStep = Seconds{30};
constexpr Millis kHourStep = std::chrono::minutes{5};
constexpr Millis kSpreadStep = Seconds{10};

int StepOf(Millis took) {
  const double ms = std::max<double>(1, static_cast<double>(took.count()));
  return static_cast<int>(std::ceil(std::log(ms) / kStep));
}

Millis Upper(int step) {
  return Millis{static_cast<std::int64_t>(std::ceil(std::exp(step * kStep)))};
}

double Total(const store::TimingRow& timing) {
  double total = 0;
  for (const auto& [step, weight] : timing.counts) total += weight;
  return total;
}

Millis MostStep(Millis age) { return age < std::chrono::hours{1} ? kSlowStep : kHourStep; }

}  // namespace

std::string TimingClass(const TaskSpec& spec) {
  return fmt::format("{} {}/{} {} {}{}", Name(spec.kind), spec.model, spec.version,
                     spec.duration ? fmt::format("{}s", *spec.duration) : "-",
                     spec.resolution.empty() ? "-" : spec.resolution,
                     spec.off_peak.value_or(false) ? " off-peak" : "");
}

void Learn(store::TimingRow& timing, Millis took) {
  timing.counts[StepOf(took)] += 1;
  if (Total(timing) <= kMost) return;
  for (auto& [step, weight] : timing.counts) weight /= 2;
  std::erase_if(timing.counts, [](const auto& entry) { return entry.second < kForgotten; });
}

std::optional<Expectation> Expect(const store::TimingRow& timing) {
  const double total = Total(timing);
  if (total < kEnough) return std::nullopt;
  const auto when = [&](double share) {
    double sum = 0;
    for (const auto& [step, weight] : timing.counts) {
      sum += weight;
      if (sum >= share * total) return Upper(step);
    }
    return Upper(timing.counts.rbegin()->first);
  };
  return Expectation{when(0.03), when(0.5), when(0.95)};
}

Millis FirstLook(const Limits& limits, const LookPlan& plan) {
  if (plan.early || !plan.expected) return limits.first_look;
  return NextLook(limits, plan, Millis{0});
}

Millis NextLook(const Limits& limits, const LookPlan& plan, Millis age) {
  if (plan.listed) {
    const Millis late = plan.expected ? plan.expected->most + plan.expected->most / 2 + kSlowStep
                                      : Millis{std::chrono::minutes{10}};
    return age < late ? late - age : std::max(limits.look_every, MostStep(age));
  }
  if (!plan.expected) {
    return std::max(limits.look_every, std::min(MostStep(age), age / 10));
  }
  const auto& [first, half, most] = *plan.expected;
  if (age < first) return first - age;
  const Millis step = std::max(limits.look_every, std::min(kSpreadStep, (most - first) / 50));
  if (age <= most) return step;
  return std::max(step, std::min(MostStep(age), step + (age - most) / 5));
}

}  // namespace aigc::pipeline
