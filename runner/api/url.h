// The few parts of an http or https URL that a connection needs. Kept as text: Poco::URI decodes
// and encodes paths again, which breaks signed download links. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aigc::api {

struct Url {
  bool tls = false;
  std::string user_info{};  // as written, percent-encoded; empty without one
  std::string host{};       // lower case; IPv6 without brackets
  std::uint16_t port = 0;
  std::string target{};  // path and query, begins with '/'; no fragment
  bool operator==(const Url&) const = default;
};

// None for anything but http://… and https://… with a host and a port from 1 to 65535. Blanks,
// control characters and bytes beyond ASCII in the target are percent-encoded; in the host they are
// refused.
std::optional<Url> ParseUrl(std::string_view text);

// What a Location header leads to from `base`. None when it is no http or https URL.
std::optional<Url> ResolveUrl(const Url& base, std::string_view location);

// "host:port", IPv6 in brackets.
std::string Authority(const Url& url);
// The same without the scheme's own port: the Host header.
std::string HostHeader(const Url& url);

}  // namespace aigc::api
