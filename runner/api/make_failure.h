// Private to the room.
#pragma once

#include <string>
#include <utility>

#include "api/exchange.h"

namespace aigc::api {

inline Failure MakeFailure(FailureKind kind, std::string code, std::string message) {
  Failure failure;
  failure.kind = kind;
  failure.code = std::move(code);
  failure.message = std::move(message);
  return failure;
}

}  // namespace aigc::api
