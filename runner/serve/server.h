// The sockets of `serve`: one thread that waits for all connections at once (epoll), reads whole
// requests, hands them on, and writes the replies. It never waits for a client: a connection costs
// a descriptor and some bytes, so that a thousand idle or slow ones hold nothing up. (Poco's own
// HTTPServer gives each connection a thread for as long as it likes to stay.)
//
// Bounds: a head of 16 KiB within 5 s of its first byte (or of the connection), a body of 256 KiB
// within 10 s more, 30 s of idleness between requests, 30 s for each piece of a reply. When all
// places are taken, the connection that has waited longest for a request makes room.
//
// The handler is called on the server's thread and must not block; it may reply from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "serve/message.h"

namespace aigc::serve {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
  std::size_t max_head = 16 * 1024, max_body = 256 * 1024;
  Millis head_time = Seconds{5}, body_time = Seconds{10}, idle_time = Seconds{30},
         write_time = Seconds{30};
  std::size_t max_connections = 4096;  // less where the system allows fewer open files
  std::size_t max_streams = 256;
};

using Handler = std::function<void(Request request, Respond respond)>;

class Server {
 public:
  // kIo: the address is not one of this machine's, or the port is taken.
  static Result<std::unique_ptr<Server>> Start(ServerOptions options, Handler handler,
                                               const Clock& clock);
  ~Server();  // as Stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  // To every open stream; one that has not taken the last 256 KiB is closed. Any thread.
  void Publish(std::string text);
  std::size_t streams() const;      // any thread
  std::size_t connections() const;  // any thread
  // Cuts all connections; replies that come later go nowhere.
  void Stop();

 private:
  class Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace aigc::serve
