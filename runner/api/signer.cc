#include "api/signer.h"

#include <algorithm>

#include "base/text.h"
#include "base/times.h"

namespace aigc::api {
namespace {

constexpr std::string_view kAlgorithm = "TC3-HMAC-SHA256";
constexpr std::string_view kRequestEnd = "tc3_request";

}  // namespace

SigningKeys DeriveKeys(const Secret& secret_key, std::string_view date, std::string_view service) {
  SigningKeys keys;
  std::string start = "TC3";
  start += secret_key.Reveal();
  keys.date = HmacSha256(start, date);
  std::fill(start.begin(), start.end(), '\0');
  keys.service = HmacSha256(AsText(keys.date), service);
  keys.signing = HmacSha256(AsText(keys.service), kRequestEnd);
  return keys;
}

Sha256Bytes SigningKeyCache::Get(const Secret& secret_key, std::string_view date,
                                 std::string_view service) {
  std::string tag(date);
  ((tag += '\n') += service) += '\n';
  tag += AsText(Sha256(secret_key.Reveal()));
  const std::scoped_lock lock(mutex_);
  if (tag != tag_) {
    key_ = DeriveKeys(secret_key, date, service).signing;
    tag_ = std::move(tag);
  }
  return key_;
}

Signature Sign(const SignInput& input, const Credentials& credentials, SigningKeyCache& keys) {
  const std::string date = FormatDate(WallTime{Seconds{input.timestamp}});
  std::string names, block;
  for (const SignedHeader& header : input.headers) {
    if (!names.empty()) names += ';';
    names += header.name;
    ((block += header.name) += ':') += ToLower(Trim(header.value));
    block += '\n';
  }
  std::string scope = date;
  (((scope += '/') += input.service) += '/') += kRequestEnd;

  Signature out;
  out.canonical_request = "POST\n/\n\n" + block + '\n' + names + '\n' + Sha256Hex(input.body);
  out.string_to_sign = std::string(kAlgorithm) + '\n' + std::to_string(input.timestamp) + '\n' +
                       scope + '\n' + Sha256Hex(out.canonical_request);
  const Sha256Bytes key = keys.Get(credentials.secret_key, date, input.service);
  out.signature = Hex(HmacSha256(AsText(key), out.string_to_sign));
  out.authorization = std::string(kAlgorithm) + " Credential=" + credentials.secret_id + '/' +
                      scope + ", SignedHeaders=" + names + ", Signature=" + out.signature;
  return out;
}

}  // namespace aigc::api
