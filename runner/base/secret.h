// A value that must never be shown. It has no stream operator, no formatter and no comparison with
// text; the one way out is Reveal(), which only the signer and the header writer call.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace aigc {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  bool empty() const { return value_.empty(); }
  std::string_view Reveal() const { return value_; }

 private:
  std::string value_;
};

// What signs a request (reference 2). The id is not secret but is not printed in full either.
struct Credentials {
  std::string secret_id;
  Secret secret_key;
  Secret token;  // STS token, empty without one
};

}  // namespace aigc
