#include "api/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire_data.h"

namespace aigc::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const Request kCreate = CreateRequest{Kind::kVideo, "{}"};
const Request kDetail = DetailRequest{"t"};
const Request kList = ListRequest{};
const Request kAbort = AbortRequest{"t"};

Completion Decode(const Request& request, std::string body, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.headers.Add("Date", "Thu, 20 Aug 2026 08:00:05 GMT");
  response.body = std::move(body);
  return DecodeApiAnswer(request, response);
}

std::string Wrap(const std::string& members) { return "{\"Response\":{" + members + "}}"; }

Failure FailureOf(const Completion& completion) {
  const auto* failure = std::get_if<Failure>(&completion.answer);
  EXPECT_NE(failure, nullptr);
  return failure ? *failure : Failure{};
}

void ExpectGarbage(const Request& request, const std::string& body) {
  SCOPED_TRACE(body.substr(0, 200));
  const Failure failure = FailureOf(Decode(request, body));
  EXPECT_EQ(Name(failure.kind), "unclear") << body.substr(0, 100);
  EXPECT_EQ(failure.code, "garbage");
  EXPECT_LT(failure.message.size(), 2000u);
}

TaskDetail DetailOf(const std::string& sample) {
  const Completion completion = Decode(kDetail, ReadWire(sample));
  const auto* detail = std::get_if<TaskDetail>(&completion.answer);
  EXPECT_NE(detail, nullptr) << sample;
  return detail ? *detail : TaskDetail{};
}

// --- requests ---

HttpRequest Make(const Request& request,
                 const Credentials& credentials = {"id", Secret("key"), {}}) {
  SigningKeyCache keys;
  ApiSettings settings;
  settings.host = "127.0.0.1:8080";
  settings.sub_app_id = 1500000001;
  settings.client = "aigc-batch/1.2.3";
  return MakeApiRequest(request, settings, credentials, FromUnixMillis(1785542399999), keys);
}

TEST(MakeApiRequest, SendsAllHeadersAndSignsWhatItSends) {
  const HttpRequest request = Make(CreateRequest{Kind::kVideo, R"({"Prompt":"é"})"});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/");
  EXPECT_EQ(request.body, R"({"Prompt":"é"})");
  EXPECT_EQ(request.headers.Get("Host"), "127.0.0.1:8080");
  EXPECT_EQ(request.headers.Get("Content-Length"), std::to_string(request.body.size()));
  EXPECT_EQ(request.headers.Get("X-TC-Action"), "CreateAigcVideoTask");
  EXPECT_EQ(request.headers.Get("X-TC-Version"), "2018-07-17");
  EXPECT_EQ(request.headers.Get("X-TC-Timestamp"), "1785542399");
  EXPECT_EQ(request.headers.Get("X-TC-Region"), "ap-guangzhou");
  EXPECT_EQ(request.headers.Get("X-TC-Language"), "en-US");
  EXPECT_EQ(request.headers.Get("User-Agent"), "aigc-batch/1.2.3");
  EXPECT_EQ(request.headers.Get("X-TC-RequestClient"), "aigc-batch/1.2.3");
  EXPECT_FALSE(request.headers.Has("X-TC-Token"));

  SigningKeyCache keys;
  SignInput input;
  input.body = request.body;
  input.timestamp = 1785542399;
  input.headers = {{"content-type", request.headers.Get("Content-Type")},
                   {"host", request.headers.Get("Host")}};
  EXPECT_EQ(request.headers.Get("Authorization"),
            Sign(input, {"id", Secret("key"), {}}, keys).authorization);
}

TEST(MakeApiRequest, SendsTheTokenOfTemporaryCredentials) {
  const HttpRequest request = Make(kDetail, {"id", Secret("key"), Secret("sts")});
  EXPECT_EQ(request.headers.Get("X-TC-Token"), "sts");
}

TEST(MakeApiRequest, NamesTheActionOfEachRequest) {
  EXPECT_EQ(ActionOf(CreateRequest{Kind::kImage, ""}), "CreateAigcImageTask");
  EXPECT_EQ(ActionOf(kDetail), "DescribeTaskDetail");
  EXPECT_EQ(ActionOf(kList), "DescribeTasks");
  EXPECT_EQ(ActionOf(kAbort), "ManageTask");
}

TEST(MakeApiRequest, WritesDetailAndAbortLikeTheSamples) {
  const auto detail =
      Make(DetailRequest{"1500000001-AigcVideoTask-c4ca4238a0b923820dcc509a6f75849bt"});
  EXPECT_EQ(Canonical(detail.body), Canonical(ReadWire("describe-task-detail-request.json")));
  const auto abort =
      Make(AbortRequest{"1500000001-AigcVideoTask-49256b9819abacbb8e6e031a03abe81bt"});
  EXPECT_EQ(Canonical(abort.body), Canonical(ReadWire("manage-task-request.json")));
}

TEST(MakeApiRequest, WritesListLikeTheSampleWithTimesRoundedOutward) {
  ListRequest list;
  list.after = *ParseIso("2026-08-20T07:55:00.999Z");
  list.before = *ParseIso("2026-08-20T08:09:59.001Z");
  list.ascending = false;
  EXPECT_EQ(Canonical(Make(list).body), Canonical(ReadWire("describe-tasks-request.json")));
  list.field = ListRequest::Field::kFinishTime;
  list.status = "FINISH";
  list.scroll_token = "tok";
  list.limit = 7;
  list.ascending = true;
  EXPECT_EQ(Make(list).body,
            R"({"SubAppId":1500000001,"Status":"FINISH","FinishTime":{"After":)"
            R"("2026-08-20T07:55:00Z","Before":"2026-08-20T08:10:00Z"},"Sort":{"Field":)"
            R"("FinishTime","Order":"Asc"},"Limit":7,"ScrollToken":"tok"})");
}

TEST(DefaultRegion, DependsOnTheSite) {
  EXPECT_EQ(DefaultRegion("vod.tencentcloudapi.com"), "ap-guangzhou");
  EXPECT_EQ(DefaultRegion("vod.intl.tencentcloudapi.com"), "ap-singapore");
}

TEST(LaneOf, SendsAbortsWithQueries) {
  EXPECT_EQ(LaneOf(kCreate), Lane::kCreate);
  EXPECT_EQ(LaneOf(kAbort), Lane::kQuery);
  EXPECT_EQ(LaneOf(kList), Lane::kQuery);
  EXPECT_EQ(LaneOf(DownloadRequest{}), Lane::kDownload);
}

// --- answers ---

TEST(DecodeApiAnswer, ReadsACreatedTask) {
  const Completion completion = Decode(kCreate, ReadWire("create-video-response.json"));
  ASSERT_TRUE(std::holds_alternative<CreateAnswer>(completion.answer));
  EXPECT_EQ(std::get<CreateAnswer>(completion.answer).task_id,
            "1500000001-AigcVideoTask-c4ca4238a0b923820dcc509a6f75849bt");
  EXPECT_EQ(completion.request_id, "52fcf452-879e-45f9-ad76-1e40ab44f32a");
  EXPECT_EQ(completion.server_time, ParseIso("2026-08-20T08:00:05Z"));
}

TEST(DecodeApiAnswer, ReadsAFinishedVideo) {
  const TaskDetail detail = DetailOf("detail-finish-video-ok.json");
  EXPECT_EQ(detail.status, RemoteStatus::kFinished);
  EXPECT_EQ(detail.status_word, "FINISH");
  EXPECT_TRUE(detail.has_task);
  EXPECT_EQ(detail.inner_status, "FINISH");
  EXPECT_EQ(detail.created, ParseIso("2026-08-20T08:00:05Z"));
  EXPECT_EQ(detail.finished, ParseIso("2026-08-20T08:01:31Z"));
  EXPECT_EQ(detail.err_code, 0);
  EXPECT_EQ(detail.session_id, "harbour-0001-a1");
  EXPECT_EQ(detail.session_context, "run=20260820T0800;row=1;attempt=1");
  ASSERT_EQ(detail.outputs.size(), 1u);
  EXPECT_EQ(detail.outputs[0].url,
            "http://1500000001.vod2.myqcloud.com/aigc/8c1f/aigcVideoGenFile.mp4");
  EXPECT_EQ(detail.outputs[0].bytes, 5402117);
  EXPECT_EQ(detail.outputs[0].expires, ParseIso("2026-08-27T08:01:36Z"));
}

TEST(DecodeApiAnswer, ReadsPicturesPermanentFilesAndScenes) {
  EXPECT_EQ(DetailOf("detail-finish-image-multi.json").outputs.size(), 3u);
  EXPECT_FALSE(DetailOf("detail-finish-video-permanent.json").outputs.at(0).file_id.empty());
  EXPECT_EQ(DetailOf("detail-finish-video-unknown-fields.json").outputs.size(), 1u);
  EXPECT_TRUE(DetailOf("detail-finish-empty-output.json").outputs.empty());
  bool content_without_url = false;
  for (const OutputFile& file : DetailOf("detail-finish-3d-scene.json").outputs) {
    EXPECT_FALSE(file.usage_type.empty());
    if (file.url.empty() && !file.content.empty()) content_without_url = true;
  }
  EXPECT_TRUE(content_without_url);
}

TEST(DecodeApiAnswer, ReadsFailedAndUnfinishedTasks) {
  const TaskDetail failed = DetailOf("detail-finish-failed-vendor-parameter.json");
  EXPECT_EQ(failed.err_code, 70000);
  EXPECT_EQ(failed.err_code_ext, "InternalError");
  EXPECT_THAT(failed.message, HasSubstr("ret:2013"));
  EXPECT_EQ(DetailOf("detail-finish-inner-status-fail.json").inner_status, "FAIL");
  EXPECT_EQ(DetailOf("detail-waiting.json").status, RemoteStatus::kWaiting);
  EXPECT_EQ(DetailOf("detail-processing.json").status, RemoteStatus::kProcessing);
  EXPECT_FALSE(DetailOf("detail-processing.json").finished.has_value());
  const TaskDetail aborted = DetailOf("detail-aborted.json");
  EXPECT_EQ(aborted.status, RemoteStatus::kAborted);
  EXPECT_FALSE(aborted.has_task);
  EXPECT_FALSE(aborted.began.has_value());
}

TEST(DecodeApiAnswer, TakesZeroAndSuccessForNoErrorWord) {
  for (const char* word : {"0", "Success", "", "success"}) {
    const Completion completion =
        Decode(kDetail, Wrap(R"("Status":"FINISH","AigcVideoTask":{"ErrCode":0,"ErrCodeExt":")" +
                             std::string(word) + "\"}"));
    EXPECT_EQ(std::get<TaskDetail>(completion.answer).err_code_ext, "") << word;
  }
}

TEST(DecodeApiAnswer, ReadsPagesOfTasks) {
  const Completion first = Decode(kList, ReadWire("describe-tasks-page-1.json"));
  const auto& page = std::get<TaskPage>(first.answer);
  ASSERT_EQ(page.tasks.size(), 2u);
  EXPECT_EQ(page.tasks[0].session_id, "pier-0001-a1");
  EXPECT_EQ(page.tasks[0].status, RemoteStatus::kFinished);
  EXPECT_EQ(page.tasks[1].session_context, "run=20260820T0800;row=1;attempt=1");
  EXPECT_FALSE(page.tasks[1].finished.has_value());
  EXPECT_THAT(page.scroll_token, StartsWith("1500000001-AigcVideoTask-"));
  const Completion last = Decode(kList, ReadWire("describe-tasks-empty.json"));
  EXPECT_TRUE(std::get<TaskPage>(last.answer).tasks.empty());
  const Completion none = Decode(kList, Wrap(R"("TaskSet":null,"RequestId":"r")"));
  EXPECT_TRUE(std::get<TaskPage>(none.answer).tasks.empty());
  const Completion odd = Decode(kList, Wrap(R"("TaskSet":[7,null,{},{"TaskId":"a"}])"));
  EXPECT_EQ(std::get<TaskPage>(odd.answer).tasks.size(), 1u);
}

TEST(DecodeApiAnswer, ReadsAnAbort) {
  const Completion completion = Decode(kAbort, ReadWire("manage-task-response.json"));
  EXPECT_TRUE(std::holds_alternative<AbortAnswer>(completion.answer));
}

TEST(DecodeApiAnswer, HandsOnErrorsUntouched) {
  for (const Request& request : {kCreate, kDetail, kList, kAbort}) {
    const Completion completion = Decode(request, ReadWire("error-quota.json"));
    const Failure failure = FailureOf(completion);
    EXPECT_EQ(failure.kind, FailureKind::kApi);
    EXPECT_EQ(failure.code, "LimitExceeded.Quota");
    EXPECT_EQ(failure.message, "the configured AIGC quota has been used up");
    EXPECT_EQ(completion.request_id, "9008e651-5fc8-4f2b-a664-21a823a9c032");
  }
}

TEST(DecodeApiAnswer, AnErrorWinsOverATaskId) {
  const Failure failure =
      FailureOf(Decode(kCreate, Wrap(R"("TaskId":"t","Error":{"Code":"InternalError"})")));
  EXPECT_EQ(failure.kind, FailureKind::kApi);
}

TEST(DecodeApiAnswer, CallsOtherStatusesHttpFailures) {
  for (const int status : {301, 404, 408, 429, 500, 502}) {
    const Failure failure = FailureOf(Decode(kCreate, "<html>\x1b[31mBad Gateway</html>", status));
    EXPECT_EQ(failure.kind, FailureKind::kHttp);
    EXPECT_EQ(failure.http_status, status);
    EXPECT_THAT(failure.message, HasSubstr("Bad Gateway"));
    EXPECT_THAT(failure.message, Not(HasSubstr("\x1b")));
  }
}

TEST(DecodeApiAnswer, CallsEverythingElseUnclear) {
  const std::string whole = ReadWire("create-video-response.json");
  for (std::size_t cut = 0; cut + 3 < whole.size(); ++cut) {
    ExpectGarbage(kCreate, whole.substr(0, cut));
  }
  for (const char* body :
       {"<html></html>", "null", "7", "[]", "\"x\"", "{}", R"({"Response":null})",
        R"({"Response":[]})", R"({"Response":"x"})", R"({"Response":{}})",
        R"({"Response":{"TaskId":null}})", R"({"Response":{"TaskId":""}})",
        R"({"Response":{"TaskId":{}}})", R"({"Response":{"TaskId":[]}})",
        R"({"Response":{"TaskId":true}})", R"({"Response":{"Error":"x"}})",
        R"({"Response":{"Error":{}}})", R"({"Response":{"Error":{"Code":null}}})",
        R"({"Response":{"TaskId":"a"}} trailing)"}) {
    ExpectGarbage(kCreate, body);
  }
  ExpectGarbage(kCreate, std::string("\0\0\0", 3));
  ExpectGarbage(kCreate, Wrap(R"("TaskId":"a")") + std::string("\0x", 2));
  ExpectGarbage(kDetail, Wrap(R"("RequestId":"r")"));
  ExpectGarbage(kDetail, Wrap(R"("Status":7.5)"));
  ExpectGarbage(kList, Wrap(R"("RequestId":"r")"));
  ExpectGarbage(kList, Wrap(R"("TaskSet":"x")"));
  ExpectGarbage(kAbort, Wrap(""));
}

TEST(DecodeApiAnswer, SurvivesAbsurdNesting) {
  for (const std::size_t depth : {65u, 1000u, 100000u, 1000000u}) {
    ExpectGarbage(kDetail, std::string(depth, '['));
    ExpectGarbage(kDetail, std::string(depth, '[') + std::string(depth, ']'));
    std::string objects;
    for (std::size_t i = 0; i < depth; ++i) objects += "{\"Response\":";
    ExpectGarbage(kDetail, objects);
    // Also below a member that is skipped.
    ExpectGarbage(kDetail, Wrap(R"("Status":"FINISH","Input":)" + std::string(depth, '[') +
                                std::string(depth, ']')));
  }
}

TEST(DecodeApiAnswer, SurvivesWrongTypesEverywhere) {
  for (const char* junk : {"null", "7", "1e400", "-1", "\"x\"", "[]", "{}", "true", "[[],{}]",
                           "99999999999999999999", "\"2026\""}) {
    std::string members = R"("Status":"FINISH")";
    for (const char* name : {"CreateTime", "FinishTime", "RequestId", "TaskType"}) {
      members += std::string(",\"") + name + "\":" + junk;
    }
    const Completion outer = Decode(kDetail, Wrap(members + R"(,"AigcVideoTask":)" + junk));
    (void)outer;
    std::string inner;
    for (const char* name : {"Status", "ErrCode", "ErrCodeExt", "Message", "Progress", "Input",
                             "SessionId", "SessionContext"}) {
      inner += std::string("\"") + name + "\":" + junk + ",";
    }
    for (const std::string& output :
         {std::string(junk), std::string(R"({"FileInfos":)") + junk + "}",
          std::string(R"({"FileInfos":[)") + junk + "]}",
          std::string(R"({"FileInfos":[{"FileUrl":)") + junk + R"(,"MetaData":{"Size":)" + junk +
              R"(},"ExpireTime":)" + junk + "}]}"}) {
      const Completion completion = Decode(
          kDetail, Wrap(members + R"(,"AigcVideoTask":{)" + inner + R"("Output":)" + output + "}"));
      const auto* detail = std::get_if<TaskDetail>(&completion.answer);
      const auto* failure = std::get_if<Failure>(&completion.answer);
      ASSERT_TRUE(detail || failure) << junk;
      if (failure) {
        EXPECT_EQ(failure->code, "garbage");
      } else {
        EXPECT_EQ(detail->status, RemoteStatus::kFinished);
      }
    }
  }
}

TEST(DecodeApiAnswer, ReadsNumbersInQuotesAndHugeOnes) {
  const auto code = [](const std::string& number) {
    const auto completion =
        Decode(kDetail, Wrap(R"("Status":"FINISH","AigcImageTask":{"ErrCode":)" + number + "}"));
    return std::get<TaskDetail>(completion.answer).err_code;
  };
  EXPECT_EQ(code("70000"), 70000);
  EXPECT_EQ(code("70000.0"), 70000);
  EXPECT_EQ(code("\"70000\""), 70000);
  EXPECT_NE(code("99999999999"), 0);
}

TEST(DecodeApiAnswer, LastOfRepeatedMembersWins) {
  const Completion completion = Decode(kCreate, Wrap(R"("TaskId":"a","TaskId":"b")"));
  EXPECT_EQ(std::get<CreateAnswer>(completion.answer).task_id, "b");
}

TEST(DecodeApiAnswer, SkipsInputAndWhatFollowsIsStillRead) {
  for (const char* input : {R"({"FileInfos":[{"Base64":"AAAA"}],"Input":{"a":[1,{"Input":2}]}})",
                            "null", "7", "[[1],[2]]", "\"x\"", "true", "1.5", "{}", "[]"}) {
    const Completion completion =
        Decode(kDetail, Wrap(std::string(R"("Status":"FINISH","AigcVideoTask":{"Input":)") + input +
                             R"(,"ErrCode":3,"Message":"m"},"RequestId":"r")"));
    const auto& detail = std::get<TaskDetail>(completion.answer);
    EXPECT_EQ(detail.err_code, 3) << input;
    EXPECT_EQ(detail.message, "m");
    EXPECT_EQ(completion.request_id, "r");
  }
}

TEST(DecodeApiAnswer, MendsBrokenTextInsteadOfLosingTheAnswer) {
  const Completion completion = Decode(
      kDetail,
      Wrap("\"Status\":\"FINISH\",\n\t\"AigcVideoTask\":{\"ErrCode\":1,\"Message\":\"a\xff\xfe\x01"
           "b\"}"));
  ASSERT_TRUE(std::holds_alternative<TaskDetail>(completion.answer));
  EXPECT_THAT(std::get<TaskDetail>(completion.answer).message, StartsWith("a"));
  const Completion escaped =
      Decode(kDetail, Wrap(R"("Status":"FINISH","AigcVideoTask":{"Message":"a\u0000b"})"));
  EXPECT_EQ(std::get<TaskDetail>(escaped.answer).message, std::string("a\0b", 3));
}

TEST(DecodeApiAnswer, RefusesTooLongAnswers) {
  std::string body = Wrap(R"("TaskId":"a")");
  body.append(kMaxAnswerBytes + 1 - body.size(), ' ');
  const Failure failure = FailureOf(Decode(kCreate, body));
  EXPECT_EQ(failure.kind, FailureKind::kUnclear);
  EXPECT_EQ(failure.code, "too_long");
  body.pop_back();
  EXPECT_TRUE(std::holds_alternative<CreateAnswer>(Decode(kCreate, body).answer));
}

}  // namespace
}  // namespace aigc::api
