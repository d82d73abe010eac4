// A create leaves at most once, whatever the server does to the connection; and what is said about
// it (not sent or unclear) is true.
#include "exchange_fixture.h"

namespace aigc::api {
namespace {

using CreateOnce = ExchangeTest;

TEST_F(CreateOnce, AnswersASecondCreateOverTheSameConnection) {
  TestServer server(
      [](Peer& peer) {
        while (peer.Read()) peer.Answer(kCreated);
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectCreated(Call(*exchange, Create()));
  ExpectCreated(Call(*exchange, Create()));
  EXPECT_EQ(server.requests(), 2);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CreateOnce, IsNotSentAgainWhenAKeptConnectionIsResetAfterReading) {
  TestServer server(
      [](Peer& peer) {
        while (peer.Read()) {
          if (peer.number == 1) {
            peer.Answer(kCreated);
            peer.Read();
            peer.Reset();
            return;
          }
          peer.Answer(kCreated);
        }
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectCreated(Call(*exchange, Create()));
  const Failure failure = FailureOf(Call(*exchange, Create()));
  EXPECT_EQ(failure.kind, FailureKind::kUnclear);
  EXPECT_EQ(server.requests(), 2) << "it was sent again";
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CreateOnce, IsNotSentAgainWhenAKeptConnectionIsClosedAfterReading) {
  TestServer server(
      [](Peer& peer) {
        peer.Read();
        peer.Answer(kCreated);
        peer.Read();
        peer.Close();
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectCreated(Call(*exchange, Create()));
  ExpectFailure(Call(*exchange, Create()), FailureKind::kUnclear, "closed");
  EXPECT_EQ(server.requests(), 2);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CreateOnce, TakesANewConnectionWhenTheKeptOneWasClosedMeanwhile) {
  TestServer server(
      [](Peer& peer) {
        peer.Read();
        peer.Answer(kCreated, "Date: Thu, 20 Aug 2026 08:00:05 GMT\r\n");
        if (peer.number == 1) peer.Close();
        peer.WaitForEnd();
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectCreated(Call(*exchange, Create()));
  // The goodbye of the server may arrive a moment later: then, and only then, the outcome is
  // unclear; but never is there a second request for one create.
  const Completion second = Call(*exchange, Create());
  EXPECT_LE(server.requests(), 2);
  if (std::holds_alternative<CreateAnswer>(second.answer)) {
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST_F(CreateOnce, TrustsNoConnectionThatLayIdleForSeconds) {
  TestServer server(
      [](Peer& peer) {
        while (peer.Read()) peer.Answer(kCreated);
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectCreated(Call(*exchange, Create()));
  clock_.PushTicks(Seconds(6));
  ExpectCreated(Call(*exchange, Create()));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(CreateOnce, RefusedConnectionMeansNotSent) {
  std::string authority;
  {
    TestServer server([](Peer&) {});
    authority = server.authority();
  }
  auto exchange = Make(Options(authority));
  ExpectFailure(Call(*exchange, Create()), FailureKind::kNotSent, "refused");
}

TEST_F(CreateOnce, ConnectionCutBeforeTheHandshakeMeansNotSent) {
  TestServer server([](Peer& peer) { peer.Cut(); });
  auto exchange = Make(Options(server.authority()));
  EXPECT_EQ(FailureOf(Call(*exchange, Create())).kind, FailureKind::kNotSent);
  TestServer resetting([](Peer& peer) {
    peer.ReadSome();
    peer.Reset();
  });
  exchange = Make(Options(resetting.authority()));
  EXPECT_EQ(FailureOf(Call(*exchange, Create())).kind, FailureKind::kNotSent);
}

TEST_F(CreateOnce, AServerThatDoesNotSpeakTlsMeansNotSent) {
  TestServer server([](Peer& peer) {
    peer.ReadSome();
    peer.Write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    peer.WaitForEnd();
  });
  auto exchange = Make(Options(server.authority()));
  ExpectFailure(Call(*exchange, Create()), FailureKind::kNotSent, "tls");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CreateOnce, AHandshakeThatTakesTooLongMeansNotSent) {
  TestServer server([](Peer& peer) { peer.WaitForEnd(); });
  PocoExchangeOptions options = Options(server.authority());
  options.limits.connect = Millis(150);
  auto exchange = Make(options);
  ExpectFailure(Call(*exchange, Create()), FailureKind::kNotSent, "timeout");
}

struct Phase {
  const char* name;
  TestServer::Script script;
  int requests;
};

TEST_F(CreateOnce, EveryEndAfterTheHandshakeIsUnclearAndCountsOnce) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kCreated.size());
  const Phase phases[] = {
      {"reset after the first byte",
       [](Peer& peer) {
         char first = 0;
         peer.socket().receiveBytes(&first, 1);
         peer.Reset();
       },
       0},
      {"reset after reading",
       [](Peer& peer) {
         peer.Read();
         peer.Reset();
       },
       1},
      {"closed after reading",
       [](Peer& peer) {
         peer.Read();
         peer.Close();
       },
       1},
      {"cut after reading",
       [](Peer& peer) {
         peer.Read();
         peer.Cut();
       },
       1},
      {"cut in the status line",
       [](Peer& peer) {
         peer.Read();
         peer.Write("HTTP/1.1 20");
         peer.Cut();
       },
       1},
      {"cut in the headers",
       [head](Peer& peer) {
         peer.Read();
         peer.Write(head);
         peer.Close();
       },
       1},
      {"cut after the headers",
       [head](Peer& peer) {
         peer.Read();
         peer.Write(head + "\r\n\r\n");
         peer.Close();
       },
       1},
      {"cut in the body",
       [head](Peer& peer) {
         peer.Read();
         peer.Write(head + "\r\n\r\n" + kCreated.substr(0, kCreated.size() - 1));
         peer.Close();
       },
       1},
      {"cut in a chunk",
       [](Peer& peer) {
         peer.Read();
         peer.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{\"Resp");
         peer.Close();
       },
       1},
      {"no last chunk",
       [](Peer& peer) {
         peer.Read();
         peer.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n");
         peer.Close();
       },
       1},
      {"no length, and no TLS goodbye",
       [](Peer& peer) {
         peer.Read();
         peer.Write("HTTP/1.1 200 OK\r\n\r\n" + kCreated);
         peer.Cut();
       },
       1},
      {"not HTTP",
       [](Peer& peer) {
         peer.Read();
         peer.Write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
         peer.WaitForEnd();
       },
       1},
      {"endless interim answers",
       [](Peer& peer) {
         peer.Read();
         while (true) peer.Write("HTTP/1.1 100 Continue\r\n\r\n");
       },
       1},
      {"endless headers",
       [](Peer& peer) {
         peer.Read();
         peer.Write("HTTP/1.1 200 OK\r\n");
         while (true) peer.Write("X-Padding: " + std::string(1000, 'x') + "\r\n");
       },
       1},
  };
  for (const Phase& phase : phases) {
    SCOPED_TRACE(phase.name);
    TestServer server(phase.script, GoodTls());
    auto exchange = Make(Options(server.authority()));
    const Failure failure = FailureOf(Call(*exchange, Create()));
    EXPECT_EQ(Name(failure.kind), Name(FailureKind::kUnclear)) << failure.message;
    exchange.reset();
    EXPECT_EQ(server.connections(), 1);
    EXPECT_EQ(server.requests(), phase.requests);
  }
}

TEST_F(CreateOnce, AnAnswerThatDoesNotComeIsATimeOut) {
  TestServer server(
      [](Peer& peer) {
        peer.Read();
        peer.WaitForEnd();
      },
      GoodTls());
  PocoExchangeOptions options = Options(server.authority());
  options.limits.exchange = Millis(100);
  auto exchange = Make(options);
  ExpectFailure(Call(*exchange, Create()), FailureKind::kUnclear, "timeout");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(CreateOnce, AnAnswerThatDripsIsCutAfterTheWholeCallsLimit) {
  TestServer server(
      [](Peer& peer) {
        peer.Read();
        peer.Write("HTTP/1.1 200 OK\r\n");
        peer.WaitForEnd();
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  exchange->Start(Create());
  server.WaitForRequests(1);
  clock_.PushTicks(Seconds(301));
  ExpectFailure(Finish(*exchange), FailureKind::kUnclear, "timeout");
}

}  // namespace
}  // namespace aigc::api
