// The service's side of the object storage's signature (reference 9.2), written against the raw
// request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/http.h"
#include "base/secret.h"
#include "base/times.h"

namespace aigc::simulator {

// A refusal in the storage's own words.
struct StorageError {
  int status = 403;
  std::string code;
  std::string message;
};

// Percent-encoding undone.
std::string DecodePath(std::string_view target);

// Checks key id, security token, time and signature. `path` is the decoded one. Pure; any thread.
std::optional<StorageError> CheckStorageSignature(const HttpRequest& request, std::string_view path,
                                                  const Credentials& credentials, WallTime now);

}  // namespace aigc::simulator
