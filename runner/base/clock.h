// Where time comes from. The program asks a Clock it was given; only SystemClock reads the
// machine's. A clock never waits: the one wait of the program is api::Exchange::Wait.
#pragma once

#include "base/times.h"

namespace aigc {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() const = 0;      // may jump, either way
  virtual SteadyTime Ticks() const = 0;  // never goes back
};

// The machine's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  WallTime Now() const override;
  SteadyTime Ticks() const override;
};

}  // namespace aigc
