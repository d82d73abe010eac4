// How it works. With S slots and W seconds of generation left, W/S pass at least, and at most about
// one slow generation more, since slots run empty at the end. W is a sum of many draws: its error
// is that of the sum (it shrinks with the square root) and that of the mean it is computed with.
// The same holds under each bound on a model, and the pace of submissions bounds it from below.
#include "pipeline/eta.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aigc::pipeline {
namespace {

constexpr double kTenth = 1.28;  // deviations from the mean to the slowest tenth
// A few samples say little about the spread: no less than this share of the mean, over their root.
constexpr double kLeastSpread = 0.3;

double SecondsOf(Millis time) { return static_cast<double>(time.count()) / 1000; }
Millis FromSeconds(double seconds) {
  return Millis{static_cast<std::int64_t>(std::min(std::max(seconds, 0.0), 3.2e9) * 1000)};
}

// A part of the work that shares slots.
struct Load {
  double work = 0, variance = 0;  // seconds of generation, and their square
  double quick = 0, slow = 0;     // the longest of what waits: how long one takes at least, at most
  double last_low = 0, last_high = 0;  // until the last that runs is done
  double waiting = 0, running = 0;

  void Add(const WorkLeft& left, const store::GenerationTime& time) {
    const double mean = SecondsOf(time.mean);
    const double samples = static_cast<double>(std::max<std::int64_t>(time.tasks, 1));
    const double seen = (SecondsOf(time.slow) - SecondsOf(time.quick)) / (2 * kTenth);
    const double spread = std::max(seen, kLeastSpread * mean / std::sqrt(samples));
    const double one_quick = std::max(SecondsOf(time.quick) - spread / samples, 0.0);
    const double one_slow = std::max(SecondsOf(time.slow), mean + kTenth * spread);
    const double n = static_cast<double>(left.waiting);
    waiting += n;
    work += n * mean;
    variance += n * spread * spread + n * n * spread * spread / samples;
    if (left.waiting > 0) {
      quick = std::max(quick, one_quick);
      slow = std::max(slow, one_slow);
    }
    for (const Millis age : left.generating) {
      const double passed = SecondsOf(age);
      ++running;
      // Slower than all before: as long again as a tenth of it.
      work += std::max(mean - passed, 0.1 * mean);
      variance += spread * spread;
      last_low = std::max(last_low, one_quick - passed);
      last_high = std::max(last_high, std::max(one_slow - passed, 0.25 * mean));
    }
    if (left.blocked > 0) last_high += one_slow;  // one stage after another
  }

  double Low(double slots) const {
    const double least = (work - kTenth * std::sqrt(variance)) / slots;
    return std::max({least, waiting > 0 ? quick : 0.0, last_low, 0.0});
  }
  double High(double slots) const {
    const double most = (work + kTenth * std::sqrt(variance)) / slots;
    const double tail = waiting > 0 ? slow * (1 - 1 / slots) : 0.0;
    return std::max(most + tail, last_high);
  }
};

Millis Rounded(Millis time, bool up) {
  using std::chrono::minutes;
  const Millis step = time < minutes{2}     ? Millis{Seconds{5}}
                      : time < minutes{10}  ? Millis{Seconds{30}}
                      : time < minutes{120} ? Millis{minutes{1}}
                                            : Millis{minutes{10}};
  return (time + (up ? step - Millis{1} : Millis{0})) / step * step;
}

}  // namespace

Eta EstimateRest(const std::vector<WorkLeft>& left,
                 const std::vector<store::GenerationTime>& learnt, std::optional<std::size_t> slots,
                 const Limits& limits) {
  Eta eta;
  Load all;
  double unlearnt = 0;                  // waiting tasks of such models
  std::map<std::string, Load> bounded;  // by the name of a bound on a model
  for (const WorkLeft& model : left) {
    if (model.waiting == 0 && model.generating.empty()) continue;
    const auto time = std::find_if(learnt.begin(), learnt.end(), [&](const auto& known) {
      return known.model == model.model && known.version == model.version;
    });
    if (time == learnt.end()) {
      if (eta.unlearnt.empty()) eta.unlearnt = model.model + "/" + model.version;
      unlearnt += static_cast<double>(model.waiting);
      continue;
    }
    all.Add(model, *time);
    for (const std::string& name : {model.model, model.model + "/" + model.version}) {
      if (limits.per_model.contains(name)) bounded[name].Add(model, *time);
    }
  }
  eta.known = eta.unlearnt.empty();
  const double most = all.waiting + all.running;
  if (most == 0) return eta;
  const auto usable = [](const Load& load, double bound) {
    return std::clamp(load.waiting + load.running, 1.0, std::max(bound, 1.0));
  };
  const double open = slots ? static_cast<double>(*slots) : most;
  double low = all.Low(usable(all, open));
  double high = all.High(usable(all, open));
  for (const auto& [name, load] : bounded) {
    const double bound = std::min(open, static_cast<double>(limits.per_model.at(name)));
    low = std::max(low, load.Low(usable(load, bound)));
    high = std::max(high, load.High(usable(load, bound)));
  }
  if (all.waiting > 0) {
    const double pace = (all.waiting + unlearnt - 1) / std::max(limits.submit_rate, 1e-9);
    low = std::max(low, pace + all.quick);
    high = std::max(high, pace + all.slow);
  }
  eta.low = FromSeconds(low);
  eta.high = FromSeconds(std::max(low, high));
  return eta;
}

std::string EtaText(const Eta& eta) {
  if (!eta.known) {
    const Millis least = Rounded(eta.low, false);
    return least > Millis{0} ? "at least " + FormatDuration(least) : std::string();
  }
  if (eta.high <= Seconds{10}) return "a few seconds";
  const Millis low = Rounded(eta.low, false);
  const Millis high = Rounded(eta.high, true);
  if (low >= high) return "about " + FormatDuration(high);
  if (low < Seconds{5}) return "up to " + FormatDuration(high);
  return fmt::format("{} to {}", FormatDuration(low), FormatDuration(high));
}

}  // namespace aigc::pipeline
