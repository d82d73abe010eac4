// Certificates made at test time: an authority of our own and server certificates it signs. Files
// lie in a temporary folder that goes with the object.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

namespace aigc::api {

struct CertificateFiles {
  std::string certificate, key;  // PEM
};

class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  std::string ca_file() const { return (folder_ / "ca.pem").string(); }
  std::string folder() const { return folder_.string(); }
  // `names` in OpenSSL's form: "DNS:localhost,IP:127.0.0.1". Valid from `begin` to `end`, seconds
  // from now.
  CertificateFiles Issue(const std::string& names, long begin = -3600, long end = 86400);

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;
  using Certificate = std::unique_ptr<X509, Free>;
  Certificate Make(EVP_PKEY* key, const std::string& name, long begin, long end);
  static void Save(const std::filesystem::path& path, X509* certificate, EVP_PKEY* key);

  std::filesystem::path folder_;
  Key key_;
  Certificate certificate_;
  long serial_ = 1;
};

}  // namespace aigc::api
