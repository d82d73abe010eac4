// Counts of tasks as a person reads them: a few words for eleven states. Pure functions.
#pragma once

#include <cstdint>

#include "store/store.h"

namespace aigc::cli {

struct LiveTally {
  std::int64_t total = 0, ended = 0, succeeded = 0;
  std::int64_t failed = 0, lost = 0, skipped = 0, cancelled = 0;
  std::int64_t running = 0;   // with the service, or on the way there
  std::int64_t fetching = 0;  // generated
  std::int64_t waiting = 0;   // for room, for others, for another try
  std::int64_t blocked = 0;   // of those: for others
};

LiveTally TallyOf(const store::StateCounts& counts);

}  // namespace aigc::cli
