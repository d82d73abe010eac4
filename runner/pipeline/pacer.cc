#include "pipeline/pacer.h"

#include <algorithm>
#include <cmath>

namespace aigc::pipeline {
namespace {

constexpr Micros kSecond{1'000'000};

// Starts allowed in one second: the whole part of the rate, at least one.
std::size_t PerSecond(double rate) {
  return static_cast<std::size_t>(std::max(1.0, std::floor(rate)));
}

}  // namespace

Pacer::Pacer(double per_second) : rate_(per_second), slowed_rate_(per_second) {}

void Pacer::SetRate(double per_second) {
  if (per_second == rate_) return;
  // A long gap of the old rate does not hold up the new one; the last second's starts still count.
  if (!last_second_.empty()) {
    const Micros gap{static_cast<std::int64_t>(std::ceil(1e6 / per_second))};
    next_ = std::min(next_, last_second_.back() + gap);
  }
  rate_ = per_second;
  slowed_rate_ = std::min(slowed_rate_, per_second);
}

double Pacer::RateAt(SteadyTime now) const {
  if (!slowed_) return rate_;
  const double seconds =
      static_cast<double>(std::max<std::int64_t>(0, (now - slowed_at_ - kSecond).count())) / 1e6;
  return std::min(rate_, slowed_rate_ + 0.1 * rate_ * seconds);
}

SteadyTime Pacer::NextStart() const {
  SteadyTime at = std::max(next_, hold_until_);
  const std::size_t allowed = PerSecond(rate_);
  if (last_second_.size() >= allowed) {
    at = std::max(at, last_second_[last_second_.size() - allowed] + kSecond);
  }
  return at;
}

void Pacer::Start(SteadyTime now) {
  const Micros gap{static_cast<std::int64_t>(std::ceil(1e6 / RateAt(now)))};
  // A start that is late by less than one gap does not delay the ones after it; a longer pause is
  // not made up for. (The ring below keeps any second at the rate either way.)
  const bool idle = now - next_ > std::max(gap, kCatchUp);
  next_ = (idle ? now : next_) + gap;
  last_second_.push_back(now);
  while (last_second_.front() + kSecond <= now && last_second_.size() > 1) last_second_.pop_front();
  if (slowed_ && RateAt(now) >= rate_) slowed_ = false;
}

void Pacer::Slow(SteadyTime now) {
  // One burst of refusals is one event: the answers of a whole second arrive together.
  if (slowed_ && now < hold_until_) return;
  slowed_rate_ = std::max(rate_ * 0.05, RateAt(now) / 2);
  slowed_at_ = now;
  hold_until_ = now + kSecond;
  slowed_ = true;
}

}  // namespace aigc::pipeline
