// The ledger: that it survives the process, line by line, and that a second life goes on where the
// first was cut off.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "simulator/ledger_file.h"
#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LedgerFileTest : public testing::Test {
 protected:
  LedgerFileTest() {
    std::string folder = testing::TempDir() + "/aigc-ledger-XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    path_ = folder + "/ledger.jsonl";
  }
  ~LedgerFileTest() override {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  std::vector<std::string> Lines() {
    auto file = LedgerFile::Open(path_);
    EXPECT_TRUE(file.ok());
    return file.ok() ? file->lines() : std::vector<std::string>();
  }
  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }

  std::string folder_;
  std::string path_;
};

TEST_F(LedgerFileTest, GivesBackWhatWasAppended) {
  {
    auto file = LedgerFile::Open(path_);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file->lines().empty());
    EXPECT_TRUE(file->Append("one").ok());
    EXPECT_THAT(Lines(), ElementsAre("one"));  // there before the file is closed
    EXPECT_TRUE(file->Append("two").ok());
  }
  EXPECT_THAT(Lines(), ElementsAre("one", "two"));
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(LedgerFileTest, DropsATornLastLineAndWritesBehindWhatIsWhole) {
  const std::string whole = "one\ntwo\n";
  for (std::size_t torn = 0; torn <= 5; ++torn) {
    Write(whole + std::string("three").substr(0, torn));
    {
      auto file = LedgerFile::Open(path_);
      ASSERT_TRUE(file.ok());
      EXPECT_THAT(file->lines(), ElementsAre("one", "two"));
      EXPECT_TRUE(file->Append("next").ok());
    }
    EXPECT_THAT(Lines(), ElementsAre("one", "two", "next"));
  }
}

TEST_F(LedgerFileTest, FailsWhereItCannotWrite) {
  auto missing = LedgerFile::Open(folder_ + "/none/ledger.jsonl");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kIo);
  EXPECT_THAT(missing.error().context, HasSubstr("none"));
  auto device = LedgerFile::Open("/dev/zero");  // would be read for ever
  ASSERT_FALSE(device.ok());
  EXPECT_EQ(device.error().code, ErrorCode::kInvalid);
}

TEST_F(LedgerFileTest, WritesNothingMoreAfterAFailure) {
  auto file = LedgerFile::Open(path_);
  ASSERT_TRUE(file.ok());
  auto old_signal = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  rlimit small = old_limit;
  small.rlim_cur = 3;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  Status torn = file->Append("longer than three");
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_signal);
  ASSERT_FALSE(torn.ok());
  EXPECT_FALSE(file->Append("next").ok());
  EXPECT_TRUE(Lines().empty());
}

// A service that remembers its lines.
struct Life {
  explicit Life(Scenario scenario, const std::vector<std::string>& earlier = {})
      : service([&] {
          ServiceOptions options = Caller::Options(std::move(scenario));
          options.on_record = [this](std::string_view line) { lines.emplace_back(line); };
          return options;
        }()) {
    Status loaded = service.Load(earlier);
    EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : Describe(loaded.error()));
  }
  std::string Call(std::string_view action, const std::string& body, WallTime now) {
    return service.Handle(ApiCall(action, body, now), now).response.body;
  }
  std::vector<std::string> lines;
  Service service;
};

std::string DetailOf(Life& life, const std::string& id, WallTime now) {
  std::string body = life.Call("DescribeTaskDetail", "{\"TaskId\":\"" + id + "\"}", now);
  return body.substr(0, body.rfind("\"RequestId\""));
}

TEST(LedgerRecords, ASecondLifeAnswersAsTheFirstWouldHave) {
  Scenario scenario = QuickScenario();
  scenario.limits.video = 2;
  scenario.limits.excess = Excess::kQueue;
  FaultRule fail;
  fail.match.nth = {2};
  fail.fault.kind = FaultKind::kFail;
  fail.fault.message = "vendor said \"no\"\n";
  scenario.faults = {fail};
  Life first(scenario);
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i) {
    WallTime now = kStart + Millis(700 * i);
    std::string more = i % 3 == 0 ? R"(,"OutputConfig":{"AspectRatio":"9:16","Duration":5},)"
                                    R"("SessionContext":"row=\"é\"","TasksPriority":3)"
                                  : "";
    std::string body = VideoBody("s" + std::to_string(i), more);
    ids.push_back(At(first.Call("CreateAigcVideoTask", body, now), "Response.TaskId"));
  }
  WallTime aborted_at = kStart + Seconds(6);
  first.Call("ManageTask", R"({"OperationType":"Abort","TaskId":")" + ids[7] + "\"}", aborted_at);
  ASSERT_EQ(first.lines.size(), 9u);

  Life second(scenario, first.lines);
  EXPECT_EQ(second.service.ledger().peak(Kind::kVideo), 2);
  for (Seconds later : {Seconds(6), Seconds(9), Seconds(12), Seconds(60)}) {
    for (const std::string& id : ids) {
      EXPECT_EQ(DetailOf(second, id, kStart + later), DetailOf(first, id, kStart + later))
          << id << later.count();
    }
  }
  for (const std::string& id : ids) {
    const LedgerTask* before = first.service.ledger().Find(id);
    const LedgerTask* after = second.service.ledger().Find(id);
    ASSERT_NE(after, nullptr);
    EXPECT_EQ(after->began_at, before->began_at);
    EXPECT_EQ(after->finished_at, before->finished_at);
    EXPECT_EQ(after->request_sha256, before->request_sha256);
    EXPECT_EQ(after->outcome.message, before->outcome.message);
    ASSERT_EQ(after->files.size(), before->files.size());
    if (!after->files.empty()) {
      EXPECT_EQ(after->files[0].sha256, before->files[0].sha256);
    }
  }
}

TEST(LedgerRecords, ASecondLifeKnowsSessionsAndGivesNewTasksNewIds) {
  Life first(QuickScenario());
  std::string id = At(first.Call("CreateAigcVideoTask", VideoBody("a"), kStart), "Response.TaskId");
  Life second(QuickScenario(), first.lines);
  EXPECT_EQ(At(second.Call("CreateAigcVideoTask", VideoBody("a"), kStart + Seconds(1)),
               "Response.Error.Code"),
            "InvalidParameterValue.SessionId");
  std::string next = At(second.Call("CreateAigcVideoTask", VideoBody("b"), kStart + Seconds(1)),
                        "Response.TaskId");
  EXPECT_NE(next, id);
  EXPECT_EQ(second.lines.size(), 1u);  // only what is new
}

TEST(LedgerRecords, ASecondLifeKnowsSessionsThatRefusalsUsedUp) {
  Scenario scenario = QuickScenario();
  scenario.dedup.refused_uses_up_session = true;
  Life first(scenario);
  first.Call("CreateAigcVideoTask", VideoBody("a", R"(,"Seed":"x")"), kStart);
  Life second(scenario, first.lines);
  EXPECT_EQ(At(second.Call("CreateAigcVideoTask", VideoBody("a"), kStart + Seconds(1)),
               "Response.Error.Code"),
            "InvalidParameterValue.SessionId");
}

TEST(LedgerRecords, NamesTheLineItCannotRead) {
  Life first(QuickScenario());
  first.Call("CreateAigcVideoTask", VideoBody("a"), kStart);
  for (const std::string& bad :
       {std::string("not json"), std::string("{}"), std::string(R"({"record":"x","at":1})"),
        std::string(R"({"record":"task","at":1})"),
        std::string(R"({"record":"abort","at":1,"task_id":"none"})"), first.lines[0]}) {
    std::vector<std::string> lines = {first.lines[0], bad};
    Service service(Caller::Options(QuickScenario()));
    Status loaded = service.Load(lines);
    ASSERT_FALSE(loaded.ok()) << bad;
    EXPECT_EQ(loaded.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(loaded.error().context, HasSubstr("line 2"));
  }
}

}  // namespace
}  // namespace aigc::simulator
