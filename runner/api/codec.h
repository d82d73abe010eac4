// Between typed requests and HTTP messages: what PocoExchange sends and reads, without any network,
// so that tests can put the simulator's core right behind it. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/exchange.h"
#include "api/signer.h"
#include "base/http.h"
#include "base/secret.h"
#include "base/times.h"

namespace aigc::api {

// Longer answers are not read (reference 10, 17: an answer may repeat the Base64 of its inputs).
inline constexpr std::size_t kMaxAnswerBytes = 32u * 1024 * 1024;

struct ApiSettings {
  std::string host;  // the Host header: name, and ":port" unless it is 443
  std::int64_t sub_app_id = 0;
  std::string region{"ap-guangzhou"};  // empty: not sent
  std::string language{"en-US"};       // of error messages
  std::string client{"aigc-batch"};    // "aigc-batch/1.2.3", for User-Agent and X-TC-RequestClient
};

// The region to name when the user says none: "ap-singapore" for hosts of the international site,
// else "ap-guangzhou" (reference 1.2).
std::string_view DefaultRegion(std::string_view host);

// The value of X-TC-Action.
std::string_view ActionOf(const Request& request);

// The complete, signed request. REQUIRES: neither a DownloadRequest nor
// a PutObjectRequest.
HttpRequest MakeApiRequest(const Request& request, const ApiSettings& settings,
                           const Credentials& credentials, WallTime signing_time,
                           SigningKeyCache& keys);

// What the answer says, ticket left 0. Anything that is not the documented form becomes a Failure:
// another status than 200 kHttp, an Error member kApi, everything else kUnclear with code "garbage"
// or "too_long". Never throws, whatever the bytes are; memory stays within a few times the body.
// ErrCodeExt "0" and "Success" are read as empty (reference 7.3).
Completion DecodeApiAnswer(const Request& request, const HttpResponse& response);

}  // namespace aigc::api
