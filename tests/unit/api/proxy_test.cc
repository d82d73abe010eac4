// Through a proxy. The targets carry names that only the proxy knows, so nothing can go around it.
#include <Poco/Net/SocketAddress.h>

#include "exchange_fixture.h"
#include "memory_sink.h"

namespace aigc::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ThroughProxy = ExchangeTest;

// Hands bytes on in both directions until either side ends.
void Tunnel(Peer& peer, std::uint16_t port) {
  Poco::Net::StreamSocket other(Poco::Net::SocketAddress("127.0.0.1", port));
  char buffer[16384];
  while (true) {
    Poco::Net::Socket::SocketList read{peer.socket(), other}, none, none_either;
    Poco::Net::Socket::select(read, none, none_either, Poco::Timespan(20, 0));
    if (read.empty()) return;
    for (const Poco::Net::Socket& ready : read) {
      Poco::Net::StreamSocket from(ready);
      Poco::Net::StreamSocket to = from == peer.socket() ? other : peer.socket();
      const int got = from.receiveBytes(buffer, sizeof buffer);
      if (got <= 0) return;
      to.sendBytes(buffer, got);
    }
  }
}

TEST_F(ThroughProxy, ReachesTheServiceByConnectAndStillChecksItsName) {
  TestServer service(
      [](Peer& peer) {
        while (peer.Read()) peer.Answer(kCreated);
      },
      GoodTls());
  TestServer proxy([&service](Peer& peer) {
    peer.Read();
    peer.Write("HTTP/1.1 200 Connection established\r\n\r\n");
    Tunnel(peer, service.port());
  });
  PocoExchangeOptions options = Options("service.test");
  options.proxy.https_proxy = "http://user:secret@" + proxy.authority();
  auto exchange = Make(options);
  ExpectCreated(Call(*exchange, Create()));
  ExpectCreated(Call(*exchange, Create()));
  ASSERT_EQ(proxy.requests(), 1);
  const HttpRequest connect = proxy.seen().at(0);
  EXPECT_EQ(connect.method, "CONNECT");
  EXPECT_EQ(connect.target, "service.test:443");
  EXPECT_EQ(connect.headers.Get("Proxy-Authorization"), "Basic dXNlcjpzZWNyZXQ=");
  EXPECT_FALSE(connect.headers.Has("Authorization"));
  EXPECT_EQ(service.seen().at(0).headers.Get("Host"), "service.test");
  EXPECT_FALSE(service.seen().at(0).headers.Has("Proxy-Authorization"));

  options.endpoint = "https://wrong.test";
  exchange = Make(options);
  EXPECT_EQ(FailureOf(Call(*exchange, Create())).kind, FailureKind::kUntrusted);
  EXPECT_EQ(service.requests(), 2);
}

TEST_F(ThroughProxy, ARefusalMeansNotSentAndNamesTheProxyWithoutItsPassword) {
  TestServer proxy([](Peer& peer) {
    peer.Read();
    peer.Write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    peer.WaitForEnd();
  });
  PocoExchangeOptions options = Options("service.test");
  options.proxy.https_proxy = "http://user:secret@" + proxy.authority();
  auto exchange = Make(options);
  const Completion completion = Call(*exchange, Create());
  ExpectFailure(completion, FailureKind::kNotSent, "proxy");
  const std::string message = FailureOf(completion).message;
  EXPECT_THAT(message, HasSubstr(proxy.authority()));
  EXPECT_THAT(message, HasSubstr("407"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
  EXPECT_THAT(message, Not(HasSubstr("dXNlcjpzZWNyZXQ=")));
}

TEST_F(ThroughProxy, AProxyThatIsNotThereOrTalksNonsenseMeansNotSent) {
  std::string gone;
  {
    TestServer server([](Peer&) {});
    gone = server.authority();
  }
  TestServer nonsense([](Peer& peer) {
    peer.Read();
    peer.Write("what?\r\n\r\n");
    peer.WaitForEnd();
  });
  TestServer cutting([](Peer& peer) {
    peer.Read();
    peer.Cut();
  });
  for (const std::string& where : {gone, nonsense.authority(), cutting.authority()}) {
    PocoExchangeOptions options = Options("service.test");
    options.proxy.https_proxy = "http://" + where;
    auto exchange = Make(options);
    const Completion completion = Call(*exchange, Create());
    ExpectFailure(completion, FailureKind::kNotSent, "proxy");
    EXPECT_THAT(FailureOf(completion).message, HasSubstr(where));
  }
}

TEST_F(ThroughProxy, AsksForPlainDownloadsWithTheWholeUrl) {
  TestServer proxy([](Peer& peer) {
    while (peer.Read()) peer.Answer("bytes");
  });
  PocoExchangeOptions options = Options("service.test");
  options.proxy.http_proxy = "http://user:secret@" + proxy.authority();
  auto exchange = Make(options);
  const auto sink = std::make_shared<MemorySink>();
  const Completion completion = Call(*exchange, DownloadRequest{"http://files.test:81/a?b", sink});
  EXPECT_TRUE(std::holds_alternative<DownloadAnswer>(completion.answer));
  EXPECT_EQ(proxy.seen().at(0).target, "http://files.test:81/a?b");
  EXPECT_EQ(proxy.seen().at(0).headers.Get("Host"), "files.test:81");
  EXPECT_EQ(proxy.seen().at(0).headers.Get("Proxy-Authorization"), "Basic dXNlcjpzZWNyZXQ=");
}

}  // namespace
}  // namespace aigc::api
