#include "serve/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Head Parsed(std::string_view text) {
  auto parsed = ParseHead(text);
  if (auto* reply = std::get_if<Reply>(&parsed)) {
    ADD_FAILURE() << text << reply->body;
    return {};
  }
  return std::get<Head>(std::move(parsed));
}

int Refused(std::string_view text) {
  const auto parsed = ParseHead(text);
  const auto* reply = std::get_if<Reply>(&parsed);
  return reply == nullptr ? 0 : reply->status;
}

TEST(ParseHead, SplitsThePathBeforeItDecodesIt) {
  const Head head =
      Parsed("GET /a/b%20c/d%2Fe?x=1+2&y=%3D&x=3 HTTP/1.1\r\nHost: h\r\nX-A:  b \r\n\r\n");
  EXPECT_THAT(head.request.path, ElementsAre("a", "b c", "d/e"));
  EXPECT_EQ(head.request.Query("x"), "3");
  EXPECT_EQ(head.request.Query("y"), "=");
  EXPECT_EQ(head.request.headers.Get("x-a"), "b");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.body_bytes, 0u);
}

TEST(ParseHead, ReadsLengthAndConnection) {
  const Head head = Parsed(
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nConnection: Close\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(head.body_bytes, 12u);
  EXPECT_FALSE(head.keep_alive);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_FALSE(Parsed("GET / HTTP/1.0\r\n\r\n").keep_alive);
}

TEST(ParseHead, RefusesWhatTwoReadersCouldReadInTwoWays) {
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\nHost: h\r\nHost: g\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n"), 400);
  EXPECT_EQ(Refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 411);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET http://h/ HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET  / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET /%00 HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET /%zz HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET /%ff HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / -TTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(Refused("\r\n\r\n"), 400);
}

TEST(ParseHead, RefusesTooManyHeaders) {
  std::string head = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 101; ++i) head += "a: b\r\n";
  EXPECT_EQ(Refused(head + "\r\n"), 431);
}

TEST(RenderHead, TellsTheLengthOfAPartOfAFile) {
  Reply reply;
  reply.status = 206;
  reply.file = FilePart{nullptr, 5, 7};
  const std::string head = RenderHead(reply, WallTime{}, true);
  EXPECT_THAT(head, HasSubstr("HTTP/1.1 206 Partial Content\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_TRUE(head.ends_with("Connection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace aigc::serve
