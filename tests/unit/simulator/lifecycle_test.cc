// Tasks from acceptance to their end: states and times, concurrency, outcomes, what a detail says.
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <set>

#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

using testing::HasSubstr;

Scenario WithTaskFault(Fault fault, Match match = {}) {
  Scenario scenario = QuickScenario();
  scenario.faults = {{std::move(match), std::move(fault)}};
  return scenario;
}

Fault Of(FaultKind kind) {
  Fault fault;
  fault.kind = kind;
  return fault;
}

// Paths of all members, with the elements of a list under "[]".
void Collect(const Poco::Dynamic::Var& value, const std::string& path,
             std::set<std::string>& paths) {
  paths.insert(path);
  if (value.type() == typeid(Poco::JSON::Object::Ptr)) {
    for (const auto& [name, member] : *value.extract<Poco::JSON::Object::Ptr>()) {
      Collect(member, path + "." + name, paths);
    }
  } else if (value.type() == typeid(Poco::JSON::Array::Ptr)) {
    for (const auto& item : *value.extract<Poco::JSON::Array::Ptr>()) {
      Collect(item, path + "[]", paths);
    }
  }
}

std::set<std::string> Paths(const std::string& json) {
  std::set<std::string> paths;
  Collect(Poco::JSON::Parser().parse(json), "", paths);
  return paths;
}

TEST(Lifecycle, GoesFromProcessingToFinishAtTheDrawnTime) {
  Caller caller(QuickScenario());
  std::string id = caller.CreateVideo("a");
  caller.now += Millis(4999);
  std::string running = caller.Detail(id);
  EXPECT_EQ(At(running, "Response.Status"), "PROCESSING");
  EXPECT_EQ(At(running, "Response.FinishTime"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(At(running, "Response.AigcVideoTask.Progress"), "0");
  EXPECT_EQ(At(running, "Response.AigcVideoTask.Output"), "null");
  EXPECT_EQ(At(running, "Response.AigcImageTask"), "null");
  caller.now += Millis(1);
  std::string done = caller.Detail(id);
  EXPECT_EQ(At(done, "Response.Status"), "FINISH");
  EXPECT_EQ(At(done, "Response.CreateTime"), "2026-08-20T08:00:00Z");
  EXPECT_EQ(At(done, "Response.FinishTime"), "2026-08-20T08:00:05Z");
  EXPECT_EQ(At(done, "Response.AigcVideoTask.ErrCode"), "0");
  EXPECT_EQ(At(done, "Response.AigcVideoTask.Output.FileInfos.0.ExpireTime"),
            "2026-08-27T08:00:05Z");
}

TEST(Lifecycle, DrawsTimesWithinTheSpanDividedBySpeed) {
  Scenario scenario = QuickScenario();
  scenario.video_time = {Millis(60'000), Millis(150'000)};
  scenario.speed = 10;
  scenario.limits.video.reset();
  scenario.model_times = {{"Kling 2.6", {Millis(20'000), Millis(20'000)}},
                          {"Vidu", {Millis(30'000), Millis(30'000)}}};
  Caller caller(scenario);
  std::set<std::int64_t> times;
  for (int i = 0; i < 100; ++i) caller.CreateVideo("v" + std::to_string(i));
  for (const LedgerTask& task : caller.service.ledger().tasks()) {
    EXPECT_GE(*task.takes, Millis(6000));
    EXPECT_LE(*task.takes, Millis(15'000));
    times.insert(task.takes->count());
  }
  EXPECT_GT(times.size(), 50u);
  auto takes = [&](const char* model, const char* version) {
    std::string body = std::string(R"({"SubAppId":1,"Prompt":"p","ModelName":")") + model +
                       R"(","ModelVersion":")" + version + "\"}";
    std::string id = At(caller.Call("CreateAigcVideoTask", body), "Response.TaskId");
    return caller.service.ledger().Find(id)->takes->count();
  };
  EXPECT_EQ(takes("Kling", "2.6"), 2000);
  EXPECT_EQ(takes("Vidu", "q2"), 3000);
}

TEST(Lifecycle, AnswersWithTheMembersOfTheRecordedDetails) {
  Caller caller(QuickScenario());
  auto detail = [&](const char* action, const char* request) {
    std::string body = ReadData(std::string("wire/") + request);
    std::string id = At(caller.Call(action, body), "Response.TaskId");
    caller.now += Seconds(5);
    return Paths(caller.Detail(id));
  };
  EXPECT_EQ(detail("CreateAigcVideoTask", "create-video-request-text.json"),
            Paths(ReadData("wire/detail-finish-video-ok.json")));
  EXPECT_EQ(detail("CreateAigcVideoTask", "create-video-request-base64.json"), [] {
    auto paths = Paths(ReadData("wire/detail-finish-failed-source-60000.json"));
    auto output = Paths(ReadData("wire/detail-finish-video-ok.json"));
    paths.insert(output.begin(), output.end());
    return paths;
  }());
  EXPECT_EQ(detail("CreateAigcImageTask", "create-image-request.json"),
            Paths(ReadData("wire/detail-finish-image-multi.json")));
}

TEST(Lifecycle, WritesMembersInTheOrderOfTheRecordedDetail) {
  Caller caller(QuickScenario());
  std::string id =
      At(caller.Call("CreateAigcVideoTask", ReadData("wire/create-video-request-text.json")),
         "Response.TaskId");
  std::string body = caller.Detail(id);
  std::string recorded = ReadData("wire/detail-processing.json");
  std::size_t at = 0;
  for (std::size_t quote = recorded.find('"'); quote != std::string::npos;) {
    std::size_t end = recorded.find('"', quote + 1);
    std::string name = recorded.substr(quote, end - quote + 1);
    if (recorded[end + 1] == ':') {
      at = body.find(name + ":", at);
      ASSERT_NE(at, std::string::npos) << name;
    }
    quote = recorded.find('"', end + 1);
  }
}

TEST(Lifecycle, EchoesTheRequestInNormalisedForm) {
  Caller caller(QuickScenario());
  std::string id =
      At(caller.Call("CreateAigcVideoTask", ReadData("wire/create-video-request-text.json")),
         "Response.TaskId");
  std::string body = caller.Detail(id);
  std::string recorded = ReadData("wire/detail-processing.json");
  for (const std::string& path : Paths(recorded)) {
    if (path.rfind(".Response.AigcVideoTask.Input", 0) != 0) continue;
    EXPECT_EQ(At(body, path.substr(1)), At(recorded, path.substr(1))) << path;
  }
  EXPECT_EQ(At(body, "Response.AigcVideoTask.SessionContext"), "run=20260820T0800;row=1;attempt=1");
}

TEST(Lifecycle, RepeatsBase64InputsOnlyWhenTold) {
  for (bool echo : {false, true}) {
    Scenario scenario = QuickScenario();
    scenario.echo_base64 = echo;
    Caller caller(scenario);
    std::string id = caller.CreateVideo("a", R"(,"FileInfos":[{"Type":"Base64","Base64":"AAAA"}])");
    EXPECT_EQ(At(caller.Detail(id), "Response.AigcVideoTask.Input.FileInfos.0.Base64"),
              echo ? "AAAA" : "");
  }
}

TEST(Lifecycle, ShowsTasksForThreeDays) {
  for (const char* code : {"InvalidParameterValue.TaskId", "ResourceNotFound"}) {
    Scenario scenario = QuickScenario();
    scenario.missing_task_code = code;
    Caller caller(scenario);
    std::string id = caller.CreateVideo("a");
    std::string query = "{\"TaskId\":\"" + id + "\"}";
    caller.now = kStart + std::chrono::hours(72) - Millis(1);
    EXPECT_EQ(caller.ErrorOf("DescribeTaskDetail", query), "");
    caller.now += Millis(1);
    EXPECT_EQ(caller.ErrorOf("DescribeTaskDetail", query), code);
    EXPECT_EQ(caller.ErrorOf("DescribeTaskDetail", "{\"TaskId\":\"none\"}"), code);
  }
}

TEST(Lifecycle, HidesTasksFromOtherApplications) {
  Caller caller(QuickScenario());
  std::string id = caller.CreateVideo("a");
  EXPECT_EQ(caller.ErrorOf("DescribeTaskDetail", "{\"SubAppId\":5,\"TaskId\":\"" + id + "\"}"),
            "InvalidParameterValue.TaskId");
  EXPECT_EQ(caller.ErrorOf("DescribeTaskDetail", "{\"TaskId\":\"" + id + "\"}"), "");
}

TEST(Lifecycle, FailsTasksAboveTheLimitWithinSeconds) {
  Scenario scenario = QuickScenario();
  scenario.limits.video = 1;
  scenario.limits.image = 1;
  Caller caller(scenario);
  std::string first = caller.CreateVideo("a");
  std::string second = caller.CreateVideo("b");
  std::string image = caller.CreateImage("c");
  std::string image_two = caller.CreateImage("d");
  caller.now += Seconds(4);
  std::string failed = caller.Detail(second);
  EXPECT_EQ(At(failed, "Response.Status"), "FINISH");
  std::string recorded = ReadData("wire/detail-finish-failed-concurrency.json");
  for (const char* member : {"ErrCode", "ErrCodeExt", "Message", "Output.FileInfos"}) {
    std::string path = std::string("Response.AigcVideoTask.") + member;
    EXPECT_EQ(At(failed, path), At(recorded, path));
  }
  EXPECT_EQ(At(caller.Detail(image_two), "Response.AigcImageTask.Message"),
            At(ReadData("wire/detail-finish-image-failed.json"), "Response.AigcImageTask.Message"));
  EXPECT_EQ(caller.Status(first), "PROCESSING");
  EXPECT_EQ(caller.Status(image), "PROCESSING");  // counted apart from videos
  caller.now += Seconds(1);
  std::string third = caller.CreateVideo("e");  // the first has ended
  caller.now += Seconds(5);
  EXPECT_EQ(At(caller.Detail(third), "Response.AigcVideoTask.ErrCode"), "0");
  EXPECT_EQ(caller.service.ledger().peak(Kind::kVideo), 1);
  EXPECT_EQ(caller.service.ledger().counts("CreateAigcVideoTask").over_limit, 1u);
}

TEST(Lifecycle, RefusesTasksAboveTheLimitWhenTheScenarioSaysSo) {
  Scenario scenario = QuickScenario();
  scenario.limits.video = 2;
  scenario.limits.excess = Excess::kRefuse;
  Caller caller(scenario);
  caller.CreateVideo("a");
  caller.CreateVideo("b");
  std::string refused = caller.Call("CreateAigcVideoTask", VideoBody("c"));
  std::string recorded = ReadData("wire/error-submit-concurrency.json");
  for (const char* path : {"Response.Error.Code", "Response.Error.Message"}) {
    EXPECT_EQ(At(refused, path), At(recorded, path));
  }
  EXPECT_EQ(caller.service.ledger().counts("CreateAigcVideoTask").refused, 1u);
  EXPECT_EQ(caller.service.ledger().counts("CreateAigcVideoTask").throttled, 0u);
  caller.now += Seconds(5);
  EXPECT_NE(caller.CreateVideo("c"), "(absent)");  // the same SessionId may be used
}

TEST(Lifecycle, QueuesTasksAboveTheLimitByPriorityWhenTheScenarioSaysSo) {
  Scenario scenario = QuickScenario();
  scenario.limits.video = 1;
  scenario.limits.excess = Excess::kQueue;
  Caller caller(scenario);
  std::string first = caller.CreateVideo("a");
  std::string low = caller.CreateVideo("b");
  std::string high = caller.CreateVideo("c", R"(,"TasksPriority":5)");
  std::string waiting = caller.Detail(low);
  EXPECT_EQ(At(waiting, "Response.Status"), "WAITING");
  EXPECT_EQ(At(waiting, "Response.BeginProcessTime"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(At(waiting, "Response.AigcVideoTask.Status"), "PROCESSING");
  caller.now += Seconds(5);
  EXPECT_EQ(caller.Status(high), "PROCESSING");
  EXPECT_EQ(caller.Status(low), "WAITING");
  caller.now += Seconds(20);  // both begin and end in between
  std::string done = caller.Detail(low);
  EXPECT_EQ(At(done, "Response.BeginProcessTime"), "2026-08-20T08:00:10Z");
  EXPECT_EQ(At(done, "Response.FinishTime"), "2026-08-20T08:00:15Z");
  EXPECT_EQ(caller.service.ledger().peak(Kind::kVideo), 1);
}

TEST(Lifecycle, AbortsOnlyTasksThatWait) {
  Scenario scenario = QuickScenario();
  scenario.limits.video = 1;
  scenario.limits.excess = Excess::kQueue;
  Caller caller(scenario);
  std::string first = caller.CreateVideo("a");
  std::string second = caller.CreateVideo("b");
  std::string third = caller.CreateVideo("c");
  auto abort = [](const std::string& id, const std::string& operation = "Abort") {
    return "{\"SubAppId\":1500000001,\"TaskId\":\"" + id + "\",\"OperationType\":\"" + operation +
           "\"}";
  };
  std::string refused = caller.Call("ManageTask", abort(first));
  EXPECT_EQ(At(refused, "Response.Error.Code"), "InvalidParameterValue.InvalidOperationType");
  EXPECT_EQ(At(refused, "Response.Error.Message"),
            At(ReadData("wire/error-abort-not-waiting.json"), "Response.Error.Message"));
  EXPECT_EQ(caller.ErrorOf("ManageTask", abort(second, "Delete")),
            "InvalidParameterValue.InvalidOperationType");
  EXPECT_EQ(caller.ErrorOf("ManageTask", abort("none")), "InvalidParameterValue.TaskId");
  EXPECT_EQ(caller.ErrorOf("ManageTask", abort(second)), "");
  std::string aborted = caller.Detail(second);
  EXPECT_EQ(At(aborted, "Response.Status"), "ABORTED");
  EXPECT_EQ(At(aborted, "Response.AigcVideoTask"), "null");
  EXPECT_EQ(caller.ErrorOf("ManageTask", abort(second)),
            "InvalidParameterValue.InvalidOperationType");
  caller.now += Seconds(6);
  EXPECT_EQ(caller.Status(third), "PROCESSING");  // moved up
  EXPECT_EQ(caller.Status(second), "ABORTED");
  EXPECT_TRUE(caller.service.ledger().Find(second)->aborted_at);
}

TEST(Lifecycle, FailsHailuoFastWithoutAPictureAfterAcceptance) {
  Caller caller(QuickScenario());
  std::string text =
      R"({"SubAppId":1500000001,"ModelName":"Hailuo","ModelVersion":"2.3-fast","Prompt":"p")";
  std::string id = At(caller.Call("CreateAigcVideoTask", text + "}"), "Response.TaskId");
  std::string with_picture =
      At(caller.Call("CreateAigcVideoTask",
                     text + R"(,"FileInfos":[{"Type":"Url","Url":"https://x.test/a.png"}]})"),
         "Response.TaskId");
  caller.now += Seconds(5);
  std::string failed = caller.Detail(id);
  std::string recorded = ReadData("wire/detail-finish-failed-vendor-parameter.json");
  for (const char* member : {"Status", "ErrCode", "ErrCodeExt", "Message"}) {
    std::string path = std::string("Response.AigcVideoTask.") + member;
    EXPECT_EQ(At(failed, path), At(recorded, path));
  }
  EXPECT_EQ(At(caller.Detail(with_picture), "Response.AigcVideoTask.ErrCode"), "0");
}

TEST(Lifecycle, FailsATaskAsScripted) {
  Fault fault = Of(FaultKind::kFail);
  fault.err_code = 60000;
  fault.err_code_ext = "InvalidParameter.MediaFormat";
  fault.message = "the source file could not be decoded";
  Caller caller(WithTaskFault(fault, {.action = {}, .nth = {2}}));
  std::string good = caller.CreateVideo("a");
  std::string bad = caller.CreateVideo("b");
  caller.now += Seconds(5);
  EXPECT_EQ(At(caller.Detail(good), "Response.AigcVideoTask.ErrCode"), "0");
  std::string detail = caller.Detail(bad);
  EXPECT_EQ(At(detail, "Response.AigcVideoTask.ErrCode"), "60000");
  EXPECT_EQ(At(detail, "Response.AigcVideoTask.ErrCodeExt"), "InvalidParameter.MediaFormat");
  EXPECT_EQ(At(detail, "Response.AigcVideoTask.Output.FileInfos"), "0");
}

TEST(Lifecycle, FinishesWithoutAFileAsScripted) {
  Caller caller(WithTaskFault(Of(FaultKind::kEmptyOutput)));
  std::string id = caller.CreateVideo("a");
  caller.now += Seconds(5);
  std::string detail = caller.Detail(id);
  EXPECT_EQ(At(detail, "Response.AigcVideoTask.ErrCode"), "0");
  EXPECT_EQ(At(detail, "Response.AigcVideoTask.Output.FileInfos"), "0");
}

TEST(Lifecycle, SaysFailInsideAFinishedTaskAsScripted) {
  Caller caller(WithTaskFault(Of(FaultKind::kInnerFail)));
  std::string id = caller.CreateVideo("a");
  caller.now += Seconds(5);
  std::string detail = caller.Detail(id);
  std::string recorded = ReadData("wire/detail-finish-inner-status-fail.json");
  for (const char* path : {"Status", "AigcVideoTask.Status", "AigcVideoTask.ErrCode",
                           "AigcVideoTask.ErrCodeExt", "AigcVideoTask.Message"}) {
    EXPECT_EQ(At(detail, std::string("Response.") + path),
              At(recorded, std::string("Response.") + path));
  }
}

TEST(Lifecycle, NeverFinishesAsScripted) {
  Caller caller(WithTaskFault(Of(FaultKind::kNeverFinish)));
  std::string id = caller.CreateVideo("a");
  caller.now += std::chrono::hours(71);
  EXPECT_EQ(caller.Status(id), "PROCESSING");
}

TEST(Lifecycle, WaitsBeforeItBeginsAsScripted) {
  Fault fault = Of(FaultKind::kWaiting);
  fault.delay = Seconds(30);
  Caller caller(WithTaskFault(fault));
  std::string id = caller.CreateVideo("a");
  caller.now += Seconds(29);
  EXPECT_EQ(caller.Status(id), "WAITING");
  caller.now += Seconds(1);
  EXPECT_EQ(caller.Status(id), "PROCESSING");
  caller.now += Seconds(5);
  EXPECT_EQ(caller.Status(id), "FINISH");
}

TEST(Lifecycle, CountsLooksInsteadOfTimeAsScripted) {
  Fault fault = Of(FaultKind::kPolls);
  fault.waiting_polls = 1;
  fault.processing_polls = 2;
  Caller caller(WithTaskFault(fault));
  std::string id = caller.CreateVideo("a");
  for (const char* status : {"WAITING", "PROCESSING", "PROCESSING", "FINISH", "FINISH"}) {
    EXPECT_EQ(caller.Status(id), status);
  }
}

TEST(Lifecycle, ShowsANullTaskObjectAsScripted) {
  Fault fault = Of(FaultKind::kNullTask);
  fault.count = 2;
  Caller caller(WithTaskFault(fault));
  std::string id = caller.CreateVideo("a");
  caller.now += Seconds(5);
  EXPECT_EQ(At(caller.Detail(id), "Response.AigcVideoTask"), "null");
  EXPECT_EQ(At(caller.Detail(id), "Response.AigcVideoTask"), "null");
  EXPECT_EQ(At(caller.Detail(id), "Response.AigcVideoTask.TaskId"), id);
}

TEST(Lifecycle, ActsAsIfOneTooManyAsScripted) {
  Caller caller(WithTaskFault(Of(FaultKind::kOverLimit)));
  std::string id = caller.CreateVideo("a");
  caller.now += Seconds(4);
  EXPECT_EQ(At(caller.Detail(id), "Response.AigcVideoTask.ErrCodeExt"), "RequestLimitExceeded");
}

TEST(Lifecycle, AddsMembersNobodyKnowsWhenTold) {
  Scenario scenario = QuickScenario();
  scenario.unknown_members = true;
  Caller caller(scenario);
  std::string id = caller.CreateVideo("a");
  std::string body = caller.Detail(id);
  EXPECT_NE(At(body, "Response.SomeFutureTask"), "(absent)");
  EXPECT_NE(At(body, "Response.AigcVideoTask.FutureField"), "(absent)");
}

TEST(Lifecycle, GivesPermanentFilesAnIdAndNoEnd) {
  Caller caller(QuickScenario());
  std::string id =
      At(caller.Call("CreateAigcVideoTask", ReadData("wire/create-video-request-permanent.json")),
         "Response.TaskId");
  caller.now += Seconds(5);
  std::string file = "Response.AigcVideoTask.Output.FileInfos.0.";
  std::string body = caller.Detail(id);
  std::string recorded = ReadData("wire/detail-finish-video-permanent.json");
  for (const char* same : {"StorageMode", "MediaName", "ClassId", "ExpireTime", "FileType"}) {
    EXPECT_EQ(At(body, file + same), At(recorded, file + same));
  }
  EXPECT_THAT(At(body, file + "FileId"), testing::MatchesRegex("[0-9]{15,20}"));
  EXPECT_EQ(At(body, file + "MetaData.Width"), "180");  // 9:16
}

TEST(Lifecycle, MakesAsManyPicturesAsAskedFor) {
  Caller caller(QuickScenario());
  auto outputs = [&](const std::string& session, const std::string& more) {
    std::string id = caller.CreateImage(session, more);
    return caller.service.ledger().Find(id)->files.size();
  };
  EXPECT_EQ(outputs("a", R"(,"OutputConfig":{"OutputImageCount":3})"), 3u);
  EXPECT_EQ(outputs("b", ""), 1u);
  EXPECT_EQ(outputs("c", R"(,"OutputConfig":{"OutputImageCount":9})"), 8u);  // OG's most
  EXPECT_EQ(caller.ErrorOf("CreateAigcImageTask",
                           ImageBody("d", R"(,"OutputConfig":{"OutputImageCount":10})")),
            "InvalidParameterValue");
}

}  // namespace
}  // namespace aigc::simulator
