// Poco 1.11 cannot make certificates, so OpenSSL does; Poco takes over what is finished.
#include "simulator/certificate.h"

#include <Poco/Crypto/EVPPKey.h>
#include <Poco/Crypto/X509Certificate.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <exception>
#include <memory>

namespace aigc::simulator {
namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Error OpenSslError(const char* what) {
  char text[256] = "unknown reason";
  if (unsigned long code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return Error{ErrorCode::kInternal, std::string("cannot make ") + what + ": " + text};
}

bool AddExtension(X509* certificate, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A serial number nobody has: clients remember issuer and serial.
bool SetSerial(X509* certificate) {
  Owned<BIGNUM> number(BN_new());
  return number && BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

Result<Owned<X509>> MakeCertificate(EVP_PKEY* key, const char* name, X509* issuer,
                                    EVP_PKEY* issuer_key, WallTime now) {
  Owned<X509> made(X509_new());
  if (!made) return OpenSslError("a certificate");
  X509* certificate = made.get();
  if (!issuer) issuer = certificate;
  bool is_authority = issuer == certificate;
  time_t start = static_cast<time_t>(ToUnixSeconds(now)) - 24 * 3600;
  constexpr long kLife = 10L * 365 * 24 * 3600;
  X509_NAME* subject = X509_get_subject_name(certificate);
  bool is_good =
      X509_set_version(certificate, 2) == 1 && SetSerial(certificate) &&
      X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &start) &&
      X509_time_adj_ex(X509_getm_notAfter(certificate), 0, kLife, &start) &&
      X509_set_pubkey(certificate, key) == 1 &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name), -1, -1, 0) == 1 &&
      X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
      AddExtension(certificate, issuer, NID_subject_key_identifier, "hash") &&
      AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid");
  if (is_good && is_authority) {
    is_good = AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE") &&
              AddExtension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else if (is_good) {
    is_good = AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
              AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
              AddExtension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
              AddExtension(certificate, issuer, NID_subject_alt_name,
                           "DNS:localhost,IP:127.0.0.1,IP:::1");
  }
  if (!is_good || X509_sign(certificate, issuer_key, EVP_sha256()) == 0) {
    return OpenSslError("a certificate");
  }
  return made;
}

Result<std::string> Pem(X509* certificate) {
  Owned<BIO> memory(BIO_new(BIO_s_mem()));
  if (!memory || PEM_write_bio_X509(memory.get(), certificate) != 1) {
    return OpenSslError("the text of a certificate");
  }
  char* data = nullptr;
  long size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Result<Poco::Net::Context::Ptr> MakeContext(Owned<X509> certificate, EVP_PKEY* key) {
  try {
    Poco::Net::Context::Params params;
    // The server's side: clients are told apart by their signature, not by a certificate.
    params.verificationMode = Poco::Net::Context::VERIFY_NONE;
    params.loadDefaultCAs = false;
    Poco::Net::Context::Ptr context =
        new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, params);
    context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
    context->useCertificate(Poco::Crypto::X509Certificate(certificate.release()));
    context->usePrivateKey(Poco::Crypto::EVPPKey(key));
    return context;
  } catch (const std::exception& e) {
    return Error{ErrorCode::kInternal, std::string("cannot set TLS up: ") + e.what()};
  }
}

}  // namespace

Result<ServerIdentity> MakeIdentity(WallTime now) {
  Owned<EVP_PKEY> ca_key(EVP_EC_gen("P-256"));
  Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (!ca_key || !key) return OpenSslError("a key");
  AIGC_ASSIGN_OR_RETURN(
      Owned<X509> ca,
      MakeCertificate(ca_key.get(), "aigc-batch simulator authority", nullptr, ca_key.get(), now));
  AIGC_ASSIGN_OR_RETURN(Owned<X509> certificate, MakeCertificate(key.get(), "aigc-batch simulator",
                                                                 ca.get(), ca_key.get(), now));
  ServerIdentity identity;
  AIGC_ASSIGN_OR_RETURN(identity.ca_pem, Pem(ca.get()));
  AIGC_ASSIGN_OR_RETURN(identity.context, MakeContext(std::move(certificate), key.get()));
  return identity;
}

}  // namespace aigc::simulator
