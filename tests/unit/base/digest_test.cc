#include "base/digest.h"

#include <gtest/gtest.h>

namespace aigc {
namespace {

// Published vectors: FIPS 180-4 (SHA), RFC 4231 (HMAC-SHA-256), RFC 2202 (HMAC-SHA-1), RFC 4648.

TEST(Digest, Sha256AgreesWithPublishedVectors) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, StreamInPiecesEqualsTheWhole) {
  Sha256Stream stream;
  stream.Update("a");
  stream.Update("");
  stream.Update(std::string_view("bc"));
  EXPECT_EQ(Hex(stream.Finish()), Sha256Hex("abc"));
}

TEST(Digest, HmacSha256AgreesWithRfc4231) {
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256(std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, Sha1AgreesWithPublishedVectors) {
  EXPECT_EQ(Sha1Hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(HmacSha1Hex("Jefe", "what do ya want for nothing?"),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(Digest, HexIsLowerCaseAndKeepsHighBytes) {
  EXPECT_EQ(Hex(std::string_view("\x00\x0f\xff", 3)), "000fff");
}

TEST(Digest, Base64PadsAndKeepsZeroBytes) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64(std::string_view("\0\xff\xfe", 3)), "AP/+");
  EXPECT_EQ(Base64(std::string(100, 'x')).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace aigc
