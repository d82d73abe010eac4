// The PUT of a content over TLS: piece by piece, never the whole of a changed file.
#include "base/digest.h"
#include "exchange_fixture.h"

namespace aigc::api {
namespace {

using ::testing::HasSubstr;

class TextSource final : public BodySource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> Read(char* buffer, std::size_t size) override {
    largest = std::max(largest, size);
    if (fails && at_ > 0) return Error{ErrorCode::kIo, "the disk is gone"};
    const std::size_t count = text_.copy(buffer, std::min<std::size_t>(size, 10'000), at_);
    at_ += count;
    return count;
  }
  bool fails = false;
  std::size_t largest = 0;

 private:
  std::string text_;
  std::size_t at_ = 0;
};

std::string Bytes(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(i * 31 % 251);
  return out;
}

class Put : public ExchangeTest {
 protected:
  static PutObjectRequest Request(const std::string& planned,
                                  const std::shared_ptr<TextSource>& source) {
    PutObjectRequest put;
    put.place.bucket = "bucket-1";
    put.place.region = "ap-x";
    put.place.path = "/a/b.png";
    put.place.credentials = Credentials{"tmp", Secret("tmp-key"), Secret("tmp-token")};
    put.content = source;
    put.bytes = planned.size();
    put.sha256 = Sha256Hex(planned);
    return put;
  }
  Completion Send(const TestServer& server, const std::string& planned,
                  const std::shared_ptr<TextSource>& source) {
    exchange_ = Make(Options(server.authority()));
    return Call(*exchange_, Request(planned, source));
  }

  std::unique_ptr<Exchange> exchange_;
};

TEST_F(Put, GoesToTheEndpointUnderTheStoragesNameInSmallPieces) {
  TestServer server(
      [](Peer& peer) {
        while (peer.Read()) peer.Answer("", "ETag: \"x\"\r\nx-cos-request-id: c-1\r\n");
      },
      GoodTls());
  for (const std::size_t size : {1u, 65'536u, 65'537u, 3'000'000u}) {
    const std::string file = Bytes(size);
    auto source = std::make_shared<TextSource>(file);
    const Completion completion = Send(server, file, source);
    EXPECT_TRUE(std::holds_alternative<PutObjectAnswer>(completion.answer)) << size;
    EXPECT_EQ(completion.request_id, "c-1");
    const HttpRequest seen = server.seen().back();
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.target, "/a/b.png");
    EXPECT_EQ(seen.headers.Get("Host"), "bucket-1.cos.ap-x.myqcloud.com");
    EXPECT_TRUE(seen.body == file) << size;
    EXPECT_LE(source->largest, 65'536u);
  }
}

TEST_F(Put, NeverCompletesAContentThatIsNotThePlannedOne) {
  TestServer server(
      [](Peer& peer) {
        while (peer.Read()) peer.Answer("");
      },
      GoodTls());
  const std::string planned = Bytes(200'000);
  std::string other = planned;
  other.back() = 'z';
  std::string first = planned;
  first[0] = 'z';
  for (const std::string& now :
       {other, first, planned + "more", planned.substr(0, 199'999), std::string()}) {
    const Completion completion = Send(server, planned, std::make_shared<TextSource>(now));
    ExpectFailure(completion, FailureKind::kLocal, "changed");
    EXPECT_EQ(FailureOf(completion).local_code, ErrorCode::kInvalid);
  }
  EXPECT_EQ(server.requests(), 0);  // none came whole
}

TEST_F(Put, ToldByTheDiskIsALocalFailure) {
  TestServer server([](Peer& peer) { peer.Read(); }, GoodTls());
  auto source = std::make_shared<TextSource>(Bytes(200'000));
  source->fails = true;
  const Completion completion = Send(server, Bytes(200'000), source);
  ExpectFailure(completion, FailureKind::kLocal, "read");
  EXPECT_EQ(FailureOf(completion).local_code, ErrorCode::kIo);
}

TEST_F(Put, RefusedCutOrUntrustedIsTold) {
  TestServer refusing(
      [](Peer& peer) {
        peer.Read();
        const std::string page = "<Error><Code>AccessDenied</Code></Error>";
        peer.Write("HTTP/1.1 403 Forbidden\r\nContent-Length: " + std::to_string(page.size()) +
                   "\r\n\r\n" + page);
        peer.WaitForEnd();
      },
      GoodTls());
  const std::string file = Bytes(1000);
  ExpectFailure(Send(refusing, file, std::make_shared<TextSource>(file)), FailureKind::kHttp,
                "AccessDenied");
  TestServer cutting(
      [](Peer& peer) {
        peer.Read();
        peer.Close();
      },
      GoodTls());
  ExpectFailure(Send(cutting, file, std::make_shared<TextSource>(file)), FailureKind::kUnclear,
                "closed");
  EXPECT_EQ(cutting.requests(), 1);  // repeating is the caller's decision
  TestServer stranger([](Peer& peer) { peer.Read(); },
                      TestServer::ServerTls(Authority().Issue("DNS:other.test")));
  ExpectFailure(Send(stranger, file, std::make_shared<TextSource>(file)), FailureKind::kUntrusted,
                "tls");
}

TEST_F(Put, HasALaneOfItsOwn) {
  auto exchange = Make(Options("127.0.0.1:1"));
  EXPECT_EQ(exchange->Capacity(Lane::kUpload), 2u);
  EXPECT_EQ(LaneOf(PutObjectRequest{}), Lane::kUpload);
  EXPECT_EQ(LaneOf(ApplyUploadRequest{}), Lane::kQuery);
  EXPECT_EQ(LaneOf(CommitUploadRequest{}), Lane::kQuery);
}

}  // namespace
}  // namespace aigc::api
