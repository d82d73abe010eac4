#include "pipeline/backoff.h"

#include <algorithm>

namespace aigc::pipeline {

Millis Doubling(int n, Millis first, Millis cap) {
  // 2^30 times any first wait is beyond every cap in use.
  const auto factor = std::int64_t{1} << std::clamp(n, 0, 30);
  return std::min(cap, first * factor);
}

Millis FullJitter(int n, Millis first, Millis cap, double chance, Millis floor) {
  const Millis most = Doubling(n, first, cap);
  return std::max(floor,
                  Millis{static_cast<std::int64_t>(static_cast<double>(most.count()) * chance)});
}

}  // namespace aigc::pipeline
