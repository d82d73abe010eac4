// The service's side of TC3-HMAC-SHA256 (reference 2), written against the raw request.
#pragma once

#include <optional>
#include <string_view>

#include "base/http.h"
#include "base/secret.h"
#include "base/times.h"
#include "simulator/api_error.h"

namespace aigc::simulator {

// Checks id, time (within 300 s of `now`), signature and token, in that order; empty when the
// request may pass. The signed host may be the Host header as sent or the same without its port,
// for official clients differ there. Pure; any thread.
std::optional<ApiError> CheckSignature(const HttpRequest& request, const Credentials& credentials,
                                       std::string_view service, WallTime now);

}  // namespace aigc::simulator
