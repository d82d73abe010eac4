// Spaces requests so that no window of one second ever holds more than the configured rate, and
// adapts when the service says that it was too fast.
//
// GCRA: starts are spread evenly, 1/rate apart and a hair more (kMargin a second), so that what the
// network squeezes together still arrives within the rate. A late turn of the loop may catch up by
// at most 0.2 s, and the starts of the last second keep any second at or below the rate whatever
// the catching up did.
//
// Its state (store::PaceRow) is the account's: two runs that hand it to each other, or one after
// the other, together keep the rate. Times are those of the boot; the wall clock plays no part.
//
// Pure state, no clock of its own; the loop's thread only.
#pragma once

#include <cstddef>
#include <string>

#include "base/times.h"
#include "store/account.h"

namespace aigc::pipeline {

class Pacer {
 public:
  static constexpr Micros kMargin{15'000};
  // Beyond this no service's limit is near, and single starts are not kept, only the spacing.
  static constexpr double kCountedRate = 1000;

  // per_second > 0. Rates below one a second are kept exactly (0.2: one in five seconds).
  explicit Pacer(double per_second) : rate_(per_second) {}
  // Another rate from now on. What a refusal taught stays.
  void SetRate(double per_second);

  const store::PaceRow& state() const { return state_; }
  // Goes on from there. What cannot be (a time far from `now`) is left out.
  void Load(const store::PaceRow& state, SteadyTime now);

  // The earliest time at which the next request may start; in the past when it may start now.
  SteadyTime NextStart() const;
  // Records a start. REQUIRES: NextStart() <= now.
  void Start(SteadyTime now);
  // The last `count` starts left only at `now`: there was work between deciding and sending.
  void Delay(int count, SteadyTime now);

  // Whose request left last.
  void SetLast(const std::string& batch) { state_.last_batch = batch; }

  // The service refused for rate: half the rate from now on, nothing for one second, then a tenth
  // of the configured rate more every second up to nine tenths of what was refused, and from there
  // a hundredth. One burst of refusals counts once; false for all but its first.
  bool Slow(SteadyTime now, WallTime wall, std::string reason);

  // Rate in force at `now`, requests a second.
  double RateAt(SteadyTime now) const { return RateAt(state_, rate_, now); }
  static double RateAt(const store::PaceRow& state, double rate, SteadyTime now);
  bool slowed(SteadyTime now) const { return RateAt(now) < rate_; }
  double rate() const { return rate_; }
  // Time between two starts at this rate.
  static Micros Gap(double rate);

 private:
  double rate_;
  store::PaceRow state_;
};

}  // namespace aigc::pipeline
