#include "api/tls_context.h"

#include <Poco/Exception.h>
#include <Poco/Net/InvalidCertificateHandler.h>
#include <Poco/Net/SSLManager.h>
#include <openssl/ssl.h>

#include <mutex>

namespace aigc::api {
namespace {

using Poco::Net::Context;

thread_local std::string last_refusal;

// Poco's own exception only says "certificate verify failed". The refusal itself stands: whoever
// does not call setIgnoreError agrees with it.
class RefusalNotes final : public Poco::Net::InvalidCertificateHandler {
 public:
  RefusalNotes() : InvalidCertificateHandler(/*handleErrorsOnServerSide=*/false) {}
  void onInvalidCertificate(const void*, Poco::Net::VerificationErrorArgs& args) override {
    last_refusal = args.errorMessage();
  }
};

}  // namespace

const std::string& LastRefusal() { return last_refusal; }
void ForgetRefusal() { last_refusal.clear(); }

Result<Context::Ptr> MakeTlsContext(const std::string& ca_file) {
  static std::once_flag once;
  std::call_once(once, [] { Poco::Net::initializeSSL(); });
  try {
    Context::Params params;
    params.caLocation = ca_file;
    // Not RELAXED, which passes over the host name of loopback servers.
    params.verificationMode = Context::VERIFY_STRICT;
    params.verificationDepth = 9;
    params.loadDefaultCAs = true;
    params.cipherList = "HIGH:!aNULL:!MD5:!3DES";
    Context::Ptr context = new Context(Context::CLIENT_USE, params);
    context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    context->enableExtendedCertificateVerification(true);
    context->enableSessionCache(true);
    // Sessions are kept by the pool, not inside OpenSSL; and a connection that ends without a TLS
    // goodbye is an error, never the silent end of an answer.
    SSL_CTX_set_session_cache_mode(context->sslContext(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    context->setInvalidCertificateHandler(new RefusalNotes);
    return context;
  } catch (const Poco::Exception& e) {
    return Error{ErrorCode::kUsage,
                 ca_file.empty()
                     ? "TLS cannot be set up: " + e.displayText()
                     : "the certificates in " + ca_file + " cannot be used: " + e.displayText(),
                 {},
                 "--ca-file wants one or more certificates in PEM form"};
  }
}

}  // namespace aigc::api
