#include "simulator/storage_signature.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

#include "base/digest.h"
#include "base/text.h"

namespace aigc::simulator {
namespace {

// A signature from so far in the future shows a clock that is wrong (reference 9.2).
constexpr std::int64_t kMostSkewSeconds = 15 * 60;

using Parts = std::map<std::string, std::string, std::less<>>;

// "q-sign-algorithm=sha1&q-ak=…": the values by their names.
Parts ReadParts(std::string_view header) {
  Parts parts;
  for (std::string_view item : Split(header, '&')) {
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    parts.emplace(item.substr(0, equals), item.substr(equals + 1));
  }
  return parts;
}

bool ReadSeconds(std::string_view text, std::int64_t& seconds) {
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return problem == std::errc() && end == text.data() + text.size() && text.size() <= 12;
}

std::string Encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::string_view("-_.~").find(c) != std::string_view::npos || (c >= '0' && c <= '9') ||
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      out.push_back(c);
    } else {
      std::string digits = Hex(std::string_view(&c, 1));
      for (char& digit : digits) {
        if (digit >= 'a') digit = static_cast<char>(digit - 'a' + 'A');
      }
      out.append("%").append(digits);
    }
  }
  return out;
}

std::string Expected(const HttpRequest& request, std::string_view path, const Parts& parts,
                     std::string_view secret_key) {
  std::string pairs;
  for (std::string_view name : Split(parts.find("q-header-list")->second, ';')) {
    if (!pairs.empty()) pairs.append("&");
    pairs.append(name).append("=").append(Encode(request.headers.Get(name)));
  }
  std::string text = ToLower(request.method);
  text.append("\n").append(path).append("\n\n").append(pairs).append("\n");
  std::string to_sign = "sha1\n" + parts.find("q-sign-time")->second + "\n" + Sha1Hex(text) + "\n";
  return HmacSha1Hex(HmacSha1Hex(secret_key, parts.find("q-key-time")->second), to_sign);
}

StorageError Denied(std::string message) {
  return StorageError{403, "AccessDenied", std::move(message)};
}

}  // namespace

std::string DecodePath(std::string_view target) {
  std::string out;
  for (std::size_t i = 0; i < target.size(); ++i) {
    unsigned value = 0;
    if (target[i] == '%' && i + 2 < target.size()) {
      auto [end, problem] = std::from_chars(&target[i + 1], &target[i + 1] + 2, value, 16);
      if (problem == std::errc() && end == &target[i + 1] + 2) {
        out.push_back(static_cast<char>(value));
        i += 2;
        continue;
      }
    }
    out.push_back(target[i]);
  }
  return out;
}

std::optional<StorageError> CheckStorageSignature(const HttpRequest& request, std::string_view path,
                                                  const Credentials& credentials, WallTime now) {
  const Parts parts = ReadParts(request.headers.Get("Authorization"));
  for (const char* name : {"q-sign-algorithm", "q-ak", "q-sign-time", "q-key-time", "q-header-list",
                           "q-url-param-list", "q-signature"}) {
    if (parts.count(name) == 0) return Denied("Access Denied.");
  }
  if (parts.find("q-ak")->second != credentials.secret_id) {
    return StorageError{403, "InvalidAccessKeyId", "The Access Key Id you provided does not exist"};
  }
  if (request.headers.Get("x-cos-security-token") != credentials.token.Reveal()) {
    return StorageError{403, "InvalidAccessKeyId", "The security token is invalid"};
  }
  const std::vector<std::string_view> names = Split(parts.find("q-header-list")->second, ';');
  if (std::find(names.begin(), names.end(), "host") == names.end() ||
      !std::is_sorted(names.begin(), names.end())) {
    return Denied("the header host is not signed");
  }
  const std::vector<std::string_view> times = Split(parts.find("q-sign-time")->second, ';');
  std::int64_t begin = 0, end = 0;
  if (times.size() != 2 || !ReadSeconds(times[0], begin) || !ReadSeconds(times[1], end)) {
    return Denied("the signature's time is malformed");
  }
  const std::int64_t seconds = ToUnixSeconds(now);
  if (begin > seconds + kMostSkewSeconds) {
    return StorageError{
        403, "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large."};
  }
  if (end < seconds) return Denied("Request has expired");
  if (Expected(request, path, parts, credentials.secret_key.Reveal()) !=
      parts.find("q-signature")->second) {
    return StorageError{403, "SignatureDoesNotMatch", "The Signature you specified is invalid."};
  }
  return std::nullopt;
}

}  // namespace aigc::simulator
