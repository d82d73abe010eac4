#include "serve/guard.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/text.h"

namespace aigc::serve {
namespace {

constexpr std::string_view kCookie = "aigc_session=";

// "name" of "name:8080" and "[::1]" of "[::1]:8080"; empty when the rest is no port.
std::string_view NameOf(std::string_view host) {
  std::size_t end = host.size();
  if (host.starts_with('[')) {
    end = host.find(']');
    if (end == std::string_view::npos) return {};
    ++end;
  } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
    end = colon;
  }
  std::string_view port = host.substr(end);
  if (!port.empty()) {
    port.remove_prefix(1);
    const bool digits =
        !port.empty() && port.size() <= 5 &&
        std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (host[end] != ':' || !digits) return {};
  }
  return host.substr(0, end);
}

bool IsV4(std::string_view name) {
  const auto parts = Split(name, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           return !part.empty() && part.size() <= 3 &&
                  std::all_of(part.begin(), part.end(),
                              [](char c) { return c >= '0' && c <= '9'; });
         });
}

bool IsV6(std::string_view name) {
  if (name.size() < 4 || !name.starts_with('[') || !name.ends_with(']')) return false;
  name = name.substr(1, name.size() - 2);
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
           c == '.';
  });
}

// Compared by digest, so that the time tells nothing of how far they agree.
bool Same(std::string_view a, std::string_view b) { return Sha256(a) == Sha256(b); }

std::string_view CookieOf(const Request& request) {
  for (std::string_view part : Split(request.headers.Get("Cookie"), ';')) {
    part = Trim(part);
    if (part.starts_with(kCookie)) return part.substr(kCookie.size());
  }
  return {};
}

bool Reads(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

// Needs no token anywhere: says nothing of any batch.
bool IsOpen(const Request& request) {
  if (request.path.empty()) return true;
  const std::string& first = request.path.front();
  if (request.path.size() > 1 && first != "assets") return false;
  return first.empty() || first == "healthz" || first == "sign-in" || first == "assets";
}

}  // namespace

bool IsAddress(std::string_view host) {
  const std::string_view name = NameOf(host);
  return IsV4(name) || IsV6(name);
}

Guard::Guard(GuardOptions options)
    : options_(std::move(options)),
      session_(options_.token.empty()
                   ? ""
                   : Hex(HmacSha256(options_.token.Reveal(), "aigc-batch serve session 1"))) {}

bool Guard::HostAllowed(std::string_view host) const {
  if (IsAddress(host)) return true;
  const std::string name = ToLower(NameOf(host));
  if (name == "localhost") return true;
  return !name.empty() && std::find(options_.host_names.begin(), options_.host_names.end(), name) !=
                              options_.host_names.end();
}

bool Guard::SignedIn(const Request& request) const {
  if (options_.token.empty()) return true;
  const std::string_view authorization = request.headers.Get("Authorization");
  constexpr std::string_view kBearer = "Bearer ";
  if (authorization.size() > kBearer.size() &&
      EqualsIgnoreCase(authorization.substr(0, kBearer.size()), kBearer)) {
    return Same(Trim(authorization.substr(kBearer.size())), options_.token.Reveal());
  }
  const std::string_view cookie = CookieOf(request);
  return !cookie.empty() && Same(cookie, session_);
}

std::optional<std::string> Guard::SignIn(std::string_view token) const {
  if (options_.token.empty() || !Same(token, options_.token.Reveal())) return std::nullopt;
  return std::string(kCookie) + session_ + "; Path=/; HttpOnly; SameSite=Strict";
}

std::optional<Reply> Guard::Check(const Request& request) const {
  const std::string_view host = request.headers.Get("Host");
  if (!HostAllowed(host)) {
    return ErrorReply(421, "host", "this server does not go by that name",
                      "use its address, or start it with --host-name NAME");
  }
  if (request.headers.Has("Origin")) {
    const std::string_view origin = request.headers.Get("Origin");
    const bool own =
        origin == "http://" + std::string(host) || origin == "https://" + std::string(host);
    if (!own) return ErrorReply(403, "origin", "pages of other sites may not ask this server");
  }
  if (!Reads(request)) {
    const std::string_view site = request.headers.Get("Sec-Fetch-Site");
    if (!site.empty() && site != "same-origin" && site != "none") {
      return ErrorReply(403, "origin", "pages of other sites may not ask this server");
    }
    const std::string_view type = request.headers.Get("Content-Type");
    const std::string_view media = Trim(type.substr(0, type.find(';')));
    if (request.method == "POST" && !EqualsIgnoreCase(media, "application/json")) {
      return ErrorReply(415, "media_type", "send JSON, with Content-Type: application/json");
    }
  }
  if (options_.token.empty() || IsOpen(request)) return std::nullopt;
  if (options_.loopback && Reads(request)) return std::nullopt;
  if (SignedIn(request)) return std::nullopt;
  Reply reply = ErrorReply(401, "token", "this needs the server's token",
                           "send it as Authorization: Bearer TOKEN, or sign in on the start page");
  reply.headers.Add("WWW-Authenticate", "Bearer");
  return reply;
}

}  // namespace aigc::serve
