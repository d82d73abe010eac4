#include "api/cos_signer.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace aigc::api {

std::string CosEncode(std::string_view text, bool keep_slashes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~' || (keep_slashes && c == '/');
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

CosSignature SignCos(const CosSignInput& input, const Credentials& credentials) {
  std::vector<std::pair<std::string, std::string>> headers;
  headers.reserve(input.headers.size());
  for (const auto& [name, value] : input.headers) {
    headers.emplace_back(CosEncode(ToLower(name)), CosEncode(value));
  }
  std::sort(headers.begin(), headers.end());
  std::string list, pairs;
  for (const auto& [name, value] : headers) {
    if (!list.empty()) {
      list += ';';
      pairs += '&';
    }
    list += name;
    ((pairs += name) += '=') += value;
  }

  CosSignature out;
  const std::string key_time = std::to_string(input.begin) + ";" + std::to_string(input.end);
  out.sign_key = HmacSha1Hex(credentials.secret_key.Reveal(), key_time);
  out.http_string = ToLower(input.method) + "\n" + std::string(input.path) + "\n\n" + pairs + "\n";
  out.string_to_sign = "sha1\n" + key_time + "\n" + Sha1Hex(out.http_string) + "\n";
  out.signature = HmacSha1Hex(out.sign_key, out.string_to_sign);
  out.authorization = "q-sign-algorithm=sha1&q-ak=" + credentials.secret_id +
                      "&q-sign-time=" + key_time + "&q-key-time=" + key_time +
                      "&q-header-list=" + list + "&q-url-param-list=&q-signature=" + out.signature;
  return out;
}

}  // namespace aigc::api
