#include "api/signer.h"

#include <Poco/Base64Decoder.h>
#include <Poco/JSON/Array.h>
#include <gtest/gtest.h>

#include <sstream>

#include "wire_data.h"

namespace aigc::api {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

std::vector<Object::Ptr> Vectors() {
  Poco::JSON::Parser parser;
  const auto array = parser.parse(ReadWire("tc3-test-vectors.json")).extract<Array::Ptr>();
  std::vector<Object::Ptr> out;
  for (unsigned i = 0; i < array->size(); ++i) out.push_back(array->getObject(i));
  return out;
}

std::string Text(const Object::Ptr& vector, const char* name) {
  return vector->getValue<std::string>(name);
}

std::string Decode(const std::string& base64) {
  std::istringstream in(base64);
  Poco::Base64Decoder decoder(in);
  return {std::istreambuf_iterator<char>(decoder), {}};
}

Signature SignVector(const Object::Ptr& vector, SigningKeyCache& keys) {
  const std::string body = Decode(Text(vector, "payload_base64"));
  EXPECT_EQ(Sha256Hex(body), Text(vector, "payload_sha256"));
  const std::string service = Text(vector, "service");
  const std::string type = Text(vector, "content_type");
  const std::string host = Text(vector, "host");
  const std::string action = Text(vector, "action");
  SignInput input;
  input.service = service;
  input.body = body;
  input.timestamp = vector->getValue<Poco::Int64>("timestamp");
  input.headers = {{"content-type", type}, {"host", host}};
  if (Text(vector, "authorization").find("x-tc-action") != std::string::npos) {
    input.headers.push_back({"x-tc-action", action});
  }
  const Credentials credentials{Text(vector, "secret_id"), Secret(Text(vector, "secret_key")), {}};
  return Sign(input, credentials, keys);
}

TEST(Signer, AgreesWithEveryPublishedVectorInEveryStep) {
  SigningKeyCache keys;  // one for all, so that it must notice other days, keys and services
  const auto vectors = Vectors();
  ASSERT_EQ(vectors.size(), 7u);
  for (const auto& vector : vectors) {
    SCOPED_TRACE(Text(vector, "name"));
    const Signature made = SignVector(vector, keys);
    EXPECT_EQ(made.canonical_request, Text(vector, "canonical_request"));
    EXPECT_EQ(Sha256Hex(made.canonical_request), Text(vector, "canonical_request_sha256"));
    EXPECT_EQ(made.string_to_sign, Text(vector, "string_to_sign"));
    EXPECT_EQ(made.signature, Text(vector, "signature"));
    EXPECT_EQ(made.authorization, Text(vector, "authorization"));
  }
}

TEST(Signer, DerivesTheKeysOfEveryPublishedVector) {
  for (const auto& vector : Vectors()) {
    SCOPED_TRACE(Text(vector, "name"));
    const std::string scope = Text(vector, "string_to_sign");
    const std::string date = scope.substr(scope.find('\n', 17) + 1, 10);
    const SigningKeys keys =
        DeriveKeys(Secret(Text(vector, "secret_key")), date, Text(vector, "service"));
    EXPECT_EQ(Hex(keys.date), Text(vector, "secret_date_hex"));
    EXPECT_EQ(Hex(keys.service), Text(vector, "secret_service_hex"));
    EXPECT_EQ(Hex(keys.signing), Text(vector, "secret_signing_hex"));
  }
}

TEST(Signer, ChangesTheKeyAtMidnightUtc) {
  SigningKeyCache keys;
  const Credentials credentials{"id", Secret("key"), {}};
  SignInput input;
  input.headers = {{"host", "h"}};
  input.timestamp = 1785542399;  // 2026-07-31T23:59:59Z
  const std::string before = Sign(input, credentials, keys).authorization;
  input.timestamp = 1785542400;
  const std::string after = Sign(input, credentials, keys).authorization;
  EXPECT_NE(before.find("/2026-07-31/vod/"), std::string::npos);
  EXPECT_NE(after.find("/2026-08-01/vod/"), std::string::npos);
  SigningKeyCache fresh;
  EXPECT_EQ(after, Sign(input, credentials, fresh).authorization);
}

TEST(Signer, TrimsAndLowersHeaderValuesOnlyInWhatIsSigned) {
  SigningKeyCache keys;
  SignInput input;
  input.headers = {{"content-type", " Application/JSON\t"}, {"host", "VOD.example:8080"}};
  const Signature made = Sign(input, {"id", Secret("key"), {}}, keys);
  EXPECT_NE(made.canonical_request.find("content-type:application/json\nhost:vod.example:8080\n\n"),
            std::string::npos);
}

TEST(SigningKeyCache, KeepsSecretsApart) {
  SigningKeyCache keys;
  const auto one = keys.Get(Secret("one"), "2026-08-20", "vod");
  EXPECT_NE(one, keys.Get(Secret("two"), "2026-08-20", "vod"));
  EXPECT_NE(one, keys.Get(Secret("one"), "2026-08-21", "vod"));
  EXPECT_NE(one, keys.Get(Secret("one"), "2026-08-20", "cvm"));
  EXPECT_EQ(one, keys.Get(Secret("one"), "2026-08-20", "vod"));
}

}  // namespace
}  // namespace aigc::api
