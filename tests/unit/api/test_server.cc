#include "test_server.h"

#include <Poco/Exception.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace aigc::api {

using Poco::Net::Context;
using Poco::Net::SecureStreamSocket;
using Poco::Net::StreamSocket;

std::string Peer::ReadSome() {
  char buffer[16384];
  const int got = socket_.receiveBytes(buffer, sizeof buffer);
  return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
}

std::optional<HttpRequest> Peer::Read() {
  std::size_t end = 0;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = ReadSome();
    if (more.empty()) return std::nullopt;
    unread_ += more;
  }
  HttpRequest request;
  const std::string head = unread_.substr(0, end);
  unread_.erase(0, end + 4);
  bool first = true;
  for (std::string_view line : Split(head, '\n')) {
    line = Trim(line);
    if (first) {
      const auto parts = Split(line, ' ');
      request.method = parts.at(0);
      request.target = parts.at(1);
      first = false;
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      request.headers.Add(std::string(line.substr(0, colon)),
                          std::string(Trim(line.substr(colon + 1))));
    }
  }
  const std::string length(request.headers.Get("Content-Length"));
  const std::size_t size = length.empty() ? 0 : std::stoul(length);
  while (unread_.size() < size) {
    const std::string more = ReadSome();
    if (more.empty()) return std::nullopt;
    unread_ += more;
  }
  request.body = unread_.substr(0, size);
  unread_.erase(0, size);
  server_.Note(request);
  return request;
}

void Peer::Write(const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const std::size_t piece = std::min<std::size_t>(bytes.size() - done, 1u << 20);
    const int sent = socket_.sendBytes(bytes.data() + done, static_cast<int>(piece));
    if (sent <= 0) throw Poco::IOException("not sent");
    done += static_cast<std::size_t>(sent);
  }
}

void Peer::Answer(const std::string& body, const std::string& headers) {
  Write("HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body);
}

void Peer::Close() {
  if (!socket_.secure()) Cut();
  socket_.close();
}

void Peer::Cut() { ::shutdown(socket_.impl()->sockfd(), SHUT_RDWR); }

void Peer::Reset() {
  // Dissolving a TCP association sends RST at once.
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  ::connect(socket_.impl()->sockfd(), &nobody, sizeof nobody);
}

void Peer::WaitForEnd() {
  while (!ReadSome().empty()) {
  }
}

Context::Ptr TestServer::ServerTls(const CertificateFiles& files) {
  Poco::Net::initializeSSL();
  Context::Params params;
  params.privateKeyFile = files.key;
  params.certificateFile = files.certificate;
  params.verificationMode = Context::VERIFY_NONE;
  Context::Ptr context = new Context(Context::SERVER_USE, params);
  context->enableSessionCache(true, "test");
  return context;
}

TestServer::TestServer(Script script, Context::Ptr tls)
    : script_(std::move(script)), tls_(std::move(tls)) {
  socket_.bind(Poco::Net::SocketAddress("127.0.0.1", 0));
  socket_.listen(64);
  acceptor_ = std::thread([this] { Accept(); });
}

TestServer::~TestServer() {
  stopping_ = true;
  acceptor_.join();
  Release();
  {
    const std::scoped_lock lock(mutex_);
    for (const int fd : open_) {
      ::shutdown(fd, SHUT_RDWR);
    }
  }
  for (std::thread& thread : threads_) thread.join();
  for (const int fd : open_) ::close(fd);
}

void TestServer::Accept() {
  while (!stopping_) {
    if (!socket_.poll(Poco::Timespan(0, 20'000), Poco::Net::Socket::SELECT_READ)) continue;
    // Handed over whole: no copy stays behind in this thread.
    auto plain = std::make_unique<StreamSocket>(socket_.acceptConnection());
    plain->setReceiveTimeout(Poco::Timespan(20, 0));
    plain->setNoDelay(true);
    const int number = ++connections_;
    {
      const std::scoped_lock lock(mutex_);
      open_.push_back(::dup(plain->impl()->sockfd()));
    }
    threads_.emplace_back([this, plain = std::move(plain), number]() mutable {
      try {
        StreamSocket socket = *plain;
        if (tls_) socket = SecureStreamSocket::attach(*plain, tls_);
        plain.reset();
        Peer peer(*this, socket, number);
        script_(peer);
      } catch (const Poco::Exception&) {
        // The client went away, as many tests want it to.
      }
    });
  }
}

void TestServer::Note(const HttpRequest& request) {
  {
    const std::scoped_lock lock(mutex_);
    seen_.push_back(request);
  }
  changed_.notify_all();
}

int TestServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<int>(seen_.size());
}

std::vector<HttpRequest> TestServer::seen() const {
  const std::scoped_lock lock(mutex_);
  return seen_;
}

void TestServer::WaitForRequests(int at_least) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return static_cast<int>(seen_.size()) >= at_least; });
}

void TestServer::Hold() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return released_; });
}

void TestServer::Release() {
  {
    const std::scoped_lock lock(mutex_);
    released_ = true;
  }
  changed_.notify_all();
}

}  // namespace aigc::api
