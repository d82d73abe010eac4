// The simulator over real sockets, with Poco's client and full verification of the certificate.
#include "simulator/server.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/URI.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <mutex>
#include <thread>

#include "base/digest.h"
#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

class FixedClock : public Clock {
 public:
  WallTime Now() const override { return WallTime(Millis(now_.load())); }
  SteadyTime Ticks() const override { return {}; }
  void Set(WallTime now) { now_ = ToUnixMillis(now); }

 private:
  std::atomic<std::int64_t> now_{ToUnixMillis(kStart)};
};

Poco::Net::Context::Ptr StrictContext(const std::string& ca_file) {
  return new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", ca_file,
                                Poco::Net::Context::VERIFY_STRICT, 9, false);
}

struct Answer {
  int status = 0;
  std::string body;
  Poco::Net::HTTPResponse head;
};

class ServerTest : public testing::Test {
 protected:
  void Start(Scenario scenario = QuickScenario(), std::vector<std::string> lines = {}) {
    ServerOptions options;
    options.service = Caller::Options(std::move(scenario));
    options.ledger_lines = std::move(lines);
    auto started = Server::Start(std::move(options), clock_);
    ASSERT_TRUE(started.ok()) << Describe(started.error());
    server_ = std::move(*started);
  }

  std::unique_ptr<Poco::Net::HTTPSClientSession> Connect(const std::string& host = "127.0.0.1") {
    auto session = std::make_unique<Poco::Net::HTTPSClientSession>(
        host, server_->port(), StrictContext(server_->ca_file()));
    session->setKeepAlive(true);
    session->setTimeout(Poco::Timespan(20, 0));
    return session;
  }

  // A signed call over an open connection.
  Answer Call(Poco::Net::HTTPClientSession& session, std::string_view action,
              const std::string& body) {
    HttpRequest call = ApiCall(action, body, clock_.Now(),
                               session.getHost() + ":" + std::to_string(session.getPort()));
    Poco::Net::HTTPRequest request("POST", "/", "HTTP/1.1");
    for (const auto& [name, value] : call.headers.all()) request.set(name, value);
    request.setContentLength64(static_cast<Poco::Int64>(body.size()));
    session.sendRequest(request) << body << std::flush;
    return Receive(session);
  }

  static Answer Receive(Poco::Net::HTTPClientSession& session) {
    Answer answer;
    std::istream& in = session.receiveResponse(answer.head);
    answer.status = answer.head.getStatus();
    answer.body.assign(std::istreambuf_iterator<char>(in), {});
    return answer;
  }

  Answer GetFile(const std::string& url, const std::string& range = "") {
    Poco::URI uri(url);
    Poco::Net::HTTPClientSession session(uri.getHost(), uri.getPort());
    session.setTimeout(Poco::Timespan(20, 0));
    Poco::Net::HTTPRequest request("GET", uri.getPathAndQuery(), "HTTP/1.1");
    if (!range.empty()) request.set("Range", range);
    session.sendRequest(request);
    return Receive(session);
  }

  std::size_t Tasks() const {
    std::size_t count = 0;
    server_->Inspect([&](const Ledger& ledger) { count = ledger.tasks().size(); });
    return count;
  }

  static Scenario WithFault(FaultKind kind, std::string action = "create") {
    Scenario scenario = QuickScenario();
    FaultRule rule;
    rule.match.action = std::move(action);
    rule.match.nth = {1};
    rule.fault.kind = kind;
    scenario.faults = {rule};
    return scenario;
  }

  FixedClock clock_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, ServesTheApiToAClientThatVerifiesTheCertificate) {
  Start();
  for (const char* host : {"127.0.0.1", "localhost"}) {
    auto session = Connect(host);
    Answer answer = Call(*session, "CreateAigcVideoTask", VideoBody(std::string("s-") + host));
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(At(answer.body, "Response.TaskId"), testing::HasSubstr("-AigcVideoTask-"));
    EXPECT_EQ(answer.head.get("Date"), FormatHttpDate(kStart));
  }
  EXPECT_EQ(Tasks(), 2u);
}

TEST_F(ServerTest, IsNotTrustedWithoutItsAuthorityNorUnderAnotherName) {
  Start();
  Poco::Net::HTTPSClientSession stranger(
      "127.0.0.1", server_->port(),
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", "",
                             Poco::Net::Context::VERIFY_STRICT, 9, true));
  EXPECT_THROW(Call(stranger, "DescribeTasks", "{}"), Poco::Net::SSLException);
  auto other_name = Connect("127.0.0.2");
  EXPECT_ANY_THROW(Call(*other_name, "DescribeTasks", "{}"));
}

TEST_F(ServerTest, KeepsConnectionsAlive) {
  Start();
  auto session = Connect();
  for (int i = 0; i < 20; ++i) {
    Answer answer = Call(*session, "CreateAigcVideoTask", VideoBody("s" + std::to_string(i)));
    ASSERT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.head.getKeepAlive());
    EXPECT_TRUE(session->connected());
  }
  EXPECT_EQ(Tasks(), 20u);
}

TEST_F(ServerTest, ResetsTheConnectionBeforeDoingAnything) {
  Start(WithFault(FaultKind::kDropBefore));
  auto session = Connect();
  EXPECT_THROW(Call(*session, "CreateAigcVideoTask", VideoBody("a")),
               Poco::Net::ConnectionResetException);
  EXPECT_EQ(Tasks(), 0u);
  auto again = Connect();
  EXPECT_EQ(Call(*again, "CreateAigcVideoTask", VideoBody("a")).status, 200);
}

TEST_F(ServerTest, ResetsTheConnectionAfterTheTaskWasAccepted) {
  Start(WithFault(FaultKind::kDropAfter));
  auto session = Connect();
  EXPECT_THROW(Call(*session, "CreateAigcVideoTask", VideoBody("a")),
               Poco::Net::ConnectionResetException);
  EXPECT_EQ(Tasks(), 1u);
  auto again = Connect();
  Answer repeated = Call(*again, "CreateAigcVideoTask", VideoBody("a"));
  EXPECT_EQ(At(repeated.body, "Response.Error.Code"), "InvalidParameterValue.SessionId");
}

TEST_F(ServerTest, ServesResultFilesOverPlainHttpWithRanges) {
  Start();
  auto session = Connect();
  std::string id =
      At(Call(*session, "CreateAigcVideoTask", VideoBody("a")).body, "Response.TaskId");
  clock_.Set(kStart + Seconds(5));
  std::string detail = Call(*session, "DescribeTaskDetail", "{\"TaskId\":\"" + id + "\"}").body;
  std::string url = At(detail, "Response.AigcVideoTask.Output.FileInfos.0.FileUrl");
  EXPECT_THAT(url, testing::StartsWith("http://127.0.0.1:" + std::to_string(server_->file_port())));

  Answer whole = GetFile(url);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.head.getContentType(), "video/mp4");
  std::string sha256;
  server_->Inspect([&](const Ledger& ledger) { sha256 = ledger.tasks()[0].files[0].sha256; });
  EXPECT_EQ(Sha256Hex(whole.body), sha256);
  Answer part = GetFile(url, "bytes=1000-");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, whole.body.substr(1000));
}

TEST_F(ServerTest, ServesTheApiOnlyOverTls) {
  Start();
  Poco::Net::HTTPClientSession session("127.0.0.1", server_->file_port());
  EXPECT_EQ(Call(session, "CreateAigcVideoTask", VideoBody("a")).status, 404);
  EXPECT_EQ(Tasks(), 0u);
}

TEST_F(ServerTest, CutsAFileAtTheScriptedByte) {
  Scenario scenario = WithFault(FaultKind::kFileCut, "file");
  scenario.faults[0].fault.count = 1234;
  Start(std::move(scenario));
  auto session = Connect();
  std::string id =
      At(Call(*session, "CreateAigcVideoTask", VideoBody("a")).body, "Response.TaskId");
  clock_.Set(kStart + Seconds(5));
  std::string detail = Call(*session, "DescribeTaskDetail", "{\"TaskId\":\"" + id + "\"}").body;
  std::string url = At(detail, "Response.AigcVideoTask.Output.FileInfos.0.FileUrl");
  Answer cut = GetFile(url);
  EXPECT_EQ(cut.body.size(), 1234u);
  EXPECT_EQ(std::to_string(cut.head.getContentLength64()),
            At(detail, "Response.AigcVideoTask.Output.FileInfos.0.MetaData.Size"));
  EXPECT_EQ(GetFile(url).body.size(), static_cast<std::size_t>(cut.head.getContentLength64()));
}

TEST_F(ServerTest, AnswersOthersWhileOneAnswerWaits) {
  Scenario scenario = WithFault(FaultKind::kSlow, "DescribeTasks");
  scenario.faults[0].fault.delay = std::chrono::hours(1);
  Start(std::move(scenario));
  std::atomic<bool> is_done{false};
  std::thread waiting([&] {
    auto session = Connect();
    try {
      Call(*session, "DescribeTasks", "{}");
    } catch (const Poco::Exception&) {
      // cut by Stop
    }
    is_done = true;
  });
  // The slow request is in the service once it was counted.
  for (std::uint64_t seen = 0; seen == 0;) {
    server_->Inspect([&](const Ledger& l) { seen = l.counts("DescribeTasks").seen; });
    std::this_thread::yield();
  }
  auto session = Connect();
  EXPECT_EQ(Call(*session, "CreateAigcVideoTask", VideoBody("a")).status, 200);
  EXPECT_FALSE(is_done);
  server_->Stop();  // must not wait the hour out
  waiting.join();
}

TEST_F(ServerTest, RefusesABodyAboveTenMegabytesAndClosesTheConnection) {
  Start();
  auto session = Connect();
  Answer answer = Call(*session, "CreateAigcVideoTask", std::string(kMaxBody + 5, ' '));
  EXPECT_EQ(At(answer.body, "Response.Error.Code"), "RequestSizeLimitExceeded");
  EXPECT_FALSE(answer.head.getKeepAlive());
}

TEST_F(ServerTest, SendsAHugeAnswerWithoutHoldingIt) {
  Scenario scenario = WithFault(FaultKind::kGarbage, "DescribeTasks");
  scenario.faults[0].fault.garbage = Garbage::kHuge;
  Start(std::move(scenario));
  auto session = Connect();
  HttpRequest call =
      ApiCall("DescribeTasks", "{}", clock_.Now(), "127.0.0.1:" + std::to_string(server_->port()));
  Poco::Net::HTTPRequest request("POST", "/", "HTTP/1.1");
  for (const auto& [name, value] : call.headers.all()) request.set(name, value);
  request.setContentLength64(2);
  session->sendRequest(request) << "{}" << std::flush;
  Poco::Net::HTTPResponse head;
  std::istream& in = session->receiveResponse(head);
  EXPECT_GT(head.getContentLength64(), 200'000'000);
  char first[4096];
  EXPECT_TRUE(in.read(first, sizeof first));
}

TEST_F(ServerTest, StopsWithOpenConnectionsAndRemovesItsFolder) {
  Start();
  auto session = Connect();
  Call(*session, "DescribeTasks", "{}");
  std::string ca_file = server_->ca_file();
  struct stat status {};
  ASSERT_EQ(::stat(ca_file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  server_->Stop();
  server_->Stop();
  EXPECT_NE(::stat(ca_file.c_str(), &status), 0);
  std::string folder = ca_file.substr(0, ca_file.rfind('/'));
  EXPECT_NE(::stat(folder.c_str(), &status), 0);
  EXPECT_ANY_THROW(Call(*session, "DescribeTasks", "{}"));
}

TEST_F(ServerTest, FailsOnATakenPortWithAHint) {
  Start();
  ServerOptions options;
  options.service = Caller::Options(QuickScenario());
  options.port = server_->port();
  auto second = Server::Start(std::move(options), clock_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kIo);
  EXPECT_THAT(second.error().hint, testing::HasSubstr("--port"));
}

TEST_F(ServerTest, TakesUpALedger) {
  std::vector<std::string> lines;
  ServiceOptions options = Caller::Options(QuickScenario());
  options.on_record = [&](std::string_view line) { lines.emplace_back(line); };
  Service earlier(std::move(options));
  earlier.Handle(ApiCall("CreateAigcVideoTask", VideoBody("a"), kStart), kStart);
  Start(QuickScenario(), lines);
  EXPECT_EQ(Tasks(), 1u);
  auto session = Connect();
  Answer repeated = Call(*session, "CreateAigcVideoTask", VideoBody("a"));
  EXPECT_EQ(At(repeated.body, "Response.Error.Code"), "InvalidParameterValue.SessionId");
}

TEST_F(ServerTest, CountsEveryRequestOfManyConnectionsAtOnce) {
  Start();
  constexpr int kThreads = 8;
  constexpr int kCalls = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      auto session = Connect();
      for (int i = 0; i < kCalls; ++i) {
        Answer answer = Call(*session, "CreateAigcVideoTask",
                             VideoBody(std::to_string(t) + "-" + std::to_string(i)));
        EXPECT_EQ(answer.status, 200);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Tasks(), static_cast<std::size_t>(kThreads * kCalls));
}

}  // namespace
}  // namespace aigc::simulator
