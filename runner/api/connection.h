// One open connection and the HTTP/1.1 spoken on it. Private to the room.
//
// It derives from Poco's HTTPSession and not from HTTPClientSession, because the latter connects
// anew and sends again when a kept-alive connection turns out to be reset: a create could then be
// paid twice. Below that class nothing reconnects: bytes given to Send leave at most once. The
// stream classes of HTTPClientSession would also not tell a body that was cut from one that ended.
//
// Members throw Poco exceptions; workers turn them into a Failure (transport_failure.h). One thread
// at a time.
#pragma once

#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSession.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/open_sockets.h"
#include "base/http.h"
#include "base/times.h"

namespace aigc::api {

// The peer closed the connection where more had to come.
class CutException : public Poco::Exception {
 public:
  explicit CutException(const std::string& what) : Poco::Exception(what) {}
};
// More than was asked for, or than is bearable.
class TooLongException : public Poco::Exception {
 public:
  explicit TooLongException(const std::string& what) : Poco::Exception(what) {}
};

class Connection final : public Poco::Net::HTTPSession {
 public:
  // `socket` is connected, and its TLS handshake done if it is a secure one.
  Connection(const Poco::Net::StreamSocket& socket, std::unique_ptr<OpenSockets::Entry> entry);
  ~Connection() override = default;

  // Whether the peer has closed it, or said something nobody asked for, while it lay idle.
  bool WentStale();

  void Send(std::string_view bytes);

  // Reads the head of the final response (1xx are passed over), makes Read give its body, and gives
  // the status: Poco's own enumeration holds none above 511, which proxies send. Throws
  // Poco::Net::MessageException for what is not HTTP and TooLongException beyond 64 KiB.
  int ReadHead(Poco::Net::HTTPResponse& head);
  // Next piece of the body, at most `size`; 0 at its end. Throws CutException when it ends early.
  std::size_t Read(char* buffer, std::size_t size);
  // The rest of the body, appended to `out`; TooLongException beyond `limit` bytes.
  void ReadAll(std::string& out, std::size_t limit);

  // The answer was read to its end and the peer wants to go on.
  bool Reusable() const;

  // The plain socket after a proxy's CONNECT, and its entry; nothing of this connection may be used
  // after that.
  Poco::Net::StreamSocket Release(std::unique_ptr<OpenSockets::Entry>& entry);

  OpenSockets::Entry& entry() { return *entry_; }
  bool answered() const { return answered_; }  // at least one byte of the answer came
  SteadyTime idle_since{};                     // kept by the pool

 private:
  enum class Framing { kNone, kLength, kChunked, kUntilClose };
  std::string ReadHeadText();
  std::string ReadLine(std::size_t limit);
  void BeginChunk();
  std::size_t ReadSome(char* buffer, std::size_t size);

  std::unique_ptr<OpenSockets::Entry> entry_;
  Framing framing_ = Framing::kNone;
  std::uint64_t left_ = 0;  // of the body (kLength) or of the chunk (kChunked)
  bool first_chunk_ = true;
  bool ended_ = false;  // the body was read to its end
  bool keep_ = false;
  bool answered_ = false;
};

// Request line, headers and body in one piece. None when a header or the target holds a line break
// or another control character.
std::optional<std::string> RequestText(const HttpRequest& request);

}  // namespace aigc::api
