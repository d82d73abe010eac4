#include "api/url.h"

#include <charconv>

#include "base/text.h"

namespace aigc::api {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (port < 1 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

bool IsHostName(std::string_view host) {
  if (host.empty()) return false;
  for (const char c : host) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f) return false;
    if (std::string_view("/\\?#@[]%<>\"'`{}|^,;&").find(c) != std::string_view::npos) return false;
  }
  return true;
}

std::string EncodeTarget(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string out;
  if (text.empty() || text.front() != '/') out += '/';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += '%';
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
    }
  }
  return out;
}

bool ReadAuthority(std::string_view authority, Url& url) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  std::string_view host = authority;
  std::string_view rest;
  if (!authority.empty() && authority.front() == '[') {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return false;
    host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
    if (host.find(':') == std::string_view::npos) return false;
  } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (!IsHostName(host)) return false;
  url.host = ToLower(host);
  url.port = url.tls ? kHttpsPort : kHttpPort;
  if (rest.empty()) return true;
  const auto port = rest.front() == ':' ? ParsePort(rest.substr(1)) : std::nullopt;
  url.port = port.value_or(0);
  return port.has_value();
}

}  // namespace

std::optional<Url> ParseUrl(std::string_view text) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  Url url;
  if (EqualsIgnoreCase(text.substr(0, kHttps.size()), kHttps)) {
    url.tls = true;
    text.remove_prefix(kHttps.size());
  } else if (EqualsIgnoreCase(text.substr(0, kHttp.size()), kHttp)) {
    text.remove_prefix(kHttp.size());
  } else {
    return std::nullopt;
  }
  text = text.substr(0, text.find('#'));
  const auto end = std::min(text.find_first_of("/?"), text.size());
  if (!ReadAuthority(text.substr(0, end), url)) return std::nullopt;
  url.target = EncodeTarget(text.substr(end));
  return url;
}

std::optional<Url> ResolveUrl(const Url& base, std::string_view location) {
  location = Trim(location);
  if (location.empty()) return std::nullopt;
  if (location.substr(0, 2) == "//") {
    return ParseUrl(std::string(base.tls ? "https:" : "http:") + std::string(location));
  }
  // A scheme is a colon before any of / ? #.
  const auto colon = location.find(':');
  if (colon != std::string_view::npos && colon < location.find_first_of("/?#")) {
    return ParseUrl(location);
  }
  Url url = base;
  location = location.substr(0, location.find('#'));
  const std::string_view path = std::string_view(base.target).substr(0, base.target.find('?'));
  if (location.empty()) return url;
  if (location.front() == '/') {
    url.target = EncodeTarget(location);
  } else if (location.front() == '?') {
    url.target = EncodeTarget(std::string(path) + std::string(location));
  } else {
    url.target =
        EncodeTarget(std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location));
  }
  return url;
}

std::string Authority(const Url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  return (v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

std::string HostHeader(const Url& url) {
  std::string out = Authority(url);
  if (url.port == (url.tls ? kHttpsPort : kHttpPort)) out.resize(out.rfind(':'));
  return out;
}

}  // namespace aigc::api
