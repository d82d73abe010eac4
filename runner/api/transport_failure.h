// Exceptions of the network, named. Private to the room.
#pragma once

#include <Poco/Exception.h>

#include <string>

#include "api/exchange.h"

namespace aigc::api {

// A Failure of `kind` whose code is one of: dns, refused, unreachable, timeout, reset, closed, tls,
// too_long, garbage, network. `where` is the host and port for the message.
Failure TransportFailure(FailureKind kind, const Poco::Exception& exception,
                         const std::string& where);

}  // namespace aigc::api
