// A certificate authority of its own for every start, and a server certificate from it. Private
// keys stay in memory.
#pragma once

#include <Poco/Net/Context.h>

#include <string>

#include "base/result.h"
#include "base/times.h"

namespace aigc::simulator {

struct ServerIdentity {
  std::string ca_pem;               // what clients trust
  Poco::Net::Context::Ptr context;  // for the server's sockets
};

// EC P-256 keys; valid from a day before `now` for ten years; for localhost, 127.0.0.1 and ::1.
// TLS 1.2 and newer. Fails with kInternal when OpenSSL refuses.
Result<ServerIdentity> MakeIdentity(WallTime now);

}  // namespace aigc::simulator
