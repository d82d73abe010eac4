#include "api/dialer.h"

#include <Poco/Net/DNS.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <openssl/err.h>

#include <algorithm>
#include <vector>

#include "api/make_failure.h"
#include "api/tls_context.h"
#include "api/transport_failure.h"
#include "base/text.h"

namespace aigc::api {
namespace {

using Poco::Net::IPAddress;
using Poco::Net::SecureStreamSocket;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;

constexpr std::size_t kMaxAddresses = 4;  // of one name, tried in turn

class ProxyRefusal : public Poco::Exception {
 public:
  explicit ProxyRefusal(const std::string& what) : Poco::Exception(what) {}
};

// IPv4 first, as Poco does for single addresses.
std::vector<SocketAddress> Resolve(const Url& where) {
  IPAddress literal;
  if (IPAddress::tryParse(where.host, literal)) return {SocketAddress(literal, where.port)};
  std::vector<SocketAddress> out;
  const Poco::Net::HostEntry entry = Poco::Net::DNS::hostByName(where.host);
  for (const IPAddress& address : entry.addresses()) {
    out.emplace_back(address, where.port);
  }
  if (out.empty()) throw Poco::Net::NoAddressFoundException(where.host);
  std::stable_partition(out.begin(), out.end(), [](const SocketAddress& address) {
    return address.family() == SocketAddress::IPv4;
  });
  out.resize(std::min(out.size(), kMaxAddresses));
  return out;
}

Poco::Timespan Span(Millis time) { return {Poco::Timespan::TimeDiff{Micros(time).count()}}; }

Failure Untrusted(const std::string& host, const std::string& why) {
  return MakeFailure(FailureKind::kUntrusted, "tls",
                     "the certificate of " + host + " is not trusted: " + why +
                         " (is --endpoint right? A server with a private authority needs "
                         "--ca-file; a wrong clock or a proxy that opens TLS also does this)");
}

}  // namespace

struct Dialer::Socket {
  StreamSocket stream;
  std::unique_ptr<OpenSockets::Entry> entry;
  SteadyTime deadline{};
};

Dialer::Dialer(Poco::Net::Context::Ptr tls, const ProxyChoice& proxies, TimeLimits limits,
               OpenSockets& sockets, const Clock& clock)
    : tls_(std::move(tls)), proxies_(proxies), limits_(limits), sockets_(sockets), clock_(clock) {}

Poco::Timespan Dialer::Left(SteadyTime deadline) const {
  // Never zero, which would mean "for ever" to a socket.
  return {std::max<Micros>(deadline - clock_.Ticks(), Millis(1)).count()};
}

Dialer::Socket Dialer::OpenTcp(const Url& where, SteadyTime deadline) {
  const std::vector<SocketAddress> addresses = Resolve(where);
  for (std::size_t i = 0;; ++i) {
    try {
      Socket socket{StreamSocket(addresses[i].family()), nullptr, deadline};
      // Registered before it connects, so that a program that ends need not wait for it.
      socket.entry = sockets_.Add(socket.stream.impl()->sockfd());
      if (sockets_.closed()) throw CutException("the program is ending");
      socket.entry->SetDeadline(deadline);
      socket.stream.connect(addresses[i], Left(deadline));
      socket.stream.setNoDelay(true);
      socket.stream.setReceiveTimeout(Left(deadline));
      socket.stream.setSendTimeout(Left(deadline));
      return socket;
    } catch (const Poco::Exception&) {
      if (i + 1 >= addresses.size() || clock_.Ticks() >= deadline || sockets_.closed()) throw;
    }
  }
}

void Dialer::ConnectThroughProxy(Socket& socket, const Proxy& proxy, const Url& target) {
  Connection connection(socket.stream, std::move(socket.entry));
  HttpRequest request{"CONNECT", Authority(target), {}, {}};
  request.headers.Add("Host", Authority(target));
  if (!proxy.authorization.empty()) {
    request.headers.Add("Proxy-Authorization", std::string(proxy.authorization.Reveal()));
  }
  connection.Send(*RequestText(request));
  Poco::Net::HTTPResponse head;
  const int status = connection.ReadHead(head);
  if (status > 299) {
    throw ProxyRefusal("it answered " + std::to_string(status) + " " +
                       Excerpt(head.getReason(), 80));
  }
  socket.stream = connection.Release(socket.entry);
}

void Dialer::BeginTls(Socket& socket, const Url& target, const Poco::Net::Session::Ptr& session) {
  IPAddress literal;
  const bool is_name = !IPAddress::tryParse(target.host, literal);
  auto secure = SecureStreamSocket::attach(socket.stream, is_name ? target.host : std::string(),
                                           tls_, session);
  // Poco 1.11 takes a handshake that ran into the socket's time-out for a finished one and leaves
  // the host name unchecked: finish it, then check for certain.
  if (secure.completeHandshake() != 1) throw CutException("the TLS handshake was cut");
  if (!secure.havePeerCertificate() || !secure.peerCertificate().verify(target.host)) {
    throw Poco::Net::CertificateValidationException(target.host);
  }
  socket.stream = secure;
}

Dialer::Connected Dialer::Dial(const Url& target, const Poco::Net::Session::Ptr& session,
                               Millis silence) {
  const Proxy* proxy = proxies_.For(target);
  const Url& first = proxy ? proxy->url : target;
  bool at_proxy = proxy != nullptr;  // until the tunnel stands
  Socket socket;
  // OpenSSL judges a call by this thread's error queue, into which the closing of an earlier
  // connection may have put something.
  ERR_clear_error();
  ForgetRefusal();
  try {
    socket = OpenTcp(first, clock_.Ticks() + limits_.connect);
    if (proxy && target.tls) ConnectThroughProxy(socket, *proxy, target);
    at_proxy = false;
    if (target.tls) BeginTls(socket, target, session);
    socket.stream.setReceiveTimeout(Span(silence));
    socket.stream.setSendTimeout(Span(silence));
    socket.entry->SetDeadline(std::nullopt);
    return std::make_unique<Connection>(socket.stream, std::move(socket.entry));
  } catch (const ProxyRefusal& e) {
    return MakeFailure(FailureKind::kNotSent, "proxy",
                       "the proxy " + Authority(first) + " refused to connect to " +
                           Authority(target) + ": " + e.message());
  } catch (const Poco::Net::CertificateValidationException&) {
    return Untrusted(target.host, "it is made out to another host");
  } catch (const Poco::Exception& e) {
    if (!LastRefusal().empty()) return Untrusted(target.host, LastRefusal());
    const bool overdue = socket.entry && socket.entry->overdue();
    Failure failure =
        overdue ? TransportFailure(FailureKind::kNotSent, Poco::TimeoutException(),
                                   Authority(at_proxy ? first : target))
                : TransportFailure(FailureKind::kNotSent, e, Authority(at_proxy ? first : target));
    if (at_proxy) {
      failure.code = "proxy";
      failure.message = "the proxy " + failure.message;
    }
    return failure;
  }
}

}  // namespace aigc::api
