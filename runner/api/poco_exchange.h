// The Exchange that talks to the real service (and to the simulator) over HTTPS with Poco.
//
// A few worker threads per lane do nothing but network and, for downloads and uploads, use the
// sink or source they were given; every decision stays with the caller's thread. Connections are
// kept alive in a bounded pool. TLS 1.2 or newer always, certificates and host names always
// checked.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "api/codec.h"
#include "api/dialer.h"
#include "api/exchange.h"
#include "api/proxy.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace aigc::api {

struct PocoExchangeOptions {
  std::string endpoint{"https://vod.tencentcloudapi.com"};  // https://host[:port]
  Credentials credentials{};
  ApiSettings settings{};  // host is taken from the endpoint
  std::string ca_file{};   // PEM, trusted beside the system's authorities; empty: none
  ProxySettings proxy{};
  TimeLimits limits{};
  // Threads, and so requests at a time, per lane.
  std::size_t create_workers = 8;
  std::size_t query_workers = 8;
  std::size_t download_workers = 4;
  std::size_t upload_workers = 2;
};

// `clock` must outlive the exchange; its Now() signs and its Ticks() measure deadlines and idle
// times. Fails with kUsage when the endpoint, the proxy or ca_file cannot be used.
//
// Destruction cuts what is in flight and joins the threads, without answers for the rest; a host
// name being looked up cannot be interrupted and is waited for.
Result<std::unique_ptr<Exchange>> MakePocoExchange(PocoExchangeOptions options, const Clock& clock);

}  // namespace aigc::api
