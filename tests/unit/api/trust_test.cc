// Who is believed to be the service. Every refusal here must be one before the first byte.
#include "exchange_fixture.h"

namespace aigc::api {
namespace {

using ::testing::HasSubstr;
using Trust = ExchangeTest;

TestServer::Script Answering() {
  return [](Peer& peer) {
    while (peer.Read()) peer.Answer(kCreated);
  };
}

TEST_F(Trust, RefusesAnUnknownAuthorityAndNamesTheHost) {
  TestAuthority other;
  TestServer server(Answering(), TestServer::ServerTls(other.Issue("IP:127.0.0.1")));
  auto exchange = Make(Options(server.authority()));
  const Completion completion = Call(*exchange, Create());
  ExpectFailure(completion, FailureKind::kUntrusted, "tls");
  EXPECT_THAT(FailureOf(completion).message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(FailureOf(completion).message, HasSubstr("--ca-file"));
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(Trust, RefusesEveryPrivateAuthorityWithoutACaFile) {
  TestServer server(Answering(), GoodTls());
  PocoExchangeOptions options = Options(server.authority());
  options.ca_file.clear();
  auto exchange = Make(options);
  EXPECT_EQ(FailureOf(Call(*exchange, Create())).kind, FailureKind::kUntrusted);
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(Trust, RefusesACertificateOfAnotherHostOnLoopbackToo) {
  for (const char* names : {"DNS:other.test", "DNS:localhost", "IP:127.0.0.2"}) {
    TestServer server(Answering(), TestServer::ServerTls(Authority().Issue(names)));
    auto exchange = Make(Options(server.authority()));
    const Completion completion = Call(*exchange, Create());
    ExpectFailure(completion, FailureKind::kUntrusted, "tls");
    EXPECT_THAT(FailureOf(completion).message, HasSubstr("another host"));
    EXPECT_EQ(server.requests(), 0) << names;
  }
}

TEST_F(Trust, ChecksTheNameThatWasAskedForNotTheAddress) {
  TestServer server(Answering(), TestServer::ServerTls(Authority().Issue("IP:127.0.0.1")));
  auto exchange = Make(Options("localhost:" + std::to_string(server.port())));
  EXPECT_EQ(FailureOf(Call(*exchange, Create())).kind, FailureKind::kUntrusted);
  TestServer named(Answering(), TestServer::ServerTls(Authority().Issue("DNS:localhost")));
  exchange = Make(Options("localhost:" + std::to_string(named.port())));
  ExpectCreated(Call(*exchange, Create()));
}

TEST_F(Trust, RefusesExpiredAndFutureCertificates) {
  for (const auto& [begin, end] : {std::pair{-7200L, -3600L}, std::pair{3600L, 7200L}}) {
    TestServer server(Answering(),
                      TestServer::ServerTls(Authority().Issue("IP:127.0.0.1", begin, end)));
    auto exchange = Make(Options(server.authority()));
    const Completion completion = Call(*exchange, Create());
    ExpectFailure(completion, FailureKind::kUntrusted, "tls");
    EXPECT_THAT(FailureOf(completion).message,
                HasSubstr(begin < 0 ? "certificate has expired" : "not yet valid"));
    EXPECT_EQ(server.requests(), 0);
  }
}

TEST_F(Trust, ChecksTheHostAlsoWhenTheHandshakeWasSlow) {
  // Poco 1.11 takes a handshake that ran into a time-out for done and would go on without a look at
  // the host name.
  // The server answers the handshake after the client's first time-out and before its last.
  TestServer server(
      [](Peer& peer) {
        peer.socket().poll(Poco::Timespan(0, 400'000), Poco::Net::Socket::SELECT_ERROR);
        while (peer.Read()) peer.Answer(kCreated);
      },
      TestServer::ServerTls(Authority().Issue("DNS:other.test")));
  PocoExchangeOptions options = Options(server.authority());
  options.limits.connect = Millis(300);
  auto exchange = Make(options);
  const Failure failure = FailureOf(Call(*exchange, Create()));
  EXPECT_TRUE(failure.kind == FailureKind::kUntrusted || failure.kind == FailureKind::kNotSent);
  exchange.reset();
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(Trust, SpeaksNothingOlderThanTls12) {
  using Poco::Net::Context;
  const CertificateFiles files = Authority().Issue("IP:127.0.0.1");
  Context::Params params;
  params.privateKeyFile = files.key;
  params.certificateFile = files.certificate;
  params.verificationMode = Context::VERIFY_NONE;
  params.cipherList = "ALL:@SECLEVEL=0";
  Context::Ptr old = new Context(Context::SERVER_USE, params);
  old->disableProtocols(Context::PROTO_TLSV1_2 | Context::PROTO_TLSV1_3);
  TestServer server(Answering(), old);
  auto exchange = Make(Options(server.authority()));
  ExpectFailure(Call(*exchange, Create()), FailureKind::kNotSent, "tls");
  EXPECT_EQ(server.requests(), 0);

  Context::Ptr tls12 = TestServer::ServerTls(files);
  tls12->disableProtocols(Context::PROTO_TLSV1_3);
  TestServer newer(Answering(), tls12);
  exchange = Make(Options(newer.authority()));
  ExpectCreated(Call(*exchange, Create()));
}

}  // namespace
}  // namespace aigc::api
