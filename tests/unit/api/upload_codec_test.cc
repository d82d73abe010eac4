// The three steps of an upload on the wire: bodies, places, the storage's signature and errors.
#include <Poco/JSON/Array.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/codec.h"
#include "api/cos_signer.h"
#include "api/put_codec.h"
#include "api/uploader.h"
#include "wire_data.h"

namespace aigc::api {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

HttpRequest Make(const Request& request, const std::string& region = "ap-guangzhou") {
  SigningKeyCache keys;
  ApiSettings settings;
  settings.host = "vod.tencentcloudapi.com";
  settings.sub_app_id = 1500000001;
  settings.region = region;
  return MakeApiRequest(request, settings, {"id", Secret("key"), {}}, FromUnixMillis(1787220005000),
                        keys);
}

Completion Decode(const Request& request, std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return DecodeApiAnswer(request, response);
}

std::string CodeOf(const Completion& completion) {
  const auto* failure = std::get_if<Failure>(&completion.answer);
  return failure == nullptr ? "" : failure->code;
}

Completion DecodePut(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.Add("x-cos-request-id", "NjE5");
  response.headers.Add("Date", "Thu, 20 Aug 2026 08:00:05 GMT");
  response.body = std::move(body);
  return DecodePutAnswer(response);
}

UploadPlace SamplePlace() {
  const Completion completion =
      Decode(ApplyUploadRequest{"png"}, ReadWire("apply-upload-response.json"));
  const auto* place = std::get_if<UploadPlace>(&completion.answer);
  EXPECT_NE(place, nullptr);
  return place ? *place : UploadPlace{};
}

TEST(UploadCodec, SendsWhatTheSamplesSend) {
  const HttpRequest apply = Make(ApplyUploadRequest{"png", "first-frame-0003"});
  EXPECT_EQ(Canonical(apply.body), Canonical(ReadWire("apply-upload-request.json")));
  EXPECT_EQ(apply.headers.Get("X-TC-Action"), "ApplyUpload");
  const HttpRequest commit =
      Make(CommitUploadRequest{"Q2h1bmtPZk9wYXF1ZVRva2VuL0ZvclRoaXNVcGxvYWQrMDAwMQ=="});
  EXPECT_EQ(Canonical(commit.body), Canonical(ReadWire("commit-upload-request.json")));
  EXPECT_EQ(commit.headers.Get("X-TC-Action"), "CommitUpload");
}

TEST(UploadCodec, SaysWhenTheFileIsToBeDeletedAndAlwaysARegion) {
  const HttpRequest apply =
      Make(ApplyUploadRequest{"mp4", "", FromUnixMillis(1787227205123)}, /*region=*/"");
  EXPECT_THAT(apply.body, HasSubstr(R"("ExpireTime":"2026-08-20T12:00:05Z")"));
  EXPECT_THAT(apply.body, Not(HasSubstr("MediaName")));
  EXPECT_EQ(apply.headers.Get("X-TC-Region"), "ap-guangzhou");
  EXPECT_FALSE(Make(DetailRequest{"t"}, "").headers.Has("X-TC-Region"));
}

TEST(UploadCodec, ReadsPlaceKeysAndTheirEnd) {
  const UploadPlace place = SamplePlace();
  EXPECT_EQ(StorageHost(place),
            "c8d1f2a0vodgzp1500000001-1251000001.cos.ap-guangzhou.myqcloud.com");
  EXPECT_EQ(place.path, "/6c0f1c00vodgzp1500000001/first-frame-0003.png");
  ASSERT_TRUE(place.credentials);
  EXPECT_EQ(place.credentials->secret_id, "example-temporary-id");
  EXPECT_EQ(place.credentials->secret_key.Reveal(), "exampletemporarykey0000000000000");
  EXPECT_EQ(place.credentials->token.Reveal(), "exampletemporarytoken");
  EXPECT_EQ(place.expires, FromUnixMillis(1787227205000));
  const Completion commit =
      Decode(CommitUploadRequest{"k"}, ReadWire("commit-upload-response.json"));
  EXPECT_EQ(std::get<CommitUploadAnswer>(commit.answer).file_id, "5576678020000000101");
}

TEST(UploadCodec, KnowsNoKeysWhenTheServiceGivesNone) {
  const Completion completion = Decode(ApplyUploadRequest{"png"}, R"({"Response":{
      "StorageBucket":"b-1","StorageRegion":"r-1","MediaStoragePath":"/x","VodSessionKey":"k",
      "TempCertificate":null,"RequestId":"r"}})");
  const auto* place = std::get_if<UploadPlace>(&completion.answer);
  ASSERT_NE(place, nullptr);
  EXPECT_FALSE(place->credentials);
  const HttpRequest head = MakePutHead({*place, nullptr, 5, ""}, {"own", Secret("k"), Secret("t")},
                                       "c", FromUnixMillis(0));
  EXPECT_THAT(std::string(head.headers.Get("Authorization")), HasSubstr("q-ak=own&"));
  EXPECT_EQ(head.headers.Get("x-cos-security-token"), "t");
}

// A bucket or region is part of the host that the file goes to.
TEST(UploadCodec, TakesNoPlaceThatCouldBeAnotherHost) {
  for (const char* bucket : {"evil.example/", "a.b", "a@b", "A-1", "", "-a", "a b", "a:1"}) {
    const Completion completion = Decode(
        ApplyUploadRequest{"png"},
        std::string(R"({"Response":{"StorageBucket":")") + bucket +
            R"(","StorageRegion":"r","MediaStoragePath":"/x","VodSessionKey":"k","TempCertificate":)"
            R"({"SecretId":"i","SecretKey":"very-secret","Token":"t"},"RequestId":"r"}})");
    EXPECT_EQ(CodeOf(completion), "garbage") << bucket;
    EXPECT_THAT(std::get<Failure>(completion.answer).message, Not(HasSubstr("very-secret")));
  }
  EXPECT_EQ(CodeOf(Decode(ApplyUploadRequest{"png"}, R"({"Response":{"RequestId":"r"}})")),
            "garbage");
  EXPECT_EQ(CodeOf(Decode(CommitUploadRequest{"k"}, R"({"Response":{"RequestId":"r"}})")),
            "garbage");
}

TEST(StorageUrl, IsTheStorageBehindTheRealServiceAndTheEndpointItselfElse) {
  const UploadPlace place = SamplePlace();
  for (const char* endpoint :
       {"https://vod.tencentcloudapi.com", "https://vod.intl.tencentcloudapi.com"}) {
    const Url url = StorageUrl(*ParseUrl(endpoint), place);
    EXPECT_EQ(Authority(url), StorageHost(place) + ":443") << endpoint;
    EXPECT_TRUE(url.tls);
  }
  for (const char* endpoint :
       {"https://127.0.0.1:9000", "https://gateway.example", "https://eviltencentcloudapi.com"}) {
    EXPECT_EQ(StorageUrl(*ParseUrl(endpoint), place), *ParseUrl(endpoint));
  }
}

TEST(CosSigner, ReproducesTheVectors) {
  Poco::JSON::Parser parser;
  const auto vectors = parser.parse(ReadWire("cos-test-vectors.json")).extract<Array::Ptr>();
  ASSERT_GE(vectors->size(), 2u);
  for (unsigned i = 0; i < vectors->size(); ++i) {
    const Object::Ptr vector = vectors->getObject(i);
    const auto text = [&](const char* name) { return vector->getValue<std::string>(name); };
    SCOPED_TRACE(text("name"));
    const std::string method = text("method"), path = text("path"), time = text("key_time");
    CosSignInput input;
    input.method = method;
    input.path = path;
    for (const auto& [name, value] : *vector->getObject("signed_headers")) {
      input.headers.emplace_back(name, value.toString());
    }
    input.begin = std::stoll(time);
    input.end = std::stoll(time.substr(time.find(';') + 1));
    const CosSignature made =
        SignCos(input, {text("secret_id"), Secret(text("secret_key")), Secret()});
    EXPECT_EQ(made.sign_key, text("sign_key"));
    EXPECT_EQ(made.http_string, text("http_string"));
    EXPECT_EQ(made.string_to_sign, text("string_to_sign"));
    EXPECT_EQ(made.signature, text("signature"));
    EXPECT_EQ(made.authorization, text("authorization"));
  }
}

TEST(PutHead, SignsForTwoHoursAndNotBeyondTheEndOfTheKeys) {
  PutObjectRequest put{SamplePlace(), nullptr, 7'000'001, ""};
  put.place.path = "/a b/é.png";
  HttpRequest head =
      MakePutHead(put, {"own", Secret("k"), {}}, "aigc-batch/1", FromUnixMillis(1787220005000));
  EXPECT_EQ(head.method, "PUT");
  EXPECT_EQ(head.target, "/a%20b/%C3%A9.png");
  EXPECT_EQ(head.headers.Get("Host"), StorageHost(put.place));
  EXPECT_EQ(head.headers.Get("Content-Length"), "7000001");
  EXPECT_EQ(head.headers.Get("x-cos-security-token"), "exampletemporarytoken");
  EXPECT_THAT(std::string(head.headers.Get("Authorization")),
              HasSubstr("q-ak=example-temporary-id&q-sign-time=1787219945;1787227205&"));
  put.place.expires = FromUnixMillis(1787220500000);
  head = MakePutHead(put, {"own", Secret("k"), {}}, "c", FromUnixMillis(1787220005000));
  EXPECT_THAT(std::string(head.headers.Get("Authorization")), HasSubstr("1787219945;1787220500&"));
}

TEST(PutAnswer, TellsTheStoragesOwnCode) {
  EXPECT_TRUE(std::holds_alternative<PutObjectAnswer>(DecodePut(200, "").answer));
  const Completion denied = DecodePut(403,
                                      "<?xml version='1.0'?><Error>\n<Code>AccessDenied</Code>\n"
                                      "<Message>Request has expired</Message></Error>");
  EXPECT_EQ(denied.request_id, "NjE5");
  EXPECT_TRUE(denied.server_time);
  const auto& failure = std::get<Failure>(denied.answer);
  EXPECT_EQ(failure.kind, FailureKind::kHttp);
  EXPECT_EQ(failure.http_status, 403);
  EXPECT_EQ(failure.code, "AccessDenied");
  EXPECT_THAT(failure.message, HasSubstr("AccessDenied: Request has expired"));
}

TEST(PutAnswer, OfAnyBytesIsAFailureWithAStatus) {
  for (const std::string body :
       {"", "<Error><Code>", "<Code></Code>", "<Code><Code>x</Code></Code>", "<html>no</html>",
        "</Code><Code>"}) {
    EXPECT_EQ(CodeOf(DecodePut(503, body)), "http_503") << body;
  }
  EXPECT_EQ(CodeOf(DecodePut(301, "")), "http_301");
}

}  // namespace
}  // namespace aigc::api
