#include "api/transport_failure.h"

#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>

#include <cerrno>

#include "api/connection.h"
#include "api/make_failure.h"
#include "base/text.h"

namespace aigc::api {
namespace {

struct Cause {
  const char* code;
  const char* text;
};

template <typename T>
bool Is(const Poco::Exception& exception) {
  return dynamic_cast<const T*>(&exception) != nullptr;
}

Cause CauseOf(const Poco::Exception& e) {
  using namespace Poco::Net;  // NOLINT(google-build-using-namespace): a dozen names, ten lines
  if (Is<CutException>(e)) return {"closed", "the connection was closed early"};
  if (Is<TooLongException>(e)) return {"too_long", "the answer is too long"};
  if (Is<HostNotFoundException>(e) || Is<NoAddressFoundException>(e) || Is<DNSException>(e)) {
    return {"dns", "the host name cannot be resolved"};
  }
  if (Is<Poco::TimeoutException>(e)) return {"timeout", "no answer within the time limit"};
  if (Is<ConnectionRefusedException>(e)) return {"refused", "the connection was refused"};
  if (Is<ConnectionResetException>(e) || Is<ConnectionAbortedException>(e)) {
    return {"reset", "the connection was reset"};
  }
  if (Is<SSLConnectionUnexpectedlyClosedException>(e)) {
    return {"closed", "the connection was closed early"};
  }
  if (Is<SSLException>(e)) return {"tls", "TLS failed"};
  if (Is<MessageException>(e) || Is<Poco::SyntaxException>(e)) {
    return {"garbage", "the answer is not HTTP"};
  }
  switch (e.code()) {
    case EPIPE:
      return {"reset", "the connection was reset"};
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return {"unreachable", "the network does not reach the host"};
    default:
      return {"network", "the network failed"};
  }
}

}  // namespace

Failure TransportFailure(FailureKind kind, const Poco::Exception& exception,
                         const std::string& where) {
  const Cause cause = CauseOf(exception);
  return MakeFailure(
      kind, cause.code,
      where + ": " + cause.text + " (" + Excerpt(exception.displayText(), 200) + ")");
}

}  // namespace aigc::api
