// Any bytes on a connection: 'A' and the rest as an answer to our own reader, anything else as a
// request to the simulator's. An exception of Poco's, which ends the connection, or a message;
// nothing else, and never more than was asked for.
#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/Net/TCPServerConnection.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "api/connection.h"
#include "api/open_sockets.h"
#include "simulator/connection.h"

namespace {

// What fits into a socket's buffers, so that one thread can write first and read then.
constexpr std::size_t kMost = 60'000;
constexpr std::size_t kLimit = 4096;

void Require(bool holds) {
  if (!holds) std::abort();
}

// libFuzzer's timer interrupts calls.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// Both ends of one connection over the loopback. The reader's side sees `bytes` and then the end.
class Pair {
 public:
  explicit Pair(std::string_view bytes) {
    static const int listener = Listen();
    sockaddr_in address{};
    socklen_t length = sizeof address;
    Require(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    writer_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // From another loopback address each time: the ports of one would be used up, for a minute
    // each, by some hundred runs a second.
    static std::uint32_t runs = 0;
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + runs++ % 60'000);
    Require(bind(writer_, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0);
    const int connected = Uninterrupted(
        [&] { return connect(writer_, reinterpret_cast<sockaddr*>(&address), length); });
    Require(connected == 0 || errno == EISCONN);
    reader_ = Uninterrupted([&] { return accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); });
    Require(reader_ >= 0);
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t count = Uninterrupted(
          [&] { return send(writer_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL); });
      Require(count > 0);
      sent += static_cast<std::size_t>(count);
    }
    shutdown(writer_, SHUT_WR);
  }
  ~Pair() { close(writer_); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int reader() const { return reader_; }
  // Takes the descriptor over.
  Poco::Net::StreamSocket TakeReader() const {
    return Poco::Net::StreamSocket(new Poco::Net::StreamSocketImpl(reader_));
  }

 private:
  static int Listen() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Require(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    Require(listen(listener, 16) == 0);
    return listener;
  }
  int writer_ = -1, reader_ = -1;
};

void ReadAsAnswer(std::string_view bytes) {
  using namespace aigc::api;
  const Pair pair(bytes);
  OpenSockets open;
  auto entry = open.Add(pair.reader());
  Connection connection(pair.TakeReader(), std::move(entry));
  try {
    // As long as the connection says that it may be used again, it is.
    do {
      Poco::Net::HTTPResponse head;
      Require(connection.ReadHead(head) >= 200);
      std::string body;
      connection.ReadAll(body, kLimit);
      Require(body.size() <= kLimit);
    } while (connection.Reusable());
  } catch (const Poco::Exception&) {
  }
}

void ReadAsRequest(std::string_view bytes) {
  using namespace aigc;
  const Pair pair(bytes);
  simulator::Connections connections;
  auto factory = simulator::MakeConnectionFactory(
      [](const HttpRequest& request, const simulator::Content&) {
        Require(request.body.size() <= kMost);
        simulator::Reply reply;
        reply.response.status = 200;
        reply.response.body = "{}";
        return reply;
      },
      connections, new Poco::Net::HTTPServerParams);
  const std::unique_ptr<Poco::Net::TCPServerConnection> connection(
      factory->createConnection(pair.TakeReader()));
  try {
    connection->run();  // Poco's server, too, ends the connection at an exception
  } catch (const Poco::Exception&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), std::min(size, kMost));
  if (bytes.starts_with('A')) {
    ReadAsAnswer(bytes.substr(1));
  } else if (!bytes.empty()) {
    ReadAsRequest(bytes.substr(1));
  }
  return 0;
}
