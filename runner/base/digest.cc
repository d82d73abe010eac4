#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

namespace aigc {
namespace {

// libcrypto fails here only when memory is exhausted or the library is broken; a hash that is
// silently wrong would be worse than stopping.
void Require(bool success) {
  if (!success) std::abort();
}

// Looked up once: OpenSSL 3 searches its providers at every use of EVP_sha256(). Lives as long as
// the process.
const EVP_MD* Sha256Method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Require(method != nullptr);
  return method;
}

std::string_view View(const unsigned char* bytes, unsigned length) {
  return {reinterpret_cast<const char*>(bytes), length};
}

}  // namespace

struct Sha256Stream::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {
  Require(EVP_DigestInit_ex(context_->md, Sha256Method(), nullptr) == 1);
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Update(std::string_view data) {
  Require(EVP_DigestUpdate(context_->md, data.data(), data.size()) == 1);
}

Sha256Bytes Sha256Stream::Finish() {
  Sha256Bytes out{};
  unsigned length = 0;
  Require(EVP_DigestFinal_ex(context_->md, out.data(), &length) == 1);
  return out;
}

Sha256Bytes Sha256(std::string_view data) {
  // Millions of short texts are hashed while a batch is planned; a context is dear to make.
  struct Reused {
    EVP_MD_CTX* md = EVP_MD_CTX_new();
    ~Reused() { EVP_MD_CTX_free(md); }
  };
  thread_local Reused context;
  Sha256Bytes out{};
  unsigned length = 0;
  Require(EVP_DigestInit_ex(context.md, Sha256Method(), nullptr) == 1);
  Require(EVP_DigestUpdate(context.md, data.data(), data.size()) == 1);
  Require(EVP_DigestFinal_ex(context.md, out.data(), &length) == 1);
  return out;
}

std::string Sha256Hex(std::string_view data) { return Hex(Sha256(data)); }

Sha256Bytes HmacSha256(std::string_view key, std::string_view data) {
  Sha256Bytes out{};
  unsigned length = 0;
  Require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(data.data()), data.size(), out.data(),
               &length) != nullptr);
  return out;
}

std::string Sha1Hex(std::string_view data) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  Require(EVP_Digest(data.data(), data.size(), out, &length, EVP_sha1(), nullptr) == 1);
  return Hex(View(out, length));
}

std::string HmacSha1Hex(std::string_view key, std::string_view data) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  Require(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(data.data()), data.size(), out,
               &length) != nullptr);
  return Hex(View(out, length));
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out[2 * i] = kDigits[byte >> 4];
    out[2 * i + 1] = kDigits[byte & 15];
  }
  return out;
}

std::string Base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

}  // namespace aigc
