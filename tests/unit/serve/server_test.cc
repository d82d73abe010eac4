// The sockets: bounds, slow and many connections, streams. Loopback, free ports, short limits.
#include "serve/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../files/temp_folder.h"
#include "base/text.h"
#include "serve/media.h"

namespace aigc::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kPatienceMillis = 20'000;

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  bool connected() const { return connected_; }
  void Send(std::string_view text) {
    (void)!::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  // Until `end` was seen or the connection is closed.
  std::string ReadUntil(std::string_view end) {
    std::string text;
    char piece[4096];
    while (text.find(end) == std::string::npos) {
      pollfd wanted{fd_.get(), POLLIN, 0};
      if (::poll(&wanted, 1, kPatienceMillis) <= 0) return text + "(nothing more came)";
      const ssize_t count = ::recv(fd_.get(), piece, sizeof piece, 0);
      if (count <= 0) return text + "(closed)";
      text.append(piece, static_cast<std::size_t>(count));
    }
    return text;
  }
  std::string ReadAll() { return ReadUntil("no text holds this"); }

 private:
  files::Fd fd_;
  bool connected_ = false;
};

class ServerTest : public ::testing::Test {
 protected:
  void Start() {
    auto started = Server::Start(
        options_, [this](Request request, Respond respond) { Handle(std::move(request), respond); },
        clock_);
    ASSERT_TRUE(started.ok()) << Describe(started.error());
    server_ = *std::move(started);
  }
  void Handle(Request request, const Respond& respond) {
    Reply reply;
    const std::string what = request.path.empty() ? "" : request.path[0];
    if (what == "file") {
      auto media = OpenMedia(folder_.path(), "out", "out/big.bin");
      return respond(MediaReply(request, *std::move(media), "big.bin", ""));
    }
    reply.stream = what == "watch";
    reply.body = reply.stream ? "hello\n" : request.method + " " + what + " " + request.body + ";";
    if (what == "later") {
      late_ = std::thread([respond, reply] { respond(reply); });
      return;
    }
    respond(std::move(reply));
  }
  ~ServerTest() override {
    if (late_.joinable()) late_.join();
  }

  files::TempFolder folder_;
  SystemClock clock_;
  ServerOptions options_;
  std::thread late_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersOneRequestAfterTheOtherOnOneConnection) {
  Start();
  Client client(server_->port());
  client.Send(
      "GET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: "
      "4\r\n\r\nbo");
  EXPECT_THAT(client.ReadUntil("GET a ;"), StartsWith("HTTP/1.1 200 OK\r\n"));
  client.Send("dyGET /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string rest = client.ReadAll();  // the answers may come in one piece or in two
  EXPECT_THAT(rest, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_THAT(rest, HasSubstr("POST b body;HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(rest, HasSubstr("GET later ;(closed)"));
}

TEST_F(ServerTest, TellsOnlyTheLengthToHead) {
  Start();
  Client client(server_->port());
  client.Send("HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n(closed)")) << answer;
}

TEST_F(ServerTest, EndsWithAnswersWhatIsTooLongOrNoRequest) {
  options_.max_head = 1000;
  options_.max_body = 1000;
  Start();
  Client head(server_->port());
  head.Send("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x'));
  EXPECT_THAT(head.ReadAll(), StartsWith("HTTP/1.1 431 "));
  Client body(server_->port());
  body.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_THAT(body.ReadAll(), StartsWith("HTTP/1.1 413 "));
  Client garbage(server_->port());
  garbage.Send("\x16\x03\x01\r\n\r\n");
  EXPECT_THAT(garbage.ReadAll(), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ServerTest, CutsOffWhoIsSlow) {
  options_.head_time = Millis{50};
  options_.body_time = Millis{50};
  options_.idle_time = Millis{50};
  Start();
  Client silent(server_->port());
  EXPECT_EQ(silent.ReadAll(), "(closed)");
  Client slow_head(server_->port());
  slow_head.Send("GET / HT");
  EXPECT_THAT(slow_head.ReadAll(), StartsWith("HTTP/1.1 408 "));
  Client slow_body(server_->port());
  slow_body.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_THAT(slow_body.ReadAll(), StartsWith("HTTP/1.1 408 "));
  Client idle(server_->port());
  idle.Send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(idle.ReadAll(), HasSubstr("GET a ;(closed)"));
}

TEST_F(ServerTest, ServesOthersWhileManyConnectionsAreIdle) {
  options_.max_connections = 64;
  Start();
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(std::make_unique<Client>(server_->port()));
    ASSERT_TRUE(idle.back()->connected());
    if (i % 2 == 0) idle.back()->Send("GET / HTT");
  }
  Client client(server_->port());
  client.Send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("GET a ;"), StartsWith("HTTP/1.1 200 "));
  EXPECT_LE(server_->connections(), 64u);
}

TEST_F(ServerTest, SendsAFileThatDoesNotFitIntoTheSocket) {
  std::string big;
  for (int i = 0; big.size() < 3'000'000; ++i) big += std::to_string(i) + ",";
  folder_.Put("out/big.bin", big);
  Start();
  Client client(server_->port());
  client.Send("GET /file HTTP/1.1\r\nHost: h\r\nRange: bytes=10-\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadAll();
  const std::size_t body = answer.find("\r\n\r\n") + 4;
  EXPECT_THAT(answer.substr(0, body), StartsWith("HTTP/1.1 206 "));
  EXPECT_TRUE(answer.substr(body) == big.substr(10) + "(closed)");
}

TEST_F(ServerTest, SendsNewsToWhoeverWatches) {
  options_.max_streams = 1;
  Start();
  Client client(server_->port());
  client.Send("GET /watch HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("hello\n"), HasSubstr("HTTP/1.1 200"));
  EXPECT_EQ(server_->streams(), 1u);
  server_->Publish("news\n");
  EXPECT_THAT(client.ReadUntil("news\n"), StartsWith("news"));
  Client second(server_->port());
  second.Send("GET /watch HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(second.ReadUntil("already"), StartsWith("HTTP/1.1 503 "));
  server_->Stop();
  EXPECT_EQ(client.ReadAll(), "(closed)");
  EXPECT_EQ(server_->streams(), 0u);
}

TEST_F(ServerTest, StreamsNothingToHead) {
  Start();
  Client client(server_->port());
  client.Send("HEAD /watch HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_TRUE(answer.ends_with("\r\n\r\n(closed)")) << answer;
  EXPECT_EQ(server_->streams(), 0u);
}

TEST_F(ServerTest, SaysThatThePortIsTaken) {
  Start();
  ServerOptions same = options_;
  same.port = server_->port();
  const auto second = Server::Start(
      same, [](Request, const Respond&) {}, clock_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kIo);
  ServerOptions foreign;
  foreign.address = "192.0.2.1";
  EXPECT_FALSE(Server::Start(
                   foreign, [](Request, const Respond&) {}, clock_)
                   .ok());
}

}  // namespace
}  // namespace aigc::serve
