#include "pipeline/pacer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace aigc::pipeline {
namespace {

constexpr Micros kSecond{1'000'000};
// A second, as far apart as requests must start to arrive so far apart.
constexpr Micros kWindow = kSecond + Micros{8'000};
// What a late turn may make up for: the starts of the last second keep the rate all the same.
constexpr Micros kCatchUp{200'000};
constexpr Micros kSameTime{1'000};
// Nobody plans further ahead, but for very low rates.
constexpr Micros kLongestGap = std::chrono::hours{1};

// Starts allowed in one second: the whole part of the rate, at least one.
int PerSecond(double rate) { return static_cast<int>(std::max(1.0, std::floor(rate))); }

}  // namespace

Micros Pacer::Gap(double rate) {
  const double margin = static_cast<double>(kMargin.count()) / std::max(1.0, rate);
  return Micros{static_cast<std::int64_t>(std::ceil(1e6 / rate + margin))};
}

void Pacer::SetRate(double per_second) {
  if (per_second == rate_) return;
  rate_ = per_second;
  // A long gap of the old rate does not hold up the new one; the last second's starts still count.
  if (!state_.starts.empty()) {
    state_.next = std::min(state_.next, state_.starts.back().at + Gap(per_second));
  }
}

void Pacer::Load(const store::PaceRow& state, SteadyTime now) {
  state_ = state;
  // Two machines' times, or two namespaces', must not stop a run for ever.
  const SteadyTime most = now + std::max(kLongestGap, Gap(rate_));
  if (state_.next > most) state_.next = now;
  if (state_.hold_until > now + kSecond) state_.hold_until = now;
  std::erase_if(state_.starts, [&](const store::PaceStart& s) { return s.at > now + kSecond; });
}

double Pacer::RateAt(const store::PaceRow& state, double rate, SteadyTime now) {
  if (state.slowed_rate <= 0) return rate;
  const auto waited = std::max<std::int64_t>(0, (now - state.slowed_at - kSecond).count());
  const double seconds = static_cast<double>(waited) / 1e6;
  const double knee = std::max(state.slowed_rate, 0.9 * state.refused_rate);
  const double to_knee = (knee - state.slowed_rate) / (0.1 * rate);
  const double now_rate = seconds <= to_knee ? state.slowed_rate + 0.1 * rate * seconds
                                             : knee + 0.01 * rate * (seconds - to_knee);
  return std::min(rate, now_rate);
}

SteadyTime Pacer::NextStart() const {
  SteadyTime at = std::max(state_.next, state_.hold_until);
  if (rate_ > kCountedRate) return at;
  int left = PerSecond(rate_);
  for (auto start = state_.starts.rbegin(); start != state_.starts.rend(); ++start) {
    left -= start->count;
    if (left <= 0) return std::max(at, start->at + kWindow);
  }
  return at;
}

void Pacer::Start(SteadyTime now) {
  const Micros gap = Gap(RateAt(now));
  // A start that is a little late does not delay the ones after it; a pause is not made up for.
  const bool idle = now - state_.next > std::max(gap, kCatchUp);
  state_.next = (idle ? now : state_.next) + gap;
  if (state_.slowed_rate > 0 && RateAt(now) >= rate_) state_.slowed_rate = 0;
  if (rate_ > kCountedRate) {
    state_.starts.clear();
    return;
  }
  auto& starts = state_.starts;
  const auto first = std::find_if(starts.begin(), starts.end(), [&](const store::PaceStart& start) {
    return start.at + kWindow > now;
  });
  starts.erase(starts.begin(), first);
  if (!starts.empty() && now - starts.back().at < kSameTime) {
    starts.back() = {std::max(now, starts.back().at), starts.back().count + 1};
  } else {
    starts.push_back({now, 1});
  }
}

void Pacer::Delay(int count, SteadyTime now) {
  auto& starts = state_.starts;
  int moved = 0;
  while (moved < count && !starts.empty() && starts.back().at < now) {
    const int some = std::min(count - moved, starts.back().count);
    moved += some;
    starts.back().count -= some;
    if (starts.back().count > 0) break;
    starts.pop_back();
  }
  if (moved > 0) starts.push_back({now, moved});
  // The next one keeps its distance from what left late.
  state_.next = std::max(state_.next, now);
}

bool Pacer::Slow(SteadyTime now, WallTime wall, std::string reason) {
  if (state_.slowed_rate > 0 && now < state_.hold_until) return false;
  const double refused = RateAt(now);
  state_.slowed_rate = std::max(rate_ * 0.05, refused / 2);
  state_.refused_rate = refused;
  state_.slowed_at = now;
  state_.hold_until = now + kSecond;
  state_.reason = std::move(reason);
  state_.reason_at = wall;
  return true;
}

}  // namespace aigc::pipeline
