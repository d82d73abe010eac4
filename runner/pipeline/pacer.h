// Spaces the requests of one API action so that no window of one second ever holds more than the
// configured rate, and adapts when the service says that it was too fast.
//
// Starts are spread evenly (1/rate apart). A late turn of the loop may catch up by at most
// kCatchUp, and a ring of the last starts keeps any second at or below the rate whatever the
// catch-up did.
//
// Pure state, no clock of its own; the loop's thread only.
#pragma once

#include <cstddef>
#include <deque>

#include "base/times.h"

namespace aigc::pipeline {

class Pacer {
 public:
  // per_second > 0. Rates below one a second are kept exactly (0.2: one in five seconds).
  explicit Pacer(double per_second);

  // The earliest time at which the next request may start; in the past when it may start now.
  SteadyTime NextStart() const;
  // Records a start. REQUIRES: NextStart() <= now.
  void Start(SteadyTime now);

  // The service refused for rate: half the rate from now on, nothing for one second, then 10 % of
  // the configured rate more for every second without a further refusal.
  void Slow(SteadyTime now);

  // Another rate from now on. What a refusal taught is kept as far as it is below it.
  void SetRate(double per_second);

  // Rate in force at `now`, requests a second.
  double RateAt(SteadyTime now) const;
  bool slowed(SteadyTime now) const { return RateAt(now) < rate_; }

 private:
  static constexpr Micros kCatchUp{20'000};

  double rate_;
  double slowed_rate_;
  SteadyTime slowed_at_{};
  SteadyTime hold_until_{};
  SteadyTime next_{};
  bool slowed_ = false;
  std::deque<SteadyTime> last_second_;
};

}  // namespace aigc::pipeline
