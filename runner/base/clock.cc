#include "base/clock.h"

namespace aigc {

WallTime SystemClock::Now() const {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::Ticks() const {
  // CLOCK_MONOTONIC under libstdc++: it stops while the machine sleeps, which suits intervals
  // between requests (nothing was sent meanwhile).
  return SteadyTime{
      std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch())};
}

}  // namespace aigc
