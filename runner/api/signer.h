// TC3-HMAC-SHA256, the signature of every API request (reference 2). Time comes as an argument, the
// secret key leaves this file only as HMACs of it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/secret.h"

namespace aigc::api {

struct SignedHeader {
  std::string_view name;   // lower case
  std::string_view value;  // as sent; trimmed and lower-cased here
};

struct SignInput {
  std::string_view service = "vod";  // whatever host the endpoint has
  std::string_view body;             // the very bytes to send
  std::int64_t timestamp = 0;        // Unix seconds, the same as in X-TC-Timestamp
  // What to sign, sorted by name. Requests of this program sign content-type and host, as all
  // official SDKs do.
  std::vector<SignedHeader> headers{};
};

// Everything on the way to the signature, for the published vectors.
struct Signature {
  std::string canonical_request, string_to_sign;
  std::string signature;      // lower-case hex
  std::string authorization;  // value of the Authorization header
};

struct SigningKeys {
  Sha256Bytes date{}, service{}, signing{};
};
// The three keys in turn: of the day ("2026-08-20"), of the service, and the one that signs.
SigningKeys DeriveKeys(const Secret& secret_key, std::string_view date, std::string_view service);

// The signing key of the last day used: deriving it takes three HMACs, and it changes once a day.
// Any thread.
class SigningKeyCache {
 public:
  Sha256Bytes Get(const Secret& secret_key, std::string_view date, std::string_view service);

 private:
  std::mutex mutex_;
  std::string tag_;  // date, service and a hash of the key; empty: nothing cached
  Sha256Bytes key_{};
};

Signature Sign(const SignInput& input, const Credentials& credentials, SigningKeyCache& keys);

}  // namespace aigc::api
