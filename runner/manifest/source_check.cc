#include "manifest/source_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace aigc::manifest {
namespace {

constexpr std::array<std::string_view, 3> kCredentialVariables = {
    "TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN"};

// Without underscores and hyphens, in lower case.
constexpr std::array<std::string_view, 12> kSecretKeys = {"secretid",
                                                          "secretkey",
                                                          "tencentcloudsecretid",
                                                          "tencentcloudsecretkey",
                                                          "sessiontoken",
                                                          "securitytoken",
                                                          "tencentcloudtoken",
                                                          "token",
                                                          "accesskeyid",
                                                          "accesskeysecret",
                                                          "apikey",
                                                          "password"};

// A SecretId is "AKID" and 32 letters and digits; shorter ones are seen in documentation.
constexpr std::string_view kKeyStart = "AKID";
constexpr std::size_t kKeyLetters = 12;
// From the next one on they are counted: a masked text is looked for in every message.
constexpr std::size_t kSecretsShown = 20;
// Short stand-ins for credentials ("sim") occur in ordinary text.
constexpr std::size_t kShortestSecret = 8;

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Control characters that YAML text cannot hold.
bool IsForbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

}  // namespace

bool CheckText(const SourceText& source, ProblemList& problems) {
  const std::string_view text = source.text();
  if (Trim(text.substr(source.body_offset())).empty()) {
    problems.Error(source.body_offset(), "the manifest is empty",
                   "a manifest begins with \"manifest: 1\" and has a list of tasks");
    return false;
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    problems.Error(nul, fmt::format("byte {} is NUL: this is not a text file", nul),
                   "a manifest is YAML in UTF-8; save a UTF-16 file as UTF-8");
    return false;
  }
  if (const auto bad = FindBadUtf8(text)) {
    problems.Error(*bad,
                   fmt::format("byte {} (0x{:02X}) is not UTF-8", *bad,
                               static_cast<unsigned>(static_cast<unsigned char>(text[*bad]))),
                   "save the file as UTF-8");
    return false;
  }
  const auto control = std::find_if(text.begin(), text.end(), IsForbidden);
  if (control != text.end()) {
    problems.Error(static_cast<std::size_t>(control - text.begin()),
                   fmt::format("the control character U+{:04X}", static_cast<unsigned>(*control)),
                   "remove it");
    return false;
  }
  for (std::size_t at = text.find('\r'); at != std::string_view::npos;
       at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] == '\n') continue;
    problems.Error(at, "a carriage return without a line feed",
                   "save the file with line ends LF or CRLF");
    return false;
  }
  return true;
}

bool CheckSecrets(const SourceText& source, const Environment& environment, ProblemList& problems) {
  const std::string_view text = source.text();
  std::size_t count = 0;
  std::size_t first_unshown = text.size();
  const auto found = [&](std::size_t at, std::size_t length, std::string message) {
    if (++count > kSecretsShown) {
      first_unshown = std::min(first_unshown, at);
      return;
    }
    problems.Error(at, std::move(message), std::string(SecretHint()));
    problems.Mask({at, length});
  };
  std::vector<Span> own;
  if (environment) {
    for (const std::string_view variable : kCredentialVariables) {
      const std::string value{Trim(environment(std::string(variable)).value_or(""))};
      if (value.size() < kShortestSecret) continue;
      for (std::size_t at = text.find(value); at != std::string_view::npos;
           at = text.find(value, at + value.size())) {
        found(at, value.size(), fmt::format("the value of {} stands in the manifest", variable));
        if (own.size() < kSecretsShown) own.push_back({at, value.size()});
      }
    }
  }
  for (std::size_t at = text.find(kKeyStart); at != std::string_view::npos;
       at = text.find(kKeyStart, at + kKeyStart.size())) {
    const bool known = std::any_of(own.begin(), own.end(), [&](const Span& span) {
      return at >= span.offset && at < span.offset + span.length;
    });
    if (known) continue;
    std::size_t end = at + kKeyStart.size();
    while (end < text.size() && IsAlnum(text[end])) ++end;
    if (end - at >= kKeyStart.size() + kKeyLetters) {
      found(at, end - at, "this looks like a Tencent Cloud SecretId");
    }
    at = end - kKeyStart.size();
  }
  if (count <= kSecretsShown) return true;
  problems.Mask({first_unshown, text.size() - first_unshown});
  problems.Error(first_unshown,
                 fmt::format("and {} more places like the {} that are shown; nothing else of the "
                             "manifest was checked",
                             count - kSecretsShown, kSecretsShown),
                 std::string(SecretHint()));
  return false;
}

bool IsCredentialVariable(std::string_view name) {
  return std::find(kCredentialVariables.begin(), kCredentialVariables.end(), name) !=
         kCredentialVariables.end();
}

bool IsSecretKey(std::string_view key) {
  std::string folded = ToLower(key);
  std::erase_if(folded, [](char c) { return c == '_' || c == '-'; });
  return std::find(kSecretKeys.begin(), kSecretKeys.end(), folded) != kSecretKeys.end();
}

std::string_view SecretHint() {
  return "remove it and put credentials into the environment or a .env file "
         "(TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY, TENCENTCLOUD_TOKEN); if the file was "
         "shared, replace the key";
}

}  // namespace aigc::manifest
