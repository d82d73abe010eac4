// An error in the service's own words: Response.Error of an answer.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace aigc::simulator {

struct ApiError {
  std::string code;
  std::string message;
};

// A value, or the error the service answers with instead.
template <typename T>
using Checked = std::variant<T, ApiError>;

// The usual text of a code, for scripted refusals that give none.
std::string DefaultMessage(std::string_view code, std::string_view action);

}  // namespace aigc::simulator
