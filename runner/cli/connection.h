// The Exchange of a run: the service over the network, or the simulator of this process. The one
// file that knows how the real one is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "api/exchange.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "cli/simulation.h"
#include "pipeline/limits.h"

namespace aigc::cli {

struct ConnectionOptions {
  std::string endpoint;
  Credentials credentials;
  std::int64_t sub_app_id = 0;
  pipeline::Limits limits{};
  std::string ca_file{};  // a trust anchor besides the system's; may be empty
  std::string https_proxy{}, http_proxy{}, no_proxy{};
};

ConnectionOptions SimulatedConnection(const Simulation& simulation);
ConnectionOptions RealConnection(const Options& options, const Settings& settings,
                                 const std::string& endpoint, const Credentials& credentials);

// How many requests must be on the wire at once to reach `rate` a second. Pure.
std::size_t WorkersFor(double rate);
// As many workers as limits that were raised in mid-run keep busy.
void WidenFor(api::Exchange& exchange, const pipeline::Limits& limits);

// `clock` must outlive the exchange.
Result<std::unique_ptr<api::Exchange>> Connect(const ConnectionOptions& options,
                                               const Clock& clock);

}  // namespace aigc::cli
