// Counts what was let through in the last second, as the service's gateway does per action.
#pragma once

#include <deque>

#include "base/times.h"

namespace aigc::simulator {

// Amortised O(1) per call. One thread at a time.
class RateWindow {
 public:
  // Lets one more through unless `limit` were let through in (now - 1 s, now].
  bool Take(WallTime now, int limit) {
    // A clock set back must not hold up requests for as long as it was set back.
    if (!taken_.empty() && taken_.back() > now) taken_.clear();
    while (!taken_.empty() && taken_.front() <= now - Seconds(1)) taken_.pop_front();
    if (taken_.size() >= static_cast<std::size_t>(limit)) return false;
    taken_.push_back(now);
    return true;
  }

 private:
  std::deque<WallTime> taken_;
};

}  // namespace aigc::simulator
