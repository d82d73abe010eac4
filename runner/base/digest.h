// Hashes, message authentication codes and Base64, over OpenSSL's libcrypto. Pure functions, any
// thread. (Not Poco Crypto: its engines allocate per call and hold no SHA-256 that can be used for
// both hashing and HMAC.)
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace aigc {

using Sha256Bytes = std::array<std::uint8_t, 32>;

// Hash of a stream. Not copyable; one thread at a time.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void Update(std::string_view data);
  // REQUIRES: called once, nothing added after it.
  Sha256Bytes Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Sha256Bytes Sha256(std::string_view data);
std::string Sha256Hex(std::string_view data);  // lower case
Sha256Bytes HmacSha256(std::string_view key, std::string_view data);
std::string Sha1Hex(std::string_view data);                            // for COS signatures only
std::string HmacSha1Hex(std::string_view key, std::string_view data);  // for COS signatures only

// Lower-case hex of raw bytes.
std::string Hex(std::string_view bytes);
inline std::string_view AsText(const Sha256Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::string Hex(const Sha256Bytes& bytes) { return Hex(AsText(bytes)); }

std::string Base64(std::string_view bytes);  // standard alphabet, padded, no line breaks

}  // namespace aigc
