#include "api/poco_exchange.h"

#include <thread>

#include "exchange_fixture.h"

namespace aigc::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using PocoExchangeTest = ExchangeTest;

TestServer::Script Answering(std::string body, std::string headers = "") {
  return [body, headers](Peer& peer) {
    while (peer.Read()) peer.Answer(body, headers);
  };
}

TEST_F(PocoExchangeTest, SendsASignedRequestAndReadsItsAnswer) {
  TestServer server(Answering(kCreated, "Date: Thu, 20 Aug 2026 08:00:05 GMT\r\n"), GoodTls());
  auto exchange = Make(Options(server.authority()));
  const Completion completion = Call(*exchange, Create());
  ASSERT_TRUE(std::holds_alternative<CreateAnswer>(completion.answer));
  EXPECT_EQ(std::get<CreateAnswer>(completion.answer).task_id, "task-1");
  EXPECT_EQ(completion.request_id, "r-1");
  EXPECT_EQ(completion.server_time, ParseIso("2026-08-20T08:00:05Z"));
  const HttpRequest request = server.seen().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/");
  EXPECT_EQ(request.body, Create().body);
  EXPECT_EQ(request.headers.Get("Host"), server.authority());
  EXPECT_EQ(request.headers.Get("X-TC-Action"), "CreateAigcVideoTask");
  EXPECT_EQ(request.headers.Get("User-Agent"), "aigc-batch/1.2.3");
}

TEST_F(PocoExchangeTest, SendsBodiesOfManyMegabytesWhole) {
  TestServer server(Answering(kCreated), GoodTls());
  auto exchange = Make(Options(server.authority()));
  CreateRequest create = Create();
  create.body = std::string(9'500'000, 'x');
  ExpectCreated(Call(*exchange, create));
  EXPECT_EQ(server.seen().at(0).body, create.body);
}

TEST_F(PocoExchangeTest, ReadsChunkedAnswersAndKeepsTheConnection) {
  TestServer server(
      [](Peer& peer) {
        while (peer.Read()) {
          peer.Write(
              "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          for (const char c : kCreated) peer.Write(std::string("1;x=y\r\n") + c + "\r\n");
          peer.Write("0\r\nTrailer: t\r\n\r\n");
        }
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectCreated(Call(*exchange, Create()));
  ExpectCreated(Call(*exchange, Create()));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(PocoExchangeTest, ReadsAnswersThatEndWithTheConnection) {
  TestServer server(
      [](Peer& peer) {
        peer.Read();
        peer.Write("HTTP/1.0 200 OK\r\n\r\n" + kCreated);
        peer.Close();
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectCreated(Call(*exchange, Create()));
  ExpectCreated(Call(*exchange, Create()));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(PocoExchangeTest, DoesNotReuseWhatTheServerWillClose) {
  TestServer server(Answering(kCreated, "Connection: close\r\n"), GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectCreated(Call(*exchange, Create()));
  ExpectCreated(Call(*exchange, Create()));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(PocoExchangeTest, ResumesTlsSessionsOnNewConnections) {
  std::atomic<int> resumed{0};
  TestServer server(
      [&resumed](Peer& peer) {
        while (peer.Read()) {
          if (Poco::Net::SecureStreamSocket(peer.socket()).sessionWasReused()) ++resumed;
          peer.Answer(kCreated);
        }
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectCreated(Call(*exchange, Create()));
  EXPECT_EQ(resumed, 0);
  clock_.PushTicks(Seconds(31));
  ExpectCreated(Call(*exchange, Create()));
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(resumed, 1);
}

TEST_F(PocoExchangeTest, RepeatsAQueryOnceWhenItsKeptConnectionIsDead) {
  TestServer server(
      [](Peer& peer) {
        while (peer.Read()) {
          peer.Answer(kDetailed);
          if (peer.number > 1) continue;
          peer.Read();
          peer.Cut();
          return;
        }
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  for (int i = 0; i < 2; ++i) {
    const Completion completion = Call(*exchange, DetailRequest{"t"});
    EXPECT_TRUE(std::holds_alternative<TaskDetail>(completion.answer));
  }
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(PocoExchangeTest, RefusesToReadAnAnswerOf200Megabytes) {
  std::atomic<std::size_t> sent{0};
  TestServer server(
      [&sent](Peer& peer) {
        peer.Read();
        const bool chunked = peer.number == 2;
        peer.Write(chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                           : "HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n");
        const std::string piece(65536, ' ');
        for (sent = 0; sent < 209'715'200; sent += piece.size()) {
          peer.Write(chunked ? "10000\r\n" + piece + "\r\n" : piece);
        }
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  ExpectFailure(Call(*exchange, Create()), FailureKind::kUnclear, "too_long");
  EXPECT_LT(sent, 20'000'000u);
  ExpectFailure(Call(*exchange, Create()), FailureKind::kUnclear, "too_long");
  EXPECT_LT(sent, 50'000'000u);
}

TEST_F(PocoExchangeTest, HandsOnGatewayErrorsAndGarbage) {
  TestServer server(
      [](Peer& peer) {
        peer.Read();
        peer.Write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>");
        peer.Read();
        peer.Answer("<html></html>");
        peer.WaitForEnd();
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  const Completion gateway = Call(*exchange, Create());
  ExpectFailure(gateway, FailureKind::kHttp, "http_502");
  EXPECT_EQ(FailureOf(gateway).http_status, 502);
  ExpectFailure(Call(*exchange, Create()), FailureKind::kUnclear, "garbage");
  EXPECT_EQ(server.connections(), 1);
}

const std::string kExpired =
    R"({"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":"m"},"RequestId":"r"}})";

TEST_F(PocoExchangeTest, CorrectsItsClockOnceFromTheDateHeader) {
  const SystemClock machine;
  clock_.PushWall(Millis(Seconds(600)));
  TestServer server(
      [&machine](Peer& peer) {
        while (const auto request = peer.Read()) {
          const std::string date = "Date: " + FormatHttpDate(machine.Now()) + "\r\n";
          const long stamp = std::stol(std::string(request->headers.Get("X-TC-Timestamp")));
          const bool off = std::abs(stamp - ToUnixSeconds(machine.Now())) > 300;
          peer.Answer(off ? kExpired : kCreated, date);
        }
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  const Failure first = FailureOf(Call(*exchange, Create()));
  EXPECT_EQ(first.kind, FailureKind::kApi);
  EXPECT_EQ(first.code, "AuthFailure.SignatureExpire");
  EXPECT_TRUE(first.clock_corrected);
  ExpectCreated(Call(*exchange, Create()));
  // A clock that is set while a run goes on is followed again.
  clock_.PushWall(Millis(Seconds(600)));
  EXPECT_TRUE(FailureOf(Call(*exchange, Create())).clock_corrected);
  ExpectCreated(Call(*exchange, Create()));
}

TEST_F(PocoExchangeTest, DoesNotBlameTheClockWhenTheServiceAgreesWithIt) {
  TestServer server(
      [this](Peer& peer) {
        while (peer.Read()) {
          peer.Answer(kExpired, "Date: " + FormatHttpDate(clock_.Now()) + "\r\n");
        }
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  EXPECT_FALSE(FailureOf(Call(*exchange, Create())).clock_corrected);
}

TEST_F(PocoExchangeTest, TellsAllRequestsSignedBeforeTheCorrection) {
  std::atomic<int> waiting{0};
  TestServer server(
      [&](Peer& peer) {
        peer.Read();
        ++waiting;
        server.Hold();
        peer.Answer(kExpired, "Date: Thu, 20 Aug 2026 08:00:05 GMT\r\n");
        peer.WaitForEnd();
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  exchange->Start(Create());
  exchange->Start(Create());
  server.WaitForRequests(2);
  server.Release();
  int corrected = 0;
  for (int finished = 0; finished < 2;) {
    for (const Completion& completion : exchange->Wait(clock_.Ticks() + Seconds(30))) {
      corrected += FailureOf(completion).clock_corrected ? 1 : 0;
      ++finished;
    }
  }
  EXPECT_EQ(corrected, 2);
}

TEST_F(PocoExchangeTest, DoesNotClaimACorrectionWithoutADate) {
  TestServer server(Answering(kExpired), GoodTls());
  auto exchange = Make(Options(server.authority()));
  EXPECT_FALSE(FailureOf(Call(*exchange, Create())).clock_corrected);
}

TEST_F(PocoExchangeTest, UnknownHostMeansNotSent) {
  auto exchange = Make(Options("no-such-host.invalid"));
  const Completion completion = Call(*exchange, Create());
  ExpectFailure(completion, FailureKind::kNotSent, "dns");
  EXPECT_THAT(FailureOf(completion).message, HasSubstr("no-such-host.invalid"));
}

TEST_F(PocoExchangeTest, NeverPutsLineBreaksIntoHeaders) {
  TestServer server(Answering(kCreated), GoodTls());
  PocoExchangeOptions options = Options(server.authority());
  options.credentials.token = Secret("token\r\nX-Evil: 1");
  auto exchange = Make(options);
  const Failure failure = FailureOf(Call(*exchange, Create()));
  EXPECT_EQ(failure.kind, FailureKind::kNotSent);
  EXPECT_THAT(failure.message, Not(HasSubstr("Evil")));
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(PocoExchangeTest, CountsCapacityPerLane) {
  TestServer server(
      [&](Peer& peer) {
        while (peer.Read()) {
          server.Hold();
          peer.Answer(kCreated);
        }
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  EXPECT_EQ(exchange->Capacity(Lane::kCreate), 2u);
  exchange->Start(Create());
  EXPECT_EQ(exchange->Capacity(Lane::kCreate), 1u);
  EXPECT_EQ(exchange->Capacity(Lane::kQuery), 2u);
  exchange->Start(Create());
  EXPECT_EQ(exchange->Capacity(Lane::kCreate), 0u);
  server.WaitForRequests(2);
  server.Release();
  std::size_t done = 0;
  while (done < 2) done += exchange->Wait(clock_.Ticks() + Seconds(30)).size();
  EXPECT_EQ(exchange->Capacity(Lane::kCreate), 2u);
}

TEST_F(PocoExchangeTest, AWidenedLaneHasMoreOnTheWireAtOnceAndNeverFewer) {
  TestServer server(
      [&](Peer& peer) {
        while (peer.Read()) {
          server.Hold();
          peer.Answer(kCreated);
        }
      },
      GoodTls());
  auto exchange = Make(Options(server.authority()));
  exchange->Start(Create());
  exchange->Start(Create());
  exchange->Widen(Lane::kCreate, 4);
  EXPECT_EQ(exchange->Capacity(Lane::kCreate), 2u);
  exchange->Start(Create());
  exchange->Start(Create());
  server.WaitForRequests(4);  // all of them, with none answered
  server.Release();
  std::size_t done = 0;
  while (done < 4) done += exchange->Wait(clock_.Ticks() + Seconds(30)).size();
  exchange->Widen(Lane::kCreate, 1);
  EXPECT_EQ(exchange->Capacity(Lane::kCreate), 4u);
  EXPECT_EQ(exchange->Capacity(Lane::kQuery), 2u);
}

TEST_F(PocoExchangeTest, WaitEndsAtItsDeadlineAndAfterAWakeFromAnotherThread) {
  auto exchange = Make(Options("127.0.0.1:1"));
  EXPECT_TRUE(exchange->Wait(clock_.Ticks()).empty());
  EXPECT_TRUE(exchange->Wait(clock_.Ticks() + Millis(1)).empty());
  std::thread waker([&] { exchange->Wake(); });
  EXPECT_TRUE(exchange->Wait(clock_.Ticks() + Seconds(3600)).empty());
  waker.join();
  exchange->Wake();  // before the wait: not lost
  EXPECT_TRUE(exchange->Wait(clock_.Ticks() + Seconds(3600)).empty());
}

TEST_F(PocoExchangeTest, EndsPromptlyWithRequestsInFlight) {
  TestServer server(
      [](Peer& peer) {
        peer.Read();
        peer.WaitForEnd();
      },
      GoodTls());
  TestServer silent([](Peer& peer) { peer.WaitForEnd(); });  // hangs in the handshake
  auto first = Make(Options(server.authority()));
  auto second = Make(Options(silent.authority()));
  for (auto* exchange : {first.get(), second.get()}) {
    exchange->Start(Create());
    exchange->Start(Create());
    exchange->Start(DetailRequest{"t"});
  }
  server.WaitForRequests(3);
  const SteadyTime begin = clock_.Ticks();
  first.reset();
  second.reset();
  EXPECT_LT(clock_.Ticks() - begin, Seconds(5));
}

TEST_F(PocoExchangeTest, CarriesManyRequestsOverFewConnections) {
  TestServer server(Answering(kCreated), GoodTls());
  PocoExchangeOptions options = Options(server.authority());
  options.create_workers = 4;
  auto exchange = Make(options);
  constexpr int kAll = 400;
  int started = 0;
  for (int finished = 0; finished < kAll;) {
    while (started < kAll && exchange->Capacity(Lane::kCreate) > 0) {
      exchange->Start(Create());
      ++started;
    }
    for (const Completion& completion : exchange->Wait(clock_.Ticks() + Seconds(30))) {
      ExpectCreated(completion);
      ++finished;
    }
  }
  EXPECT_EQ(server.requests(), kAll);
  EXPECT_LE(server.connections(), 4);
}

TEST_F(PocoExchangeTest, RefusesEndpointsItCannotTrust) {
  for (const char* endpoint :
       {"http://127.0.0.1:1", "127.0.0.1", "", "https://", "https://h:0", "https://h:99999",
        "https://h/path", "https://user:secret@h", "ftp://h", "https://h\r\nX: y"}) {
    PocoExchangeOptions options = Options("x");
    options.endpoint = endpoint;
    const auto made = MakePocoExchange(options, clock_);
    ASSERT_FALSE(made.ok()) << endpoint;
    EXPECT_EQ(made.error().code, ErrorCode::kUsage);
    EXPECT_THAT(made.error().message, Not(HasSubstr("secret")));
  }
}

TEST_F(PocoExchangeTest, NamesACaFileItCannotRead) {
  for (const std::string& file : {Authority().folder() + "/none.pem", std::string("/dev/null")}) {
    PocoExchangeOptions options = Options("127.0.0.1:1");
    options.ca_file = file;
    const auto made = MakePocoExchange(options, clock_);
    ASSERT_FALSE(made.ok()) << file;
    EXPECT_EQ(made.error().code, ErrorCode::kUsage);
    EXPECT_THAT(made.error().message, HasSubstr(file));
  }
}

}  // namespace
}  // namespace aigc::api
