// Poco's HTTPServerConnection parses and keeps connections alive. What it lacks is an end that does
// not touch TLS objects another thread is using: the plain descriptors are kept here and shut down
// below TLS, which wakes their threads.
#include "simulator/connection.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <sys/socket.h>

#include <algorithm>
#include <istream>
#include <ostream>
#include <string>
#include <utility>

#include "base/digest.h"

namespace aigc::simulator {
namespace {

constexpr std::uint64_t kMostDrained = 512ull * 1024 * 1024;

int Descriptor(const Poco::Net::Socket& socket) { return socket.impl()->sockfd(); }

// Resets the connection at once: the peer sees ECONNRESET and no goodbye of TLS. Dissolving the
// association of a connected socket sends the reset (connect(2), AF_UNSPEC).
void Reset(int descriptor) {
  linger now{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  (void)::connect(descriptor, &none, sizeof none);
  ::shutdown(descriptor, SHUT_RDWR);
}

// Reads the body up to one byte beyond what the service takes, and throws the rest away, so that a
// client that is still sending gets its answer.
std::string ReadBody(std::istream& in) {
  std::string body;
  char buffer[16384];
  std::uint64_t thrown_away = 0;
  while (in && thrown_away < kMostDrained) {
    in.read(buffer, sizeof buffer);
    auto count = static_cast<std::size_t>(in.gcount());
    std::size_t taken = std::min(count, kMaxBody + 1 - body.size());
    body.append(buffer, taken);
    thrown_away += count - taken;
  }
  return body;
}

// Contents of uploads are hashed as they come; nobody needs their bytes.
Content ReadContent(std::istream& in) {
  Content content;
  Sha256Stream hash;
  char buffer[16384];
  while (in) {
    in.read(buffer, sizeof buffer);
    const auto count = static_cast<std::size_t>(in.gcount());
    hash.Update({buffer, count});
    content.bytes += count;
  }
  content.sha256 = Hex(hash.Finish());
  return content;
}

HttpRequest Read(Poco::Net::HTTPServerRequest& request, Content& content) {
  HttpRequest read;
  read.method = request.getMethod();
  read.target = request.getURI();
  for (const auto& [name, value] : request) read.headers.Add(name, value);
  if (request.getExpectContinue()) request.response().sendContinue();
  if (read.method == "PUT") {
    content = ReadContent(request.stream());
  } else {
    read.body = ReadBody(request.stream());
  }
  return read;
}

class RequestHandler : public Poco::Net::HTTPRequestHandler {
 public:
  RequestHandler(const Handler& handler, Connections& connections)
      : handler_(handler), connections_(connections) {}

  void handleRequest(Poco::Net::HTTPServerRequest& request,
                     Poco::Net::HTTPServerResponse& response) override {
    int descriptor = Descriptor(dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket());
    try {
      Content content;
      const HttpRequest read = Read(request, content);
      Reply reply = handler_(read, content);
      if (reply.delay > Millis(0) && !connections_.WaitFor(reply.delay)) {
        Reset(descriptor);
      } else if (reply.kind != Reply::Kind::kRespond) {
        Reset(descriptor);
      } else {
        Send(reply, request, response, descriptor);
      }
    } catch (const std::exception&) {
      Reset(descriptor);  // the peer went away, or ran into a defect: both end this connection only
    }
  }

 private:
  void Send(const Reply& reply, const Poco::Net::HTTPServerRequest& request,
            Poco::Net::HTTPServerResponse& response, int descriptor) {
    const HttpResponse& answer = reply.response;
    response.setStatusAndReason(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
    response.erase("Date");  // the service decides about that one
    for (const auto& [name, value] : answer.headers.all()) response.set(name, value);
    response.setKeepAlive(!reply.close && request.getKeepAlive());
    if (!reply.cut_after_bytes && reply.filler_bytes == 0) {
      response.sendBuffer(answer.body.data(), answer.body.size());
      return;
    }
    std::ostream& out = response.send();
    std::size_t length =
        std::min(answer.body.size(), reply.cut_after_bytes.value_or(answer.body.size()));
    out.write(answer.body.data(), static_cast<std::streamsize>(length));
    if (!reply.cut_after_bytes) SendFiller(out, reply.filler_bytes);
    out.flush();
    // An end in order for TCP, so that what was sent arrives, but none for HTTP and TLS.
    if (reply.cut_after_bytes) ::shutdown(descriptor, SHUT_RDWR);
  }

  void SendFiller(std::ostream& out, std::uint64_t bytes) {
    const std::string block(65536, ' ');
    while (bytes > 0 && out && !connections_.stopping()) {
      auto count = std::min<std::uint64_t>(bytes, block.size());
      out.write(block.data(), static_cast<std::streamsize>(count));
      bytes -= count;
    }
  }

  const Handler& handler_;
  Connections& connections_;
};

class RequestHandlerFactory : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  RequestHandlerFactory(Handler handler, Connections& connections)
      : handler_(std::move(handler)), connections_(connections) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(
      const Poco::Net::HTTPServerRequest&) override {
    return new RequestHandler(handler_, connections_);  // Poco deletes it
  }

 private:
  Handler handler_;
  Connections& connections_;
};

class Connection : public Poco::Net::HTTPServerConnection {
 public:
  Connection(const Poco::Net::StreamSocket& opened, Poco::Net::HTTPServerParams::Ptr params,
             Poco::Net::HTTPRequestHandlerFactory::Ptr factory, Connections& connections)
      : HTTPServerConnection(opened, std::move(params), std::move(factory)),
        connections_(connections),
        descriptor_(Descriptor(opened)),
        is_known_(connections.Add(descriptor_)) {
    socket().setNoDelay(true);
    if (!is_known_) ::shutdown(descriptor_, SHUT_RDWR);
  }
  ~Connection() override {
    if (is_known_) connections_.Remove(descriptor_);
  }

 private:
  Connections& connections_;
  int descriptor_;
  bool is_known_;
};

class ConnectionFactory : public Poco::Net::TCPServerConnectionFactory {
 public:
  ConnectionFactory(Handler handler, Connections& connections,
                    Poco::Net::HTTPServerParams::Ptr params)
      : params_(std::move(params)),
        factory_(new RequestHandlerFactory(std::move(handler), connections)),
        connections_(connections) {}
  Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& opened) override {
    return new Connection(opened, params_, factory_, connections_);  // Poco deletes it
  }

 private:
  Poco::Net::HTTPServerParams::Ptr params_;
  Poco::Net::HTTPRequestHandlerFactory::Ptr factory_;
  Connections& connections_;
};

}  // namespace

bool Connections::Add(int descriptor) {
  std::lock_guard lock(mutex_);
  if (stopping_) return false;
  open_.insert(descriptor);
  return true;
}

void Connections::Remove(int descriptor) {
  std::lock_guard lock(mutex_);
  open_.erase(descriptor);
}

bool Connections::WaitFor(Millis delay) {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, delay, [this] { return stopping_; });
}

bool Connections::stopping() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void Connections::Stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
  for (int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  stopped_.notify_all();
}

Poco::Net::TCPServerConnectionFactory::Ptr MakeConnectionFactory(
    Handler handler, Connections& connections, Poco::Net::HTTPServerParams::Ptr params) {
  return new ConnectionFactory(std::move(handler), connections, std::move(params));
}

}  // namespace aigc::simulator
