// DescribeTasks: filters, order, pages, and the ways a listing can mislead.
#include <set>

#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

using testing::ElementsAre;

std::vector<std::string> Column(const std::string& answer, const std::string& member) {
  std::vector<std::string> column;
  int count = std::stoi(At(answer, "Response.TaskSet"));
  for (int i = 0; i < count; ++i) {
    column.push_back(At(answer, "Response.TaskSet." + std::to_string(i) + "." + member));
  }
  return column;
}

std::vector<std::string> Sessions(Caller& caller, const std::string& body) {
  return Column(caller.Call("DescribeTasks", body), "SessionId");
}

// Tasks t0 … tN, one every ten seconds.
void CreateEveryTenSeconds(Caller& caller, int count) {
  for (int i = 0; i < count; ++i) {
    caller.now = kStart + Seconds(10 * i);
    caller.CreateVideo("t" + std::to_string(i));
  }
}

TEST(Listing, ListsTheNewestFirstWithTheMembersOfTheRecordedPage) {
  Caller caller(QuickScenario());
  CreateEveryTenSeconds(caller, 3);
  std::string answer = caller.Call("DescribeTasks", "{}");
  EXPECT_THAT(Column(answer, "SessionId"), ElementsAre("t2", "t1", "t0"));
  EXPECT_THAT(Column(answer, "Status"), ElementsAre("PROCESSING", "FINISH", "FINISH"));
  EXPECT_THAT(Column(answer, "FinishTime"),
              ElementsAre("0001-01-01T00:00:00Z", "2026-08-20T08:00:15Z", "2026-08-20T08:00:05Z"));
  EXPECT_EQ(At(answer, "Response.ScrollToken"), "");
  std::string recorded = ReadData("wire/describe-tasks-page-1.json");
  EXPECT_EQ(At(answer, "Response.TaskSet.0"), At(recorded, "Response.TaskSet.0"));
  EXPECT_EQ(At(answer, "Response.TaskSet.0.TaskType"), "AigcVideoTask");
}

TEST(Listing, AnswersAnEmptyListLikeTheRecordedOne) {
  Caller caller(QuickScenario());
  std::string answer = caller.Call("DescribeTasks", ReadData("wire/describe-tasks-request.json"));
  std::string recorded = ReadData("wire/describe-tasks-empty.json");
  EXPECT_EQ(At(answer, "Response.TaskSet"), At(recorded, "Response.TaskSet"));
  EXPECT_EQ(At(answer, "Response.ScrollToken"), At(recorded, "Response.ScrollToken"));
}

TEST(Listing, TakesAfterAsInclusiveAndBeforeAsExclusiveInWholeSeconds) {
  Caller caller(QuickScenario());
  CreateEveryTenSeconds(caller, 4);
  caller.now = kStart + Millis(40'900);
  caller.CreateVideo("t4");
  EXPECT_THAT(Sessions(caller, R"({"CreateTime":{"After":"2026-08-20T08:00:10Z",
                                   "Before":"2026-08-20T08:00:30Z"}})"),
              ElementsAre("t2", "t1"));
  // Kept as 08:00:40, as its CreateTime says.
  EXPECT_THAT(Sessions(caller, R"({"CreateTime":{"After":"2026-08-20T16:00:40+08:00"}})"),
              ElementsAre("t4"));
  EXPECT_THAT(Sessions(caller, R"({"CreateTime":{"After":"2026-08-20T08:00:41Z"}})"),
              ElementsAre());
  EXPECT_THAT(Sessions(caller, R"({"CreateTime":{"Before":"2026-08-20T08:00:41Z",
                                   "After":"2026-08-20T08:00:39Z"}})"),
              ElementsAre("t4"));
}

TEST(Listing, FiltersByFinishTime) {
  Caller caller(QuickScenario());
  CreateEveryTenSeconds(caller, 4);  // t0 ends at :05, t1 at :15, t2 at :25, t3 runs
  EXPECT_THAT(Sessions(caller, R"({"FinishTime":{"After":"2026-08-20T08:00:05Z",
                                   "Before":"2026-08-20T08:00:25Z"}})"),
              ElementsAre("t1", "t0"));
  EXPECT_THAT(Sessions(caller, R"({"FinishTime":{"After":"2026-08-20T08:00:06Z"},
                                   "Sort":{"Field":"FinishTime","Order":"Asc"}})"),
              ElementsAre("t1", "t2"));
}

TEST(Listing, FiltersByStatus) {
  Scenario scenario = QuickScenario();
  scenario.limits.video = 1;
  scenario.limits.excess = Excess::kQueue;
  Caller caller(scenario);
  caller.CreateVideo("a");
  caller.CreateVideo("b");
  caller.CreateVideo("c");
  caller.now += Seconds(5);
  EXPECT_THAT(Sessions(caller, R"({"Status":"FINISH"})"), ElementsAre("a"));
  EXPECT_THAT(Sessions(caller, R"({"Status":"PROCESSING"})"), ElementsAre("b"));
  EXPECT_THAT(Sessions(caller, R"({"Status":"WAITING"})"), ElementsAre("c"));
  EXPECT_EQ(caller.ErrorOf("DescribeTasks", R"({"Status":"DONE"})"),
            "InvalidParameterValue.Status");
}

TEST(Listing, SortsBothWaysByBothTimes) {
  Scenario scenario = QuickScenario();
  FaultRule slow;
  slow.match.nth = {1};
  slow.fault.kind = FaultKind::kTakes;
  slow.fault.delay = Seconds(60);
  scenario.faults = {slow};
  Caller caller(scenario);
  CreateEveryTenSeconds(caller, 3);
  caller.now = kStart + Seconds(100);
  auto sorted = [&](const std::string& field, const std::string& order) {
    return Sessions(caller, R"({"Sort":{"Field":")" + field + R"(","Order":")" + order + "\"}}");
  };
  EXPECT_THAT(sorted("CreateTime", "Asc"), ElementsAre("t0", "t1", "t2"));
  EXPECT_THAT(sorted("CreateTime", "Desc"), ElementsAre("t2", "t1", "t0"));
  EXPECT_THAT(sorted("FinishTime", "Asc"), ElementsAre("t1", "t2", "t0"));
  EXPECT_THAT(sorted("FinishTime", "Desc"), ElementsAre("t0", "t2", "t1"));
  EXPECT_EQ(caller.ErrorOf("DescribeTasks", R"({"Sort":{"Field":"CreateTime"}})"),
            "MissingParameter");
}

TEST(Listing, PagesThroughAllTasksOnceInEveryOrder) {
  Caller caller(QuickScenario());
  for (int i = 0; i < 23; ++i) caller.CreateVideo("t" + std::to_string(i));  // all at one time
  caller.now += Seconds(5);
  for (const char* sort :
       {R"("Field":"CreateTime","Order":"Asc")", R"("Field":"CreateTime","Order":"Desc")",
        R"("Field":"FinishTime","Order":"Asc")", R"("Field":"FinishTime","Order":"Desc")"}) {
    std::vector<std::string> all;
    std::string token;
    int pages = 0;
    do {
      std::string answer =
          caller.Call("DescribeTasks", std::string(R"({"Limit":5,"Sort":{)") + sort +
                                           R"(},"ScrollToken":")" + token + "\"}");
      for (const std::string& session : Column(answer, "SessionId")) all.push_back(session);
      token = At(answer, "Response.ScrollToken");
      ++pages;
    } while (!token.empty() && pages < 10);
    EXPECT_EQ(pages, 5) << sort;
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 23u) << sort;
    EXPECT_EQ(all.size(), 23u) << sort;
  }
}

TEST(Listing, KeepsItsPlaceWhileTasksComeAndChange) {
  Caller caller(QuickScenario());
  CreateEveryTenSeconds(caller, 6);
  std::string first = caller.Call("DescribeTasks", R"({"Limit":3})");
  EXPECT_THAT(Column(first, "SessionId"), ElementsAre("t5", "t4", "t3"));
  caller.now += Seconds(20);
  caller.CreateVideo("late");
  std::string token = At(first, "Response.ScrollToken");
  EXPECT_THAT(Sessions(caller, R"({"Limit":3,"ScrollToken":")" + token + "\"}"),
              ElementsAre("t2", "t1", "t0"));
  EXPECT_EQ(caller.ErrorOf("DescribeTasks", R"({"ScrollToken":"nonsense"})"),
            "InvalidParameterValue");
}

TEST(Listing, HoldsTenTasksAPageUnlessToldAndAHundredAtMost) {
  Caller caller(QuickScenario());
  for (int i = 0; i < 12; ++i) caller.CreateVideo("t" + std::to_string(i));
  EXPECT_EQ(Sessions(caller, "{}").size(), 10u);
  EXPECT_EQ(Sessions(caller, R"({"Limit":100})").size(), 12u);
  EXPECT_EQ(caller.ErrorOf("DescribeTasks", R"({"Limit":101})"), "InvalidParameterValue");
  EXPECT_EQ(caller.ErrorOf("DescribeTasks", R"({"Limit":0})"), "InvalidParameterValue");
}

TEST(Listing, GivesATokenOnTheLastPageTooWhenTold) {
  Scenario scenario = QuickScenario();
  scenario.listing.extra_token = true;
  Caller caller(scenario);
  caller.CreateVideo("a");
  std::string answer = caller.Call("DescribeTasks", "{}");
  std::string token = At(answer, "Response.ScrollToken");
  EXPECT_NE(token, "");
  std::string next = caller.Call("DescribeTasks", R"({"ScrollToken":")" + token + "\"}");
  EXPECT_EQ(At(next, "Response.TaskSet"), "0");
  EXPECT_EQ(At(next, "Response.ScrollToken"), "");
}

TEST(Listing, ForgetsTasksAfterThreeDays) {
  Caller caller(QuickScenario());
  CreateEveryTenSeconds(caller, 2);
  caller.now = kStart + std::chrono::hours(72);
  EXPECT_THAT(Sessions(caller, "{}"), ElementsAre("t1"));
  EXPECT_THAT(Sessions(caller, R"({"Status":"FINISH"})"), ElementsAre("t1"));
  EXPECT_THAT(Sessions(caller, R"({"Sort":{"Field":"FinishTime","Order":"Asc"}})"),
              ElementsAre("t1"));
}

TEST(Listing, ShowsNewTasksOnlyAfterTheLag) {
  Scenario scenario = QuickScenario();
  scenario.listing.lag = Seconds(15);
  Caller caller(scenario);
  CreateEveryTenSeconds(caller, 3);
  EXPECT_THAT(Sessions(caller, "{}"), ElementsAre("t0"));
  caller.now += Seconds(15);
  EXPECT_THAT(Sessions(caller, "{}"), ElementsAre("t2", "t1", "t0"));
}

TEST(Listing, LeavesAigcTasksOutWhenTheScenarioSaysSo) {
  Scenario scenario = QuickScenario();
  scenario.listing.aigc = false;
  Caller caller(scenario);
  std::string id = caller.CreateVideo("a");
  EXPECT_THAT(Sessions(caller, "{}"), ElementsAre());
  EXPECT_EQ(caller.Status(id), "PROCESSING");
}

TEST(Listing, OmitsAShareOfTheTasksForGood) {
  Scenario scenario = QuickScenario();
  scenario.listing.omit_share = 0.3;
  Caller caller(scenario);
  for (int i = 0; i < 100; ++i) caller.CreateVideo("t" + std::to_string(i));
  auto listed = Sessions(caller, R"({"Limit":100})");
  EXPECT_GT(listed.size(), 55u);
  EXPECT_LT(listed.size(), 85u);
  EXPECT_EQ(Sessions(caller, R"({"Limit":100})"), listed);
}

TEST(Listing, SpellsTheTypeInLowerCaseWhenTold) {
  Scenario scenario = QuickScenario();
  scenario.listing.lower_case_type = true;
  Caller caller(scenario);
  caller.CreateImage("a");
  EXPECT_THAT(Column(caller.Call("DescribeTasks", "{}"), "TaskType"), ElementsAre("aigcimagetask"));
}

TEST(Listing, ListsAbortedTasksOutsideTheFinishFilter) {
  Scenario scenario = QuickScenario();
  scenario.limits.video = 1;
  scenario.limits.excess = Excess::kQueue;
  Caller caller(scenario);
  caller.CreateVideo("a");
  std::string id = caller.CreateVideo("b");
  caller.Call("ManageTask", R"({"OperationType":"Abort","TaskId":")" + id + "\"}");
  EXPECT_THAT(Column(caller.Call("DescribeTasks", "{}"), "Status"),
              ElementsAre("ABORTED", "PROCESSING"));
  EXPECT_THAT(Sessions(caller, R"({"Status":"FINISH"})"), ElementsAre());
}

TEST(Listing, FindsAPageAmongTwentyThousandTasks) {
  Scenario scenario = QuickScenario();
  scenario.limits.create_rate = 1'000'000;
  Caller caller(scenario);
  constexpr int kTasks = 20'000;
  for (int i = 0; i < kTasks; ++i) {
    caller.now = kStart + Millis(i);
    caller.Send("CreateAigcVideoTask", VideoBody("t" + std::to_string(i)));
  }
  EXPECT_THAT(Sessions(caller, R"({"CreateTime":{"After":"2026-08-20T08:00:10Z",
                                   "Before":"2026-08-20T08:00:11Z"},"Limit":2,
                                   "Sort":{"Field":"CreateTime","Order":"Asc"}})"),
              ElementsAre("t10000", "t10001"));
}

}  // namespace
}  // namespace aigc::simulator
