#include "pipeline/poll_schedule.h"

#include <algorithm>

namespace aigc::pipeline {

Millis FirstLook(const Limits& limits) { return limits.first_look; }

Millis NextLook(const Limits& limits, Millis age) {
  const Millis most =
      age < std::chrono::hours{1} ? Millis{Seconds{30}} : Millis{std::chrono::minutes{5}};
  return std::max(limits.look_every, std::min(most, age / 10));
}

}  // namespace aigc::pipeline
