// Who may ask for what. Every request passes here before anything else looks at it.
//
//   Host    an address, "localhost", or a name the user gave: a page of another site whose name was
//           pointed at this machine (DNS rebinding) is turned away.
//   Origin  of a page, must be this server's own; a cross-site form cannot post JSON either.
//   Token   on the loopback optional, and then needed for what spends or changes; elsewhere it must
//           be set, and everything but /healthz and the sign-in page needs it.
//
// Pure and read-only once made: any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "serve/message.h"

namespace aigc::serve {

struct GuardOptions {
  bool loopback = true;                 // only this machine can connect
  std::vector<std::string> host_names;  // further names in Host, lower case, without port
  Secret token{};                       // empty: none
};

class Guard {
 public:
  explicit Guard(GuardOptions options);

  // The refusal, or nothing when the request may pass.
  std::optional<Reply> Check(const Request& request) const;
  // Whether the request carries the token (or none is needed at all).
  bool SignedIn(const Request& request) const;
  // The value for Set-Cookie when `token` is the right one; takes as long for a wrong one.
  std::optional<std::string> SignIn(std::string_view token) const;
  bool has_token() const { return !options_.token.empty(); }

 private:
  bool HostAllowed(std::string_view host) const;

  GuardOptions options_;
  std::string session_;  // what the cookie holds: made from the token, not the token
};

// Whether `host` (a Host header) is an IP address, with or without a port.
bool IsAddress(std::string_view host);

}  // namespace aigc::serve
