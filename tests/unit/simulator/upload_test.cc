// Uploads as a client meets them: each refusal of each step, and what becomes of the file.
#include "base/digest.h"
#include "simulator/service.h"
#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

using testing::HasSubstr;

constexpr char kApply[] = R"({"SubAppId":1500000001,"MediaType":"png","MediaName":"hero"})";

HttpRequest Region(HttpRequest request) {
  request.headers.Add("X-TC-Region", "ap-guangzhou");
  return request;
}

class Uploading : public testing::Test {
 protected:
  std::string Api(std::string_view action, const std::string& body) {
    return caller.service.Handle(Region(ApiCall(action, body, caller.now)), caller.now)
        .response.body;
  }
  std::string ErrorOf(std::string_view action, const std::string& body) {
    return At(Api(action, body), "Response.Error.Code");
  }
  void Apply(const std::string& body = kApply) {
    const std::string answer = Api("ApplyUpload", body);
    const auto text = [&](const char* name) { return At(answer, "Response." + std::string(name)); };
    session_key = text("VodSessionKey");
    path = text("MediaStoragePath");
    host = text("StorageBucket") + ".cos." + text("StorageRegion") + ".myqcloud.com";
    id = text("TempCertificate.SecretId");
    key = text("TempCertificate.SecretKey");
    token = text("TempCertificate.Token");
  }
  // By code of its own, straight from the documentation.
  HttpRequest PutOf(const std::string& content, WallTime signed_at) {
    HttpRequest put{"PUT", path, {}, content};
    put.headers.Add("Host", host);
    put.headers.Add("Content-Length", std::to_string(content.size()));
    put.headers.Add("x-cos-security-token", token);
    const std::string time = std::to_string(ToUnixSeconds(signed_at) - 60) + ";" +
                             std::to_string(ToUnixSeconds(signed_at) + 7200);
    const std::string text = "put\n" + path + "\n\nhost=" + host + "\n";
    put.headers.Add(
        "Authorization",
        "q-sign-algorithm=sha1&q-ak=" + id + "&q-sign-time=" + time + "&q-key-time=" + time +
            "&q-header-list=host&q-url-param-list=&q-signature=" +
            HmacSha1Hex(HmacSha1Hex(key, time), "sha1\n" + time + "\n" + Sha1Hex(text) + "\n"));
    return put;
  }
  Reply Put(const std::string& content) {
    return caller.service.Handle(PutOf(content, caller.now), caller.now);
  }
  std::string Commit() { return CommitBody("CommitUpload"); }
  std::string CommitBody(std::string_view action) {
    return Api(action, R"({"SubAppId":1500000001,"VodSessionKey":")" + session_key + "\"}");
  }
  std::string CreateFrom(const std::string& file_id, const std::string& session) {
    return ErrorOf(
        "CreateAigcVideoTask",
        VideoBody(session, R"(,"FileInfos":[{"Type":"File","FileId":")" + file_id + "\"}]"));
  }

  Caller caller;
  std::string session_key, path, host, id, key, token;
};

TEST_F(Uploading, MakesAFileInThreeStepsAndTheSameOneWhenCommittedTwice) {
  Apply();
  EXPECT_EQ(Put("bytes").response.status, 200);
  const std::string file_id = At(Commit(), "Response.FileId");
  EXPECT_EQ(file_id.substr(0, 4), "5285");
  EXPECT_EQ(At(Commit(), "Response.FileId"), file_id);
  const Ledger& ledger = caller.service.ledger();
  EXPECT_EQ(ledger.files(), 1u);
  const LedgerUpload* upload = ledger.FindFile(file_id);
  ASSERT_NE(upload, nullptr);
  EXPECT_EQ(upload->bytes, 5u);
  EXPECT_EQ(upload->sha256, Sha256Hex("bytes"));
  EXPECT_EQ(CreateFrom(file_id, "a"), "(absent)");
}

TEST_F(Uploading, RefusesWhatTheServiceRefuses) {
  EXPECT_EQ(caller.ErrorOf("ApplyUpload", kApply), "MissingParameter");  // no region
  EXPECT_EQ(ErrorOf("ApplyUpload", R"({"SubAppId":1500000001,"MediaType":"docx"})"),
            "InvalidParameterValue.MediaType");
  EXPECT_EQ(ErrorOf("ApplyUpload", R"({"SubAppId":0,"MediaType":"png"})"),
            "InvalidParameterValue.SubAppId");
  EXPECT_EQ(
      ErrorOf("ApplyUpload",
              R"({"SubAppId":1500000001,"MediaType":"png","ExpireTime":"2020-01-01T00:00:00Z"})"),
      "InvalidParameterValue.ExpireTime");
  session_key = "nonsense";
  EXPECT_EQ(At(Commit(), "Response.Error.Code"), "InvalidParameterValue.VodSessionKey");
  Apply();
  EXPECT_EQ(At(Commit(), "Response.Error.Code"), "ResourceNotFound");  // nothing was put
}

TEST_F(Uploading, ChecksTheStoragesSignature) {
  Apply();
  const auto code = [&](const HttpRequest& put) {
    return caller.service.Handle(put, caller.now).response.body;
  };
  EXPECT_EQ(code(PutOf("x", caller.now)), "");
  const std::string good_key = key, good_token = token, good_path = path;
  key = "another";
  EXPECT_THAT(code(PutOf("x", caller.now)), HasSubstr("<Code>SignatureDoesNotMatch</Code>"));
  key = good_key;
  token = "another";
  EXPECT_THAT(code(PutOf("x", caller.now)), HasSubstr("<Code>InvalidAccessKeyId</Code>"));
  token = good_token;
  path = "/elsewhere.png";
  EXPECT_THAT(code(PutOf("x", caller.now)), HasSubstr("<Code>AccessDenied</Code>"));
  path = good_path;
  EXPECT_THAT(code(PutOf("x", caller.now + std::chrono::minutes(20))),
              HasSubstr("<Code>RequestTimeTooSkewed</Code>"));
  EXPECT_THAT(code(PutOf("x", caller.now - std::chrono::hours(3))),
              HasSubstr("Request has expired"));
  caller.now += std::chrono::hours(2) + std::chrono::minutes(1);
  EXPECT_THAT(code(PutOf("x", caller.now)), HasSubstr("Request has expired"));  // the keys
}

TEST_F(Uploading, DropsAContentThatWasCut) {
  Apply();
  HttpRequest put = PutOf("the whole content", caller.now);
  put.body = "the whole";
  EXPECT_EQ(caller.service.Handle(put, caller.now).kind, Reply::Kind::kDropBefore);
  EXPECT_EQ(At(Commit(), "Response.Error.Code"), "ResourceNotFound");
}

TEST_F(Uploading, FilesEndWhenTheyWereToBeDeletedAndForeignIdsPassUnlessStrict) {
  Apply(R"({"SubAppId":1500000001,"MediaType":"png","ExpireTime":"2026-08-21T08:00:00Z"})");
  Put("x");
  const std::string file_id = At(Commit(), "Response.FileId");
  EXPECT_EQ(CreateFrom(file_id, "a"), "(absent)");
  caller.now += std::chrono::hours(25);
  EXPECT_EQ(CreateFrom(file_id, "b"), "InvalidParameterValue.FileId");
  EXPECT_EQ(CreateFrom("5576678020000000101", "c"), "(absent)");
  auto strict = ParseScenario("uploads: {strict_ids: true}", "s.yaml");
  ASSERT_TRUE(strict.ok());
  Caller other(*strict);
  EXPECT_EQ(other.ErrorOf("CreateAigcVideoTask",
                          VideoBody("d", R"(,"FileInfos":[{"Type":"File","FileId":"1"}])")),
            "InvalidParameterValue.FileId");
}

TEST(UploadScenario, KnowsItsKeysAndActions) {
  const auto scenario = ParseScenario(
      "uploads: {key_life: 90s, own_keys: true}\n"
      "faults:\n"
      "  - {match: {action: PutObject, nth: 2}, refuse: {code: AccessDenied}}\n",
      "s.yaml");
  ASSERT_TRUE(scenario.ok()) << Describe(scenario.error());
  EXPECT_EQ(scenario->uploads.key_life, Seconds(90));
  EXPECT_TRUE(scenario->uploads.own_keys);
  EXPECT_EQ(scenario->faults.at(0).match.action, "PutObject");
}

}  // namespace
}  // namespace aigc::simulator
