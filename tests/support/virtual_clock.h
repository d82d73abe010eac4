// A clock that moves only when it is told to: wall and steady time together, or the wall alone: by
// a jump (somebody set it) or while the machine was suspended. Undisturbed() is the true time,
// which the service goes by.
#pragma once

#include "base/clock.h"

namespace aigc::testing {

class VirtualClock final : public Clock {
 public:
  // 2026-08-20T08:00:00Z, the day of the reference's examples.
  static constexpr WallTime kStart{Millis{1'787'212'800'000}};

  WallTime Now() const override { return Undisturbed() + jump_; }
  SteadyTime Ticks() const override { return SteadyTime{elapsed_}; }

  WallTime Undisturbed() const {
    return start_ + std::chrono::floor<Millis>(elapsed_) + suspended_;
  }

  void AdvanceTo(SteadyTime time) {
    if (time.time_since_epoch() > elapsed_) elapsed_ = time.time_since_epoch();
  }
  void Advance(Micros by) { elapsed_ += by; }
  void JumpWall(Millis by) { jump_ += by; }
  void Suspend(Millis by) { suspended_ += by; }

 private:
  WallTime start_ = kStart;
  Micros elapsed_{0};
  Millis jump_{0}, suspended_{0};
};

}  // namespace aigc::testing
