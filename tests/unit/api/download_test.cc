#include "exchange_fixture.h"
#include "memory_sink.h"

namespace aigc::api {
namespace {

using ::testing::HasSubstr;

class Download : public ExchangeTest {
 protected:
  Completion Fetch(const std::string& url, const std::shared_ptr<MemorySink>& sink) {
    if (!exchange_) exchange_ = Make(Options("127.0.0.1:1"));
    return Call(*exchange_, DownloadRequest{url, sink});
  }
  std::string Url(const TestServer& server, const std::string& path = "/f.mp4") {
    return "http://" + server.authority() + path;
  }
  void ExpectStored(const Completion& completion, const MemorySink& sink,
                    const std::string& bytes) {
    const auto* failure = std::get_if<Failure>(&completion.answer);
    ASSERT_EQ(failure, nullptr) << failure->message;
    EXPECT_TRUE(sink.finished);
    EXPECT_EQ(sink.bytes.size(), bytes.size());
    EXPECT_TRUE(sink.bytes == bytes);
    EXPECT_EQ(std::get<DownloadAnswer>(completion.answer).stored.sha256, Sha256Hex(bytes));
  }

  std::shared_ptr<MemorySink> sink_ = std::make_shared<MemorySink>();
  std::unique_ptr<Exchange> exchange_;
};

std::string Bytes(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(i * 31 % 251);
  return out;
}

TEST_F(Download, StoresAFileInPiecesAndTellsTheServerNothingOfUs) {
  const std::string file = Bytes(1'000'000);
  TestServer server([&](Peer& peer) {
    while (peer.Read()) peer.Answer(file, "ETag: \"e1\"\r\nContent-Type: video/mp4\r\n");
  });
  ExpectStored(Fetch(Url(server, "/a%2Fb.mp4?sign=x%3D"), sink_), *sink_, file);
  EXPECT_EQ(sink_->head->total_bytes, file.size());
  EXPECT_EQ(sink_->head->validator, "\"e1\"");
  EXPECT_EQ(sink_->head->content_type, "video/mp4");
  EXPECT_LE(sink_->largest_piece, 65536u);
  const HttpRequest request = server.seen().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/a%2Fb.mp4?sign=x%3D");
  EXPECT_EQ(request.headers.Get("Host"), server.authority());
  EXPECT_FALSE(request.headers.Has("Range"));
  for (const auto& [name, value] : request.headers.all()) {
    EXPECT_NE(name.substr(0, 5), "X-TC-");
    EXPECT_NE(name, "Authorization");
  }
  auto second = std::make_shared<MemorySink>();
  ExpectStored(Fetch(Url(server), second), *second, file);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Download, StoresChunkedFilesAndOnesThatEndWithTheConnection) {
  TestServer server([](Peer& peer) {
    peer.Read();
    if (peer.number == 1) {
      peer.Write(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n"
          "0\r\n\r\n");
      peer.Close();
    } else {
      peer.Write("HTTP/1.1 200 OK\r\n\r\nwhole");
      peer.Close();
    }
  });
  ExpectStored(Fetch(Url(server), sink_), *sink_, "abc0123456789");
  EXPECT_FALSE(sink_->head->total_bytes.has_value());
  auto second = std::make_shared<MemorySink>();
  ExpectStored(Fetch(Url(server), second), *second, "whole");
}

TEST_F(Download, ResumesWithRangeAndIfRange) {
  TestServer server([](Peer& peer) {
    peer.Read();
    peer.Write(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-9/10\r\nETag: \"e\"\r\n"
        "Content-Length: 6\r\n\r\n456789");
    peer.WaitForEnd();
  });
  sink_ = std::make_shared<MemorySink>("0123", "\"e\"");
  ExpectStored(Fetch(Url(server), sink_), *sink_, "0123456789");
  EXPECT_EQ(server.seen().at(0).headers.Get("Range"), "bytes=4-");
  EXPECT_EQ(server.seen().at(0).headers.Get("If-Range"), "\"e\"");
  EXPECT_EQ(sink_->head->offset, 4u);
  EXPECT_EQ(sink_->head->total_bytes, 10u);
}

TEST_F(Download, BeginsAnewWhenTheFileHasChanged) {
  TestServer server([](Peer& peer) {
    peer.Read();
    peer.Answer("new file", "ETag: W/\"weak\"\r\n");
  });
  sink_ = std::make_shared<MemorySink>("old", "\"e\"");
  ExpectStored(Fetch(Url(server), sink_), *sink_, "new file");
  EXPECT_EQ(sink_->head->offset, 0u);
  EXPECT_EQ(sink_->head->validator, "") << "a weak tag promises nothing";
}

TEST_F(Download, BeginsAnewOnceWhenTheRangeIsRefused) {
  TestServer server([](Peer& peer) {
    while (const auto request = peer.Read()) {
      if (request->headers.Has("Range")) {
        peer.Write("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
      } else {
        peer.Answer("short");
      }
    }
  });
  sink_ = std::make_shared<MemorySink>("much longer than that", "\"e\"");
  ExpectStored(Fetch(Url(server), sink_), *sink_, "short");
  EXPECT_EQ(server.requests(), 2);

  TestServer stubborn([](Peer& peer) {
    while (peer.Read()) {
      peer.Write("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
    }
  });
  sink_ = std::make_shared<MemorySink>("abc", "\"e\"");
  ExpectFailure(Fetch(Url(stubborn), sink_), FailureKind::kHttp, "http_416");
  EXPECT_EQ(stubborn.requests(), 2);
}

TEST_F(Download, TakesNoPartThatItDidNotAskFor) {
  for (const char* range : {"bytes 3-9/10", "bytes 5-9/10", "bytes 4-9/9", "bytes 4-3/10", "4-9/10",
                            "bytes */10", "", "bytes 4-9/x", "bytes 4-99999999999999999999/*"}) {
    TestServer server([range](Peer& peer) {
      peer.Read();
      peer.Write(std::string("HTTP/1.1 206 Partial Content\r\nContent-Range: ") + range +
                 "\r\nContent-Length: 6\r\n\r\n456789");
    });
    sink_ = std::make_shared<MemorySink>("0123", "\"e\"");
    ExpectFailure(Fetch(Url(server), sink_), FailureKind::kUnclear, "garbage");
    EXPECT_EQ(sink_->bytes, "0123") << range;
  }
}

TEST_F(Download, KeepsWhatCameWhenTheBodyIsCut) {
  for (const bool chunked : {false, true}) {
    TestServer server([chunked](Peer& peer) {
      peer.Read();
      peer.Write(chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n01234"
                         : "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
      peer.Close();
    });
    auto sink = std::make_shared<MemorySink>();
    ExpectFailure(Fetch(Url(server), sink), FailureKind::kUnclear, "cut");
    EXPECT_FALSE(sink->finished);
    EXPECT_EQ(sink->bytes, "01234");
    EXPECT_EQ(server.requests(), 1);
  }
}

TEST_F(Download, StoresNothingWhenTheHeadersAreCut) {
  TestServer server([](Peer& peer) {
    peer.Read();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n");
    peer.Close();
  });
  ExpectFailure(Fetch(Url(server), sink_), FailureKind::kUnclear, "cut");
  EXPECT_FALSE(sink_->head.has_value());
}

TEST_F(Download, FollowsRedirectsButNotForEverAndNeverAwayFromTls) {
  TestServer plain([](Peer& peer) {
    while (const auto request = peer.Read()) {
      if (request->target == "/end") {
        peer.Answer("end");
      } else if (request->target == "/loop") {
        peer.Write("HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 4\r\n\r\nbody");
      } else if (request->target == "/nowhere") {
        peer.Write("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
      } else {
        peer.Write("HTTP/1.1 307 Temporary Redirect\r\nLocation: end\r\nContent-Length: 0\r\n\r\n");
      }
    }
  });
  ExpectStored(Fetch(Url(plain, "/begin"), sink_), *sink_, "end");
  const int before = plain.requests();
  ExpectFailure(Fetch(Url(plain, "/loop"), sink_), FailureKind::kHttp, "redirects");
  EXPECT_EQ(plain.requests() - before, 6);
  ExpectFailure(Fetch(Url(plain, "/nowhere"), sink_), FailureKind::kHttp, "http_302");

  TestServer secure(
      [&plain](Peer& peer) {
        while (peer.Read()) {
          peer.Write("HTTP/1.1 301 Moved\r\nLocation: http://" + plain.authority() +
                     "/end\r\nContent-Length: 0\r\n\r\n");
        }
      },
      GoodTls());
  const int asked = plain.requests();
  const Completion completion = Fetch("https://" + secure.authority() + "/", sink_);
  ExpectFailure(completion, FailureKind::kHttp, "http_301");
  EXPECT_THAT(FailureOf(completion).message, HasSubstr("https to http"));
  EXPECT_EQ(plain.requests(), asked);
}

TEST_F(Download, ChecksCertificatesOfFileServersToo) {
  TestAuthority other;
  TestServer server([](Peer& peer) { peer.Read(); },
                    TestServer::ServerTls(other.Issue("IP:127.0.0.1")));
  ExpectFailure(Fetch("https://" + server.authority() + "/", sink_), FailureKind::kUntrusted,
                "tls");
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(Download, HandsOnStatuses) {
  for (const int status : {403, 404, 410, 500, 204}) {
    TestServer server([status](Peer& peer) {
      peer.Read();
      peer.Write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n");
      peer.WaitForEnd();
    });
    const Completion completion = Fetch(Url(server), sink_);
    ExpectFailure(completion, FailureKind::kHttp, "http_" + std::to_string(status));
    EXPECT_EQ(FailureOf(completion).http_status, status);
    EXPECT_FALSE(sink_->head.has_value());
  }
}

TEST_F(Download, HandsOnWhatTheDiskSays) {
  TestServer server([](Peer& peer) {
    while (peer.Read()) peer.Answer("bytes");
  });
  const std::pair<const char*, ErrorCode> cases[] = {{"resume", ErrorCode::kNoPermission},
                                                     {"start", ErrorCode::kIo},
                                                     {"write", ErrorCode::kDiskFull},
                                                     {"finish", ErrorCode::kInvalid}};
  for (const auto& [at, code] : cases) {
    auto sink = std::make_shared<MemorySink>();
    sink->fail_at = at;
    const Failure failure = FailureOf(Fetch(Url(server), sink));
    EXPECT_EQ(failure.kind, FailureKind::kLocal) << at;
    EXPECT_EQ(Name(failure.local_code), Name(code)) << at;
    EXPECT_FALSE(sink->finished);
  }
}

TEST_F(Download, GivesUpWhenNothingComes) {
  TestServer server([](Peer& peer) {
    peer.Read();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
    peer.WaitForEnd();
  });
  PocoExchangeOptions options = Options("127.0.0.1:1");
  options.limits.download_idle = Millis(100);
  exchange_ = Make(options);
  ExpectFailure(Fetch(Url(server), sink_), FailureKind::kUnclear, "timeout");
  EXPECT_EQ(sink_->bytes, "01234");
}

TEST_F(Download, GivesUpWhenHardlyAnythingComes) {
  TestServer server([&](Peer& peer) {
    peer.Read();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n0");
    while (true) {
      clock_.PushTicks(Seconds(1));
      peer.Write("1");
    }
  });
  ExpectFailure(Fetch(Url(server), sink_), FailureKind::kUnclear, "timeout");
}

TEST_F(Download, RefusesLinksThatAreNone) {
  for (const char* url : {"", "ftp://h/x", "file:///etc/passwd", "http://", "http://h:0/"}) {
    ExpectFailure(Fetch(url, sink_), FailureKind::kNotSent, "url");
  }
}

}  // namespace
}  // namespace aigc::api
