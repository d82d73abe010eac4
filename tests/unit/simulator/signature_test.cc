#include "simulator/signature.h"

#include <Poco/Base64Decoder.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <iterator>
#include <sstream>

#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

struct Vector {
  std::string name;
  Credentials credentials;
  std::string service;
  WallTime time;
  HttpRequest request;
};

std::vector<Vector> Vectors() {
  auto list = Poco::JSON::Parser()
                  .parse(ReadData("wire/tc3-test-vectors.json"))
                  .extract<Poco::JSON::Array::Ptr>();
  std::vector<Vector> vectors;
  for (unsigned i = 0; i < list->size(); ++i) {
    auto item = list->getObject(i);
    auto text = [&](const char* name) { return item->getValue<std::string>(name); };
    std::istringstream encoded(text("payload_base64"));
    Poco::Base64Decoder decoder(encoded);
    std::string body{std::istreambuf_iterator<char>(decoder), {}};
    HttpRequest request{text("method"), text("path"), {}, body};
    request.headers.Add("Host", text("host"));
    request.headers.Add("Content-Type", text("content_type"));
    request.headers.Add("X-TC-Action", text("action"));
    request.headers.Add("X-TC-Timestamp", text("timestamp"));
    request.headers.Add("Authorization", text("authorization"));
    vectors.push_back({text("name"),
                       {text("secret_id"), Secret(text("secret_key")), {}},
                       text("service"),
                       FromUnixMillis(std::stoll(text("timestamp")) * 1000),
                       request});
  }
  return vectors;
}

std::string CodeOf(const Vector& vector, const HttpRequest& request) {
  auto error = CheckSignature(request, vector.credentials, vector.service, vector.time);
  return error ? error->code : "";
}

// `request` with one header's value replaced.
HttpRequest With(const HttpRequest& request, std::string_view name, const std::string& value) {
  HttpRequest changed{request.method, request.target, {}, request.body};
  for (const auto& [key, old] : request.headers.all()) {
    changed.headers.Add(key, key == name ? value : old);
  }
  return changed;
}

std::string Flip(std::string text, std::size_t at) {
  text[at] = text[at] == 'a' ? 'b' : 'a';
  return text;
}

TEST(Signature, AcceptsAllSevenVectors) {
  ASSERT_EQ(Vectors().size(), 7u);
  for (const Vector& vector : Vectors())
    EXPECT_EQ(CodeOf(vector, vector.request), "") << vector.name;
}

TEST(Signature, RefusesEachVectorWithOneByteOfTheBodyChanged) {
  for (const Vector& vector : Vectors()) {
    for (std::size_t at = 0; at < vector.request.body.size(); at += 7) {
      HttpRequest changed = vector.request;
      changed.body = Flip(changed.body, at);
      EXPECT_EQ(CodeOf(vector, changed), "AuthFailure.SignatureFailure") << vector.name << at;
    }
  }
}

TEST(Signature, RefusesEachVectorWithASignedHeaderOrTheSignatureChanged) {
  for (const Vector& vector : Vectors()) {
    const HttpRequest& good = vector.request;
    std::string authorization(good.headers.Get("Authorization"));
    EXPECT_EQ(
        CodeOf(vector, With(good, "Authorization", Flip(authorization, authorization.size() - 1))),
        "AuthFailure.SignatureFailure");
    EXPECT_EQ(CodeOf(vector, With(good, "Content-Type", "application/jsom")),
              "AuthFailure.SignatureFailure");
    EXPECT_EQ(CodeOf(vector, With(good, "Host", "other.tencentcloudapi.com")),
              "AuthFailure.SignatureFailure");
    std::int64_t seconds = ToUnixSeconds(vector.time);
    // The second before or after, on the same day.
    std::int64_t other = seconds % 86400 == 0 ? seconds + 1 : seconds - 1;
    EXPECT_EQ(CodeOf(vector, With(good, "X-TC-Timestamp", std::to_string(other))),
              "AuthFailure.SignatureFailure");
  }
}

TEST(Signature, RefusesAnotherMethodPathKeyOrService) {
  Vector vector = Vectors()[2];
  HttpRequest put = vector.request;
  put.method = "PUT";
  EXPECT_EQ(CodeOf(vector, put), "AuthFailure.SignatureFailure");
  Vector other_service = Vectors()[2];
  other_service.service = "cvm";
  EXPECT_EQ(CodeOf(other_service, vector.request), "AuthFailure.SignatureFailure");
  Vector other_key = Vectors()[2];
  other_key.credentials.secret_key = Secret("Gu5t9xGARNpq86cd98joQYCN3EXAMPLF");
  EXPECT_EQ(CodeOf(other_key, vector.request), "AuthFailure.SignatureFailure");
  Vector other_id = Vectors()[2];
  other_id.credentials.secret_id = "somebody";
  EXPECT_EQ(CodeOf(other_id, vector.request), "AuthFailure.SecretIdNotFound");
}

TEST(Signature, AcceptsTheHostSignedWithoutItsPort) {
  HttpRequest request{"POST", "/", {}, "{}"};
  request.headers.Add("Host", "localhost");
  request.headers.Add("Content-Type", "application/json");
  Sign(request, "sim", "sim-key", kStart);
  Credentials credentials{"sim", Secret("sim-key"), {}};
  HttpRequest with_port = With(request, "Host", "localhost:8443");
  EXPECT_FALSE(CheckSignature(with_port, credentials, "vod", kStart));
  HttpRequest other_host = With(request, "Host", "localhosts:8443");
  EXPECT_TRUE(CheckSignature(other_host, credentials, "vod", kStart));
}

TEST(Signature, AcceptsTimesUpToFiveMinutesOffAndNoMore) {
  Vector vector = Vectors()[2];
  for (int offset : {-300, 300}) {
    EXPECT_FALSE(
        CheckSignature(vector.request, vector.credentials, "vod", vector.time + Seconds(offset)));
  }
  for (int offset : {-301, 301, 86400}) {
    auto error =
        CheckSignature(vector.request, vector.credentials, "vod", vector.time + Seconds(offset));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, "AuthFailure.SignatureExpire");
  }
  for (const char* nonsense : {"", "soon", "-5", "1785542399.0", "99999999999999999999"}) {
    EXPECT_EQ(CodeOf(vector, With(vector.request, "X-TC-Timestamp", nonsense)),
              "AuthFailure.SignatureExpire");
  }
}

TEST(Signature, RefusesAScopeWhoseDateIsNotTheTimestampsUtcDay) {
  HttpRequest request{"POST", "/", {}, "{}"};
  request.headers.Add("Host", "localhost");
  request.headers.Add("Content-Type", "application/json");
  // The local date of a zone east of Greenwich; right in every other respect.
  Sign(request, "sim", "sim-key", *ParseIso("2026-08-20T20:00:00Z"), "2026-08-21");
  auto error = CheckSignature(request, {"sim", Secret("sim-key"), {}}, "vod",
                              *ParseIso("2026-08-20T20:00:00Z"));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "AuthFailure.SignatureFailure");
}

TEST(Signature, RefusesMalformedAuthorization) {
  Vector vector = Vectors()[2];
  std::string good(vector.request.headers.Get("Authorization"));
  auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    return text.replace(at, from.size(), to);
  };
  for (const std::string& bad :
       {std::string(), std::string("Basic abc"), replaced("TC3-HMAC-SHA256 ", "TC3-HMAC-SHA1 "),
        replaced("/tc3_request", ""), replaced("content-type;host", "host"),
        replaced("content-type;host", "content-type"),
        replaced("content-type;host", "host;content-type"),
        replaced("content-type;host", "content-type;host;x-absent"),
        replaced("content-type;host", "Content-Type;Host"), replaced(", Signature", " Signature"),
        good.substr(0, good.size() - 1), replaced("Credential=", "Credentials=")}) {
    EXPECT_EQ(CodeOf(vector, With(vector.request, "Authorization", bad)),
              "AuthFailure.InvalidAuthorization")
        << bad;
  }
}

TEST(Signature, AsksForTheTokenOfTemporaryCredentials) {
  Credentials credentials{"sim", Secret("sim-key"), Secret("the-token")};
  HttpRequest request = ApiCall("DescribeTasks", "{}", kStart);
  auto without = CheckSignature(request, credentials, "vod", kStart);
  ASSERT_TRUE(without);
  EXPECT_EQ(without->code, "AuthFailure.TokenFailure");
  request.headers.Add("X-TC-Token", "the-token");
  EXPECT_FALSE(CheckSignature(request, credentials, "vod", kStart));
}

}  // namespace
}  // namespace aigc::simulator
