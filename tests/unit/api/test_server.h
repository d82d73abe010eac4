// A server on loopback whose every byte the test decides: each accepted connection is handed to a
// script in a thread of its own. It counts what it saw.
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/http.h"
#include "test_authority.h"

namespace aigc::api {

class TestServer;

// One connection, seen from the server. Members throw Poco exceptions, which end the script.
class Peer {
 public:
  Peer(TestServer& server, Poco::Net::StreamSocket socket, int connection)
      : number(connection), server_(server), socket_(std::move(socket)) {}

  // Next request with its body; none when the client closed.
  std::optional<HttpRequest> Read();
  void Write(const std::string& bytes);
  // "HTTP/1.1 200 OK" with Content-Length.
  void Answer(const std::string& body, const std::string& headers = "");
  void Close();            // orderly, TLS goodbye included
  void Cut();              // TCP ends without a TLS goodbye
  void Reset();            // TCP reset
  void WaitForEnd();       // until the client has closed
  std::string ReadSome();  // raw; empty at the end
  Poco::Net::StreamSocket& socket() { return socket_; }

  const int number;  // of the connection, from 1

 private:
  TestServer& server_;
  Poco::Net::StreamSocket socket_;
  std::string unread_;
};

class TestServer {
 public:
  using Script = std::function<void(Peer&)>;

  // Plain without `tls`.
  TestServer(Script script, Poco::Net::Context::Ptr tls = nullptr);
  ~TestServer();

  std::uint16_t port() const { return socket_.address().port(); }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port()); }
  int connections() const { return connections_; }
  // Requests read so far, of one X-TC-Action or all; waits until there are `at_least`.
  int requests() const;
  std::vector<HttpRequest> seen() const;
  void WaitForRequests(int at_least);
  // Blocks a script until the test calls Release (or ends).
  void Hold();
  void Release();

  static Poco::Net::Context::Ptr ServerTls(const CertificateFiles& files);

 private:
  friend class Peer;
  void Accept();
  void Note(const HttpRequest& request);

  Script script_;
  Poco::Net::Context::Ptr tls_;
  Poco::Net::ServerSocket socket_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HttpRequest> seen_;
  std::vector<int> open_;  // file descriptors, to cut at the end
  bool released_ = false;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace aigc::api
