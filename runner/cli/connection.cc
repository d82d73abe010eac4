#include "cli/connection.h"

#include <algorithm>
#include <cmath>

#include "api/poco_exchange.h"

namespace aigc::cli {

std::size_t WorkersFor(double rate) {
  // A call takes 0.15 s when all is well (reference 3.8); three times that leaves room for slow
  // minutes. More than 64 threads only wait for the service.
  constexpr double kCallSeconds = 0.45;
  return static_cast<std::size_t>(std::clamp(std::ceil(rate * kCallSeconds), 4.0, 64.0));
}

void WidenFor(api::Exchange& exchange, const pipeline::Limits& limits) {
  exchange.Widen(api::Lane::kCreate, WorkersFor(limits.submit_rate));
  exchange.Widen(api::Lane::kQuery, WorkersFor(limits.poll_rate));
  exchange.Widen(api::Lane::kDownload, static_cast<std::size_t>(limits.downloads));
}

ConnectionOptions SimulatedConnection(const Simulation& simulation) {
  ConnectionOptions options;
  options.endpoint = simulation.endpoint();
  options.credentials = SimulatedCredentials();
  options.ca_file = simulation.ca_file();
  return options;
}

ConnectionOptions RealConnection(const Options& options, const Settings& settings,
                                 const std::string& endpoint, const Credentials& credentials) {
  ConnectionOptions connection;
  connection.endpoint = endpoint;
  connection.credentials = credentials;
  connection.ca_file = options.ca_file.value_or("");
  connection.https_proxy = settings.https_proxy();
  connection.http_proxy = settings.http_proxy();
  connection.no_proxy = settings.no_proxy();
  return connection;
}

Result<std::unique_ptr<api::Exchange>> Connect(const ConnectionOptions& options,
                                               const Clock& clock) {
  api::PocoExchangeOptions exchange;
  exchange.endpoint = options.endpoint;
  exchange.credentials = options.credentials;
  exchange.settings.sub_app_id = options.sub_app_id;
  exchange.settings.region = api::DefaultRegion(options.endpoint);
  exchange.settings.client = "aigc-batch/" AIGC_VERSION;
  exchange.ca_file = options.ca_file;
  exchange.proxy = {options.https_proxy, options.http_proxy, options.no_proxy};
  exchange.create_workers = WorkersFor(options.limits.submit_rate);
  exchange.query_workers = WorkersFor(options.limits.poll_rate);
  exchange.download_workers = static_cast<std::size_t>(options.limits.downloads);
  return api::MakePocoExchange(std::move(exchange), clock);
}

}  // namespace aigc::cli
