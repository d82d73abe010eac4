#include "simulator/signature.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/text.h"

namespace aigc::simulator {
namespace {

constexpr std::string_view kAlgorithm = "TC3-HMAC-SHA256";
constexpr std::int64_t kMaxSkewSeconds = 300;

struct Authorization {
  std::string_view secret_id;
  std::string_view date;
  std::string_view service;
  std::string_view signed_headers;
  std::string_view signature;
};

bool IsHex64(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The part of `text` after `prefix`; empty data pointer when it does not begin so.
std::optional<std::string_view> After(std::string_view text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  return text.substr(prefix.size());
}

// "TC3-HMAC-SHA256 Credential=ID/DATE/SERVICE/tc3_request, SignedHeaders=a;b, Signature=HEX".
std::optional<Authorization> ReadAuthorization(std::string_view header) {
  auto rest = After(header, kAlgorithm);
  if (!rest || rest->empty() || rest->front() != ' ') return std::nullopt;
  std::vector<std::string_view> items = Split(rest->substr(1), ',');
  if (items.size() != 3) return std::nullopt;
  auto credential = After(Trim(items[0]), "Credential=");
  auto headers = After(Trim(items[1]), "SignedHeaders=");
  auto signature = After(Trim(items[2]), "Signature=");
  if (!credential || !headers || !signature || !IsHex64(*signature)) return std::nullopt;
  std::vector<std::string_view> scope = Split(*credential, '/');
  if (scope.size() != 4 || scope[0].empty() || scope[3] != "tc3_request") return std::nullopt;
  return Authorization{scope[0], scope[1], scope[2], *headers, *signature};
}

// Lower case, in byte order, no doubles, content-type and host among them, all really sent.
bool AreGoodHeaders(const std::vector<std::string_view>& names, const HttpRequest& request) {
  if (!std::is_sorted(names.begin(), names.end()) ||
      std::adjacent_find(names.begin(), names.end()) != names.end()) {
    return false;
  }
  if (std::find(names.begin(), names.end(), "content-type") == names.end()) return false;
  if (std::find(names.begin(), names.end(), "host") == names.end()) return false;
  return std::all_of(names.begin(), names.end(), [&](std::string_view name) {
    return name == ToLower(name) && request.headers.Has(name);
  });
}

std::string WithoutPort(std::string_view host) {
  std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos) {
    return std::string(host);
  }
  return std::string(host.substr(0, colon));
}

std::string Expected(const HttpRequest& request, const Authorization& authorization,
                     const std::vector<std::string_view>& names, std::string_view host,
                     std::string_view timestamp, std::string_view secret_key) {
  std::string canonical = request.method + "\n/\n\n";
  for (std::string_view name : names) {
    std::string_view value = name == "host" ? host : request.headers.Get(name);
    canonical.append(name).append(":").append(ToLower(Trim(value))).append("\n");
  }
  canonical.append("\n").append(authorization.signed_headers).append("\n");
  canonical.append(Sha256Hex(request.body));

  std::string scope(authorization.date);
  scope.append("/").append(authorization.service).append("/tc3_request");
  std::string to_sign(kAlgorithm);
  to_sign.append("\n").append(timestamp).append("\n").append(scope).append("\n");
  to_sign.append(Sha256Hex(canonical));

  std::string first_key = "TC3";
  first_key.append(secret_key);
  Sha256Bytes date_key = HmacSha256(first_key, authorization.date);
  Sha256Bytes service_key = HmacSha256(AsText(date_key), authorization.service);
  Sha256Bytes signing_key = HmacSha256(AsText(service_key), "tc3_request");
  return Hex(HmacSha256(AsText(signing_key), to_sign));
}

ApiError Refusal(std::string_view code) {
  std::string full = "AuthFailure.";
  full.append(code);
  std::string message = DefaultMessage(full, "");
  return {std::move(full), std::move(message)};
}

}  // namespace

std::optional<ApiError> CheckSignature(const HttpRequest& request, const Credentials& credentials,
                                       std::string_view service, WallTime now) {
  auto authorization = ReadAuthorization(request.headers.Get("Authorization"));
  if (!authorization) return Refusal("InvalidAuthorization");
  std::vector<std::string_view> names = Split(authorization->signed_headers, ';');
  if (!AreGoodHeaders(names, request)) return Refusal("InvalidAuthorization");
  if (authorization->secret_id != credentials.secret_id) return Refusal("SecretIdNotFound");

  std::string_view timestamp = request.headers.Get("X-TC-Timestamp");
  std::int64_t seconds = 0;
  auto [end, problem] =
      std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), seconds);
  // Twelve digits reach the year 33658, far inside what WallTime can hold.
  if (problem != std::errc() || end != timestamp.data() + timestamp.size() || seconds < 0 ||
      timestamp.size() > 12) {
    return Refusal("SignatureExpire");
  }
  std::int64_t skew = ToUnixSeconds(now) - seconds;
  if (skew > kMaxSkewSeconds || skew < -kMaxSkewSeconds) return Refusal("SignatureExpire");
  if (authorization->date != FormatDate(FromUnixMillis(seconds * 1000)) ||
      authorization->service != service) {
    return Refusal("SignatureFailure");
  }

  std::string_view host = request.headers.Get("Host");
  std::string_view key = credentials.secret_key.Reveal();
  std::string bare = WithoutPort(host);
  if (Expected(request, *authorization, names, host, timestamp, key) != authorization->signature &&
      (bare == host || Expected(request, *authorization, names, bare, timestamp, key) !=
                           authorization->signature)) {
    return Refusal("SignatureFailure");
  }
  if (!credentials.token.empty() &&
      request.headers.Get("X-TC-Token") != credentials.token.Reveal()) {
    return Refusal("TokenFailure");
  }
  return std::nullopt;
}

}  // namespace aigc::simulator
