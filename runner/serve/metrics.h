// What Prometheus reads. Pure function.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "serve/state_view.h"

namespace aigc::serve {

struct MetricsInput {
  std::string version;
  std::size_t connections = 0;                                    // open
  std::size_t waiting = 0;                                        // calls of /aigc/create
  std::map<std::pair<std::string, int>, std::uint64_t> answered;  // by route and status
};

// Text format 0.0.4.
std::string MetricsText(const std::vector<BatchState>& batches, const MetricsInput& input);

}  // namespace aigc::serve
