// Opens connections: name, TCP, proxy, TLS. Whatever fails here fails before the first byte of a
// request. Any thread.
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/Session.h>

#include <memory>
#include <string>
#include <variant>

#include "api/connection.h"
#include "api/exchange.h"
#include "api/open_sockets.h"
#include "api/proxy.h"
#include "api/url.h"
#include "base/clock.h"
#include "base/times.h"

namespace aigc::api {

struct TimeLimits {
  Millis connect{10'000};        // to a socket that is ready: name look-up aside, all of it
  Millis exchange{60'000};       // silence while sending or receiving an API call
  Millis download_idle{60'000};  // silence, or less than 1 KiB, while receiving a file
  // An API call as a whole: a 10 MB body over a slow line is still within it.
  Millis call{300'000};
};

class Dialer {
 public:
  using Connected = std::variant<std::unique_ptr<Connection>, Failure>;

  // All must outlive the dialer.
  Dialer(Poco::Net::Context::Ptr tls, const ProxyChoice& proxies, TimeLimits limits,
         OpenSockets& sockets, const Clock& clock);

  // A connection to `target` (for plain http behind a proxy: to the proxy) on which silence of
  // `silence` is a time-out. `session` may hold an earlier TLS session to go on with. The failure
  // is kNotSent, or kUntrusted for a certificate that cannot be trusted.
  Connected Dial(const Url& target, const Poco::Net::Session::Ptr& session, Millis silence);

 private:
  struct Socket;
  Socket OpenTcp(const Url& where, SteadyTime deadline);
  void ConnectThroughProxy(Socket& socket, const Proxy& proxy, const Url& target);
  void BeginTls(Socket& socket, const Url& target, const Poco::Net::Session::Ptr& session);
  Poco::Timespan Left(SteadyTime deadline) const;

  Poco::Net::Context::Ptr tls_;
  const ProxyChoice& proxies_;
  const TimeLimits limits_;
  OpenSockets& sockets_;
  const Clock& clock_;
};

}  // namespace aigc::api
