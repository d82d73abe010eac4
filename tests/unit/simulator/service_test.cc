// What a call to the API goes through before and at its action (gate, signature, rate, validation,
// de-duplication), one expectation per row of the behaviours a stand-in server must have.
#include "simulator/service.h"

#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

std::string CodeIn(const Reply& reply) { return At(reply.response.body, "Response.Error.Code"); }

TEST(Service, AnswersACreateWithATaskIdOfTheServicesForm) {
  Caller caller;
  EXPECT_THAT(caller.CreateVideo("a"), MatchesRegex("1500000001-AigcVideoTask-[0-9a-f]{32}t"));
  EXPECT_THAT(caller.CreateImage("b"), MatchesRegex("1500000001-AigcImageTask-[0-9a-f]{32}t"));
}

TEST(Service, GivesTheSameAnswersToTheSameCallsFromTheSameSeedOnly) {
  Caller one({}, 1);
  Caller same({}, 1);
  Caller other({}, 2);
  std::string answer = one.Call("CreateAigcVideoTask", VideoBody("a"));
  EXPECT_EQ(answer, same.Call("CreateAigcVideoTask", VideoBody("a")));
  EXPECT_NE(answer, other.Call("CreateAigcVideoTask", VideoBody("a")));
}

TEST(Service, GivesEveryAnswerItsOwnRequestIdAndADate) {
  Caller caller;
  Reply first = caller.Send("DescribeTasks", "{}");
  Reply second = caller.Send("NoSuchAction", "{}");
  std::string id = At(first.response.body, "Response.RequestId");
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"));
  EXPECT_NE(id, At(second.response.body, "Response.RequestId"));
  EXPECT_EQ(second.response.headers.Get("Date"), "Thu, 20 Aug 2026 08:00:00 GMT");
  EXPECT_EQ(second.response.headers.Get("Content-Type"), "application/json");
}

TEST(Service, LeavesTheDateOutWhenTheScenarioSaysSo) {
  Scenario scenario;
  scenario.date_header = false;
  Caller caller(scenario);
  EXPECT_FALSE(caller.Send("DescribeTasks", "{}").response.headers.Has("Date"));
}

TEST(Service, RefusesUnknownActionsAndVersionsBeforeLookingAtTheSignature) {
  Caller caller;
  HttpRequest request = ApiCall("CreateAigcVideoTask", "{}", kStart);
  auto with = [&](std::string_view name, const std::string& value) {
    HttpRequest changed{request.method, request.target, {}, request.body};
    for (const auto& [key, old] : request.headers.all()) {
      if (key != "Authorization") changed.headers.Add(key, key == name ? value : old);
    }
    return CodeIn(caller.service.Handle(changed, kStart));
  };
  EXPECT_EQ(with("X-TC-Action", "CreateAigcVideo"), "InvalidAction");
  EXPECT_EQ(with("X-TC-Action", ""), "MissingParameter");
  EXPECT_EQ(with("X-TC-Version", "2018-07-16"), "NoSuchVersion");
  EXPECT_EQ(with("Content-Type", "text/plain"), "UnsupportedProtocol");
  EXPECT_EQ(with("none", ""), "AuthFailure.InvalidAuthorization");
  request.method = "GET";
  EXPECT_EQ(with("none", ""), "UnsupportedProtocol");
}

TEST(Service, ChecksTheSignatureBeforeRateAndBody) {
  Caller caller;
  HttpRequest request = ApiCall("CreateAigcVideoTask", "not json", kStart);
  request.body += " ";
  for (int i = 0; i < 30; ++i) {  // more than the rate allows
    EXPECT_EQ(CodeIn(caller.service.Handle(request, kStart)), "AuthFailure.SignatureFailure");
  }
  EXPECT_EQ(caller.service.ledger().counts("CreateAigcVideoTask").bad_auth, 30u);
  EXPECT_NE(caller.CreateVideo("a"), "(absent)");
}

TEST(Service, ChecksSignaturesAgainstItsOwnClock) {
  Scenario scenario;
  scenario.clock_offset = -std::chrono::minutes(10);
  Caller caller(scenario);
  EXPECT_EQ(caller.ErrorOf("DescribeTasks", "{}"), "AuthFailure.SignatureExpire");
  Reply reply = caller.Send("DescribeTasks", "{}");
  EXPECT_EQ(reply.response.headers.Get("Date"), "Thu, 20 Aug 2026 07:50:00 GMT");
  // A client that takes the Date to heart gets through.
  HttpRequest corrected = ApiCall("DescribeTasks", "{}", kStart - std::chrono::minutes(10));
  EXPECT_EQ(CodeIn(caller.service.Handle(corrected, kStart)), "(absent)");
}

TEST(Service, RefusesBodiesAboveTenMegabytes) {
  Caller caller;
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", std::string(kMaxBody + 1, ' ')),
            "RequestSizeLimitExceeded");
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", std::string(kMaxBody, ' ')), "InvalidRequest");
}

TEST(Service, LetsTwentyCreatesOfEachActionThroughInAnySecond) {
  Caller caller;
  for (int i = 0; i < 20; ++i) {
    caller.now = kStart + Millis(i * 10);
    EXPECT_NE(caller.CreateVideo("v" + std::to_string(i)), "(absent)");
    EXPECT_NE(caller.CreateImage("i" + std::to_string(i)), "(absent)");
  }
  caller.now = kStart + Millis(999);
  std::string refused = caller.Call("CreateAigcVideoTask", VideoBody("one-more"));
  EXPECT_EQ(At(refused, "Response.Error.Code"), "RequestLimitExceeded");
  EXPECT_THAT(refused, HasSubstr("`21` in a second, which exceeds the frequency limit `20`"));
  caller.now = kStart + Millis(1000);  // the first of them is a second old now
  EXPECT_NE(caller.CreateVideo("one-more"), "(absent)");
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody("yet-another")),
            "RequestLimitExceeded");

  const ActionCounts& counts = caller.service.ledger().counts("CreateAigcVideoTask");
  EXPECT_EQ(counts.seen, 23u);
  EXPECT_EQ(counts.accepted, 21u);
  EXPECT_EQ(counts.throttled, 2u);
  EXPECT_EQ(counts.refused, 0u);
  EXPECT_EQ(caller.service.ledger().BusiestSecond("CreateAigcVideoTask"), 22u);
  EXPECT_EQ(caller.service.ledger().count(Kind::kVideo), 21u);
}

TEST(Service, LimitsQueriesToAHundredASecond) {
  Caller caller;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(caller.ErrorOf("DescribeTasks", "{}"), "");
  EXPECT_EQ(caller.ErrorOf("DescribeTasks", "{}"), "RequestLimitExceeded");
  EXPECT_EQ(caller.ErrorOf("DescribeTaskDetail", "{\"TaskId\":\"x\"}"),
            "InvalidParameterValue.TaskId");
}

TEST(Service, IsNotBlockedByAClockThatWasSetBack) {
  Caller caller;
  for (int i = 0; i < 20; ++i) caller.CreateVideo("v" + std::to_string(i));
  caller.now = kStart - std::chrono::hours(1);
  EXPECT_NE(caller.CreateVideo("later"), "(absent)");
}

TEST(Service, AcceptsEveryRecordedCreateBody) {
  for (const char* name : {"base64", "first-frame-url", "first-last-frame-legacy",
                           "first-last-frame", "motion-control", "multi-shot", "permanent",
                           "references", "subjects", "text", "video-edit", "vidu-references"}) {
    Caller caller;
    std::string body = ReadData(std::string("wire/create-video-request-") + name + ".json");
    EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", body), "") << name;
  }
  for (const char* name : {"", "-hunyuan-size", "-mask"}) {
    Caller caller;
    std::string body = ReadData(std::string("wire/create-image-request") + name + ".json");
    EXPECT_EQ(caller.ErrorOf("CreateAigcImageTask", body), "") << name;
  }
}

TEST(Service, NamesMissingParameters) {
  Caller caller(QuickScenario());
  auto message = [&](const std::string& body) {
    std::string answer = caller.Call("CreateAigcVideoTask", body);
    EXPECT_EQ(At(answer, "Response.Error.Code"), "MissingParameter");
    return At(answer, "Response.Error.Message");
  };
  EXPECT_THAT(message(R"({"ModelName":"OS","ModelVersion":"2.0","Prompt":"p"})"),
              HasSubstr("`SubAppId`"));
  EXPECT_THAT(message(R"({"SubAppId":1,"ModelVersion":"2.0","Prompt":"p"})"),
              HasSubstr("`ModelName`"));
  EXPECT_EQ(message(R"({"SubAppId":1,"ModelName":"OS","Prompt":"p"})"),
            At(ReadData("wire/error-missing-parameter.json"), "Response.Error.Message"));
  EXPECT_THAT(message(R"({"SubAppId":1,"ModelName":"OS","ModelVersion":"","Prompt":"p"})"),
              HasSubstr("`ModelVersion`"));
  EXPECT_THAT(message(R"({"SubAppId":1,"ModelName":"OS","ModelVersion":"2.0"})"),
              HasSubstr("`Prompt`"));
  EXPECT_EQ(caller.ErrorOf("DescribeTaskDetail", "{}"), "MissingParameter");
  EXPECT_EQ(caller.ErrorOf("ManageTask", R"({"TaskId":"x"})"), "MissingParameter");
  EXPECT_TRUE(caller.service.ledger().tasks().empty());
}

TEST(Service, NamesUnknownParametersWithTheirPath) {
  Caller caller(QuickScenario());
  std::string answer =
      caller.Call("CreateAigcVideoTask", VideoBody("a", R"(,"GenerationMode":"x")"));
  EXPECT_EQ(At(answer, "Response.Error.Message"),
            At(ReadData("wire/error-unknown-parameter.json"), "Response.Error.Message"));
  answer = caller.Call("CreateAigcVideoTask", VideoBody("a", R"(,"FileInfos":[{"Typ":"Url"}])"));
  EXPECT_EQ(At(answer, "Response.Error.Code"), "UnknownParameter");
  EXPECT_THAT(answer, HasSubstr("FileInfos.0.Typ"));
  // Of videos only.
  EXPECT_EQ(
      caller.ErrorOf("CreateAigcImageTask", ImageBody("a", R"(,"OutputConfig":{"Duration":5})")),
      "UnknownParameter");
  EXPECT_EQ(caller.ErrorOf("DescribeTasks", R"({"TaskIds":[]})"), "UnknownParameter");
}

TEST(Service, RefusesWrongValuesAndTypes) {
  Caller caller(QuickScenario());
  auto code = [&](const std::string& more) {
    return caller.ErrorOf("CreateAigcVideoTask", VideoBody("a", "," + more));
  };
  std::string answer = caller.Call("CreateAigcVideoTask",
                                   VideoBody("a", R"(,"OutputConfig":{"AudioGeneration":"yes"})"));
  EXPECT_EQ(At(answer, "Response.Error.Code"), "InvalidParameterValue");
  EXPECT_EQ(At(answer, "Response.Error.Message"),
            At(ReadData("wire/error-invalid-value.json"), "Response.Error.Message"));
  EXPECT_EQ(code(R"("EnhancePrompt":"enabled")"), "InvalidParameterValue");
  EXPECT_EQ(code(R"("TasksPriority":11)"), "InvalidParameterValue");
  EXPECT_EQ(code(R"("FileInfos":[{"Type":"Url","Url":""}])"), "InvalidParameterValue");
  EXPECT_EQ(code(R"("FileInfos":[{"Type":"Base64","Base64":"data:image/png;base64,AAAA"}])"),
            "InvalidParameterValue");
  EXPECT_EQ(code(R"("ExtInfo":"not json")"), "InvalidParameterValue");
  EXPECT_EQ(code(R"("ExtInfo":"{\"AdditionalParameters\":{\"size\":\"1\"}}")"),
            "InvalidParameterValue");
  EXPECT_EQ(code(R"("Seed":"7")"), "InvalidParameter");
  EXPECT_EQ(code(R"("Seed":7.5)"), "InvalidParameter");
  EXPECT_EQ(code(R"("Seed":null)"), "InvalidParameter");
  EXPECT_EQ(code(R"("Seed":true)"), "InvalidParameter");
  EXPECT_EQ(code(R"("FileInfos":{})"), "InvalidParameter");
  EXPECT_EQ(code(R"("OutputConfig":{"Duration":"5"})"), "InvalidParameter");
  EXPECT_EQ(code(R"("EnhancePrompt":"")"), "");  // not given
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", "[]"), "InvalidRequest");
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", "{\"SubAppId\":1"), "InvalidRequest");
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", "{} {}"), "InvalidRequest");
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", std::string(100'000, '[')), "InvalidRequest");
}

TEST(Service, RefusesBase64InputsAboveSevenMegabytesTogether) {
  Caller caller(QuickScenario());
  auto files = [](std::size_t bytes) {
    std::string text(bytes / 3 * 4, 'A');
    return VideoBody("a", R"(,"FileInfos":[{"Type":"Base64","Base64":")" + text + "\"}]");
  };
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", files(7'340'034)), "InvalidParameterValue");
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", files(7'340'031)), "");
}

TEST(Service, MeasuresSessionIdAndContextInCharacters) {
  Caller caller(QuickScenario());
  std::string fifty;
  for (int i = 0; i < 50; ++i) fifty += "é";
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody(fifty)), "");
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody(fifty + "x")),
            "InvalidParameterValue.SessionIdTooLong");
  std::string context = ",\"SessionContext\":\"" + std::string(1000, 'c');
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody("a", context + "\"")), "");
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody("b", context + "c\"")),
            "InvalidParameterValue.SessionContextTooLong");
}

TEST(Service, RefusesAnotherSubAppIdThanTheScenarios) {
  Scenario scenario = QuickScenario();
  scenario.sub_app_id = 42;
  Caller caller(scenario);
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody("a")),
            "InvalidParameterValue.SubAppId");
  auto body = [](const std::string& id) {
    return "{\"SubAppId\":" + id + R"(,"ModelName":"OS","ModelVersion":"2.0","Prompt":"p"})";
  };
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", body("42")), "");
  Caller any(QuickScenario());
  EXPECT_EQ(any.ErrorOf("CreateAigcVideoTask", body("42")), "");
  for (const char* bad : {"0", "-1", "9223372036854775808"}) {
    EXPECT_EQ(any.ErrorOf("CreateAigcVideoTask", body(bad)), "InvalidParameterValue.SubAppId");
  }
}

TEST(Service, RefusesARepeatedSessionIdWithinThreeDays) {
  Caller caller(QuickScenario());
  caller.CreateVideo("a");
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody("a")),
            "InvalidParameterValue.SessionId");
  EXPECT_EQ(caller.ErrorOf("CreateAigcImageTask", ImageBody("a")),
            "InvalidParameterValue.SessionId");
  caller.now = kStart + std::chrono::hours(72) - Millis(1);
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody("a")),
            "InvalidParameterValue.SessionId");
  EXPECT_EQ(caller.service.ledger().tasks().size(), 1u);
  EXPECT_EQ(caller.service.ledger().counts("CreateAigcVideoTask").duplicates, 2u);
  caller.now = kStart + std::chrono::hours(72);
  EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody("a")), "");
}

TEST(Service, DoesNotDeduplicateWithoutASessionId) {
  Caller caller(QuickScenario());
  EXPECT_NE(caller.CreateVideo(""), caller.CreateVideo(""));
  EXPECT_EQ(caller.service.ledger().tasks().size(), 2u);
}

TEST(Service, SaysDuplicateInTheWayTheScenarioChooses) {
  Scenario scenario = QuickScenario();
  scenario.dedup.code = DuplicateCode::kFailedOperation;
  Caller failed(scenario);
  failed.CreateVideo("a");
  EXPECT_EQ(failed.ErrorOf("CreateAigcVideoTask", VideoBody("a")), "FailedOperation.TaskDuplicate");
  scenario.dedup.code = DuplicateCode::kMessageOnly;
  Caller message(scenario);
  message.CreateVideo("a");
  std::string answer = message.Call("CreateAigcVideoTask", VideoBody("a"));
  EXPECT_EQ(At(answer, "Response.Error.Code"), "InvalidParameter");
  EXPECT_THAT(At(answer, "Response.Error.Message"), HasSubstr("SessionId"));
}

TEST(Service, UsesUpTheSessionOfThrottledAndRefusedCreatesOnlyWhenTold) {
  for (bool uses_up : {false, true}) {
    Scenario scenario;
    scenario.dedup.throttled_uses_up_session = uses_up;
    scenario.dedup.refused_uses_up_session = uses_up;
    Caller caller(scenario);
    for (int i = 0; i < 20; ++i) caller.CreateVideo("v" + std::to_string(i));
    EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody("throttled")),
              "RequestLimitExceeded");
    EXPECT_EQ(caller.ErrorOf("CreateAigcImageTask", ImageBody("refused", R"(,"Seed":"x")")),
              "InvalidParameter");
    caller.now += Seconds(2);
    std::string expected = uses_up ? "InvalidParameterValue.SessionId" : "";
    EXPECT_EQ(caller.ErrorOf("CreateAigcVideoTask", VideoBody("throttled")), expected);
    EXPECT_EQ(caller.ErrorOf("CreateAigcImageTask", ImageBody("refused")), expected);
  }
}

}  // namespace
}  // namespace aigc::simulator
