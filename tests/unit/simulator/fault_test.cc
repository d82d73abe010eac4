// Scripted faults of requests: which one strikes when, and what the caller sees.
#include <Poco/JSON/Parser.h>

#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FaultRule Rule(FaultKind kind, std::string action = "CreateAigcVideoTask") {
  FaultRule rule;
  rule.match.action = std::move(action);
  rule.fault.kind = kind;
  return rule;
}

Scenario With(FaultRule rule) {
  Scenario scenario = QuickScenario();
  scenario.faults = {std::move(rule)};
  return scenario;
}

// The numbers of the requests, from 1, that were dropped.
std::vector<int> Dropped(const Scenario& scenario, int requests, std::uint64_t seed = 7) {
  Caller caller(scenario, seed);
  std::vector<int> dropped;
  for (int i = 1; i <= requests; ++i) {
    Reply reply = caller.Send("CreateAigcVideoTask", VideoBody("s" + std::to_string(i)));
    if (reply.kind == Reply::Kind::kDropBefore) dropped.push_back(i);
  }
  return dropped;
}

TEST(Faults, StrikeTheChosenRequests) {
  FaultRule nth = Rule(FaultKind::kDropBefore);
  nth.match.nth = {2, 5};
  EXPECT_THAT(Dropped(With(nth), 8), ElementsAre(2, 5));
  FaultRule every = Rule(FaultKind::kDropBefore);
  every.match.every = 3;
  EXPECT_THAT(Dropped(With(every), 8), ElementsAre(3, 6));
  FaultRule first = Rule(FaultKind::kDropBefore);
  first.match.first = 2;
  EXPECT_THAT(Dropped(With(first), 8), ElementsAre(1, 2));
  EXPECT_THAT(Dropped(With(Rule(FaultKind::kDropBefore)), 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(Dropped(With(Rule(FaultKind::kDropBefore, "create")), 2), ElementsAre(1, 2));
  EXPECT_THAT(Dropped(With(Rule(FaultKind::kDropBefore, "DescribeTasks")), 3), ElementsAre());
}

TEST(Faults, StrikeByChanceFromTheSeed) {
  FaultRule chance = Rule(FaultKind::kDropBefore);
  chance.match.probability = 0.25;
  std::vector<int> dropped = Dropped(With(chance), 400);
  EXPECT_GT(dropped.size(), 60u);
  EXPECT_LT(dropped.size(), 140u);
  EXPECT_EQ(dropped, Dropped(With(chance), 400));
  EXPECT_NE(dropped, Dropped(With(chance), 400, 8));
}

TEST(Faults, StrikeByModelPromptAndSession) {
  auto strikes = [](auto set, const std::string& body) {
    FaultRule rule = Rule(FaultKind::kDropBefore);
    set(rule.match);
    Caller caller(With(rule));
    return caller.Send("CreateAigcVideoTask", body).kind == Reply::Kind::kDropBefore;
  };
  auto model = [](const char* name) { return [=](Match& m) { m.model = name; }; };
  EXPECT_TRUE(strikes(model("Kling"), VideoBody("a")));
  EXPECT_TRUE(strikes(model("Kling 2.5"), VideoBody("a")));
  EXPECT_FALSE(strikes(model("Kling 2.6"), VideoBody("a")));
  EXPECT_TRUE(strikes([](Match& m) { m.prompt = "harbour"; }, VideoBody("a")));
  EXPECT_FALSE(strikes([](Match& m) { m.prompt = "desert"; }, VideoBody("a")));
  EXPECT_TRUE(strikes([](Match& m) { m.session_id = "row-7"; }, VideoBody("row-7-a1")));
  EXPECT_FALSE(strikes([](Match& m) { m.session_id = "row-7"; }, VideoBody("row-8-a1")));
  EXPECT_FALSE(strikes(model("Kling"), "not json"));
}

TEST(Faults, TheFirstRuleThatIsDueStrikesWhileAllCount) {
  Scenario scenario = QuickScenario();
  FaultRule drop = Rule(FaultKind::kDropBefore);
  drop.match.nth = {2};
  FaultRule slow = Rule(FaultKind::kSlow);
  slow.match.nth = {2, 3};
  slow.fault.delay = Seconds(9);
  scenario.faults = {drop, slow};
  Caller caller(scenario);
  auto send = [&](const char* id) { return caller.Send("CreateAigcVideoTask", VideoBody(id)); };
  EXPECT_EQ(send("a").delay, Millis(0));
  Reply second = send("b");
  EXPECT_EQ(second.kind, Reply::Kind::kDropBefore);
  EXPECT_EQ(second.delay, Millis(0));
  EXPECT_EQ(send("c").delay, Seconds(9));
}

TEST(Faults, DropBeforeDoesNothingAndDropAfterAccepts) {
  FaultRule before = Rule(FaultKind::kDropBefore);
  before.match.nth = {1};
  Caller lost(With(before));
  lost.Send("CreateAigcVideoTask", VideoBody("a"));
  EXPECT_TRUE(lost.service.ledger().tasks().empty());
  EXPECT_NE(lost.CreateVideo("a"), "(absent)");

  FaultRule after = Rule(FaultKind::kDropAfter);
  after.match.nth = {1};
  Caller kept(With(after));
  Reply reply = kept.Send("CreateAigcVideoTask", VideoBody("a"));
  EXPECT_EQ(reply.kind, Reply::Kind::kDropAfter);
  ASSERT_EQ(kept.service.ledger().tasks().size(), 1u);
  EXPECT_EQ(kept.ErrorOf("CreateAigcVideoTask", VideoBody("a")), "InvalidParameterValue.SessionId");
  // Found again the way a client would.
  std::string listed = kept.Call("DescribeTasks", ReadData("wire/describe-tasks-request.json"));
  EXPECT_EQ(At(listed, "Response.TaskSet.0.TaskId"), kept.service.ledger().tasks()[0].task_id);
  EXPECT_EQ(kept.service.ledger().counts("CreateAigcVideoTask").dropped_after, 1u);
}

TEST(Faults, AnswerWithAnHttpStatusBeforeOrAfterAccepting) {
  for (bool after : {false, true}) {
    FaultRule rule = Rule(FaultKind::kHttp);
    rule.fault.status = 502;
    rule.fault.body = "<html>Bad Gateway</html>";
    rule.fault.after = after;
    Caller caller(With(rule));
    Reply reply = caller.Send("CreateAigcVideoTask", VideoBody("a"));
    EXPECT_EQ(reply.response.status, 502);
    EXPECT_EQ(reply.response.body, "<html>Bad Gateway</html>");
    EXPECT_EQ(reply.response.headers.Get("Content-Length"), "24");
    EXPECT_EQ(caller.service.ledger().tasks().size(), after ? 1u : 0u);
    EXPECT_EQ(caller.service.ledger().counts("CreateAigcVideoTask").spoiled, 1u);
  }
}

TEST(Faults, AnswerWithGarbageOfEveryKind) {
  auto answer = [](Garbage garbage) {
    FaultRule rule = Rule(FaultKind::kGarbage);
    rule.fault.garbage = garbage;
    rule.fault.after = true;
    Caller caller(With(rule));
    Reply reply = caller.Send("CreateAigcVideoTask", VideoBody("a"));
    EXPECT_EQ(reply.response.status, 200);
    EXPECT_EQ(caller.service.ledger().tasks().size(), 1u);
    return reply;
  };
  EXPECT_THAT(answer(Garbage::kHtml).response.body, HasSubstr("<html>"));
  EXPECT_THAT(At(answer(Garbage::kTruncatedJson).response.body, "Response"), HasSubstr("not JSON"));
  EXPECT_EQ(answer(Garbage::kDeepJson).response.body.size(), 200'000u);
  EXPECT_EQ(answer(Garbage::kEmpty).response.body, "");
  Reply huge = answer(Garbage::kHuge);
  EXPECT_EQ(huge.filler_bytes, 200'000'000u);
  EXPECT_EQ(huge.response.headers.Get("Content-Length"),
            std::to_string(200'000'000 + huge.response.body.size()));
  std::string no_id = answer(Garbage::kNoTaskId).response.body;
  EXPECT_EQ(At(no_id, "Response.TaskId"), "(absent)");
  EXPECT_EQ(At(no_id, "Response.Error"), "(absent)");
  EXPECT_THAT(At(no_id, "Response.RequestId"), testing::SizeIs(36));
}

TEST(Faults, ThrottleAndRefuseCreateNothing) {
  FaultRule throttle = Rule(FaultKind::kThrottle);
  throttle.match.nth = {1};
  Caller throttled(With(throttle));
  EXPECT_EQ(throttled.ErrorOf("CreateAigcVideoTask", VideoBody("a")), "RequestLimitExceeded");
  EXPECT_EQ(throttled.service.ledger().counts("CreateAigcVideoTask").throttled, 1u);
  EXPECT_NE(throttled.CreateVideo("a"), "(absent)");

  FaultRule refuse = Rule(FaultKind::kRefuse);
  refuse.fault.code = "UnauthorizedOperation";
  Caller refused(With(refuse));
  std::string answer = refused.Call("CreateAigcVideoTask", VideoBody("a"));
  EXPECT_EQ(At(answer, "Response.Error.Message"),
            At(ReadData("wire/error-unauthorized.json"), "Response.Error.Message"));
  EXPECT_TRUE(refused.service.ledger().tasks().empty());
}

TEST(Faults, OfTasksCountAcceptedTasksOnly) {
  Scenario scenario = QuickScenario();
  scenario.limits.create_rate = 1;
  FaultRule rule = Rule(FaultKind::kEmptyOutput);
  rule.match.nth = {2};
  scenario.faults = {rule};
  Caller caller(scenario);
  caller.CreateVideo("a");
  caller.Send("CreateAigcVideoTask", VideoBody("b"));  // throttled
  caller.now += Seconds(1);
  caller.CreateVideo("b");
  EXPECT_FALSE(caller.service.ledger().FindSession("a")->outcome.empty_output);
  EXPECT_TRUE(caller.service.ledger().FindSession("b")->outcome.empty_output);
}

}  // namespace
}  // namespace aigc::simulator
