// The signature of the object storage that takes uploads (COS XML API, HMAC-SHA1; reference 9.2).
// Time comes as an argument. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace aigc::api {

struct CosSignInput {
  std::string_view method = "PUT";
  std::string_view path;  // decoded: "/a b.png"
  // What to sign, in any order: name as sent, value as sent. At least Host.
  std::vector<std::pair<std::string, std::string>> headers{};
  std::int64_t begin = 0, end = 0;  // Unix seconds in which the signature holds
};

// Everything on the way to the signature, for the published vectors.
struct CosSignature {
  std::string sign_key, http_string, string_to_sign;  // key and hashes in lower-case hex
  std::string signature;
  std::string authorization;  // value of the Authorization header
};

CosSignature SignCos(const CosSignInput& input, const Credentials& credentials);

// Everything but letters, digits and "-_.~" as %XX; with `keep_slashes` '/' stays too, for paths.
std::string CosEncode(std::string_view text, bool keep_slashes = false);

}  // namespace aigc::api
