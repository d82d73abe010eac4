// Whole runs of tasks whose local file must be with the service first, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "support/world.h"

namespace aigc::testing {
namespace {

using simulator::FaultKind;
using simulator::FaultRule;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kPath = "/shop/hero.png";
const std::string kContent = "the picture's bytes";

FaultRule Rule(FaultKind kind, std::string action, std::vector<std::uint64_t> nth,
               std::string code = "") {
  FaultRule made;
  made.match.action = std::move(action);
  made.match.nth = std::move(nth);
  made.fault.kind = kind;
  made.fault.code = std::move(code);
  return made;
}

WorldOptions Options(std::vector<FaultRule> faults = {}) {
  WorldOptions options;
  options.scenario.limits.video = std::nullopt;
  options.scenario.uploads.strict_ids = true;
  options.scenario.faults = std::move(faults);
  return options;
}

std::vector<TaskSpec> Rows(World& world, int count) {
  std::vector<TaskSpec> specs;
  for (int i = 1; i <= count; ++i) {
    specs.push_back(world.VideoFrom(fmt::format("row-{:03}", i), kPath, kContent));
  }
  return specs;
}

void ExpectAllSucceed(World& world, std::int64_t tasks) {
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok()) << Describe(result->error());
  EXPECT_EQ((*result)->counts, (store::StateCounts{{TaskState::kSucceeded, tasks}}));
  EXPECT_EQ(static_cast<std::int64_t>(world.service->ledger().tasks().size()), tasks);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

std::string ErrorOf(World& world, const std::string& id) {
  const auto row = world.store->FindTask(id);
  return row.ok() ? fmt::format("{}: {}: {}", Name(row->state), row->error_code, row->error_message)
                  : Describe(row.error());
}

TEST(Upload, OfOnePictureOfTwoHundredRowsHappensOnce) {
  World world(Options());
  ASSERT_TRUE(world.Plan(Rows(world, 200)).ok());
  ASSERT_TRUE(world.Plan(Rows(world, 200)).ok());  // planned again, nothing changes
  ExpectAllSucceed(world, 200);
  const auto& ledger = world.service->ledger();
  ASSERT_EQ(ledger.files(), 1u);
  EXPECT_EQ(ledger.uploads().size(), 1u);
  EXPECT_EQ(ledger.counts("PutObject").seen, 1u);
  EXPECT_EQ(ledger.uploads()[0].media_type, "png");
  EXPECT_EQ(ledger.uploads()[0].media_name, "hero");
  const Millis life = *ledger.uploads()[0].delete_at - ledger.uploads()[0].applied_at;
  EXPECT_LT(std::chrono::abs(life - std::chrono::hours{30 * 24}), Seconds{2});
  EXPECT_THAT(ledger.tasks()[0].input_json,
              HasSubstr("\"FileId\":\"" + ledger.uploads()[0].file_id + "\""));
}

TEST(Upload, LeavesTasksThatNeedNoneAlone) {
  WorldOptions options =
      Options({Rule(FaultKind::kRefuse, "ApplyUpload", {}, "UnsupportedOperation")});
  World world(options);
  std::vector<TaskSpec> specs = Rows(world, 2);
  specs.push_back(World::Video("plain"));
  ASSERT_TRUE(world.Plan(specs).ok());
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->counts,
            (store::StateCounts{{TaskState::kSucceeded, 1}, {TaskState::kFailed, 2}}));
  EXPECT_EQ((*result)->failed, 2);
  EXPECT_THAT(ErrorOf(world, "row-001"), HasSubstr("failed: upload_failed: UnsupportedOperation"));
}

TEST(Upload, ComesThroughEveryFaultOfEveryStep) {
  const auto http = [](const char* action, int status, bool after) {
    FaultRule rule = Rule(FaultKind::kHttp, action, {1, 2});
    rule.fault.status = status;
    rule.fault.after = after;
    return rule;
  };
  for (const char* action : {"ApplyUpload", "PutObject", "CommitUpload"}) {
    std::vector<FaultRule> rules = {Rule(FaultKind::kDropBefore, action, {1, 2}),
                                    Rule(FaultKind::kDropAfter, action, {1, 2}),
                                    Rule(FaultKind::kThrottle, action, {1, 2}),
                                    http(action, 502, false), http(action, 502, true)};
    if (std::string(action) == "PutObject") {
      rules.push_back(Rule(FaultKind::kRefuse, action, {1}, "AccessDenied"));
      rules.push_back(Rule(FaultKind::kRefuse, action, {1}, "RequestTimeTooSkewed"));
    } else {
      rules.push_back(Rule(FaultKind::kRefuse, action, {1}, "InternalError"));
    }
    if (std::string(action) == "CommitUpload") {
      rules.push_back(Rule(FaultKind::kRefuse, action, {1}, "InvalidParameterValue.VodSessionKey"));
    }
    for (const FaultRule& rule : rules) {
      SCOPED_TRACE(
          fmt::format("{} {} {}", action, static_cast<int>(rule.fault.kind), rule.fault.code));
      World world(Options({rule}));
      ASSERT_TRUE(world.Plan(Rows(world, 3)).ok());
      ExpectAllSucceed(world, 3);
      EXPECT_EQ(world.service->ledger().files(), 1u);
    }
  }
}

TEST(Upload, AppliesAgainWhenTheKeysAreOverBeforeThePut) {
  WorldOptions options = Options();
  options.scenario.uploads.key_life = Seconds{70};
  FaultRule slow = Rule(FaultKind::kSlow, "ApplyUpload", {1});
  slow.fault.delay = Seconds{30};
  options.scenario.faults = {slow};
  World world(options);
  ASSERT_TRUE(world.Plan(Rows(world, 1)).ok());
  ExpectAllSucceed(world, 1);
  EXPECT_EQ(world.service->ledger().counts("ApplyUpload").seen, 2u);
  EXPECT_EQ(world.service->ledger().counts("PutObject").refused, 0u);
}

TEST(Upload, SignsWithTheCallersKeysWhenTheServiceGivesNone) {
  WorldOptions options = Options();
  options.scenario.uploads.own_keys = true;
  World world(options);
  ASSERT_TRUE(world.Plan(Rows(world, 1)).ok());
  ExpectAllSucceed(world, 1);
}

TEST(Upload, OfAFileThatChangedSincePlanningIsNotFinished) {
  World world(Options());
  ASSERT_TRUE(world.Plan(Rows(world, 2)).ok());
  world.local_files[kPath] += ", edited";
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->counts, (store::StateCounts{{TaskState::kFailed, 2}}));
  EXPECT_THAT(ErrorOf(world, "row-002"), HasSubstr("failed: input_changed: " + kPath));
  EXPECT_EQ(world.service->ledger().files(), 0u);
  EXPECT_EQ(world.service->ledger().counts("PutObject").seen, 0u);
}

TEST(Upload, OfAFileThatIsGoneFailsItsTasksWithItsName) {
  World world(Options());
  ASSERT_TRUE(world.Plan(Rows(world, 1)).ok());
  world.local_files.clear();
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_THAT(ErrorOf(world, "row-001"), HasSubstr("failed: upload_failed: cannot read " + kPath));
}

TEST(Upload, OfRefusedCredentialsStopsTheRunAndFailsNoTask) {
  World world(Options({Rule(FaultKind::kRefuse, "ApplyUpload", {}, "UnauthorizedOperation")}));
  ASSERT_TRUE(world.Plan(Rows(world, 1)).ok());
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->reason, pipeline::StopReason::kCredentials);
  EXPECT_EQ((*result)->counts, (store::StateCounts{{TaskState::kBlocked, 1}}));
}

TEST(Upload, OfAStorageThatNeverAnswersIsGivenUpInTime) {
  World world(Options({Rule(FaultKind::kDropBefore, "PutObject", {})}));
  ASSERT_TRUE(world.Plan(Rows(world, 1)).ok());
  const WallTime begin = world.clock.Now();
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_THAT(ErrorOf(world, "row-001"),
              HasSubstr("failed: upload_failed: the upload failed again"));
  EXPECT_GT(world.clock.Now() - begin, std::chrono::minutes{30});
  EXPECT_LT(world.clock.Now() - begin, std::chrono::minutes{40});
}

TEST(Upload, IsMadeAgainOnceWhenTheServiceForgotTheFile) {
  World world(Options({Rule(FaultKind::kRefuse, "create", {2}, "InvalidParameterValue.FileId")}));
  ASSERT_TRUE(world.Plan(Rows(world, 20)).ok());
  ExpectAllSucceed(world, 20);
  EXPECT_EQ(world.service->ledger().files(), 2u);

  World never(Options({Rule(FaultKind::kRefuse, "create", {}, "InvalidParameterValue.FileId")}));
  ASSERT_TRUE(never.Plan(Rows(never, 5)).ok());
  const auto result = never.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->counts, (store::StateCounts{{TaskState::kFailed, 5}}));
  EXPECT_EQ(never.service->ledger().files(), 2u);
}

TEST(Upload, IsMadeAgainWhenAFinishedTaskDidNotFindItsFile) {
  FaultRule lost = Rule(FaultKind::kFail, "create", {1});
  lost.fault.err_code_ext = "ResourceNotFound";
  World world(Options({lost}));
  ASSERT_TRUE(world.Plan(Rows(world, 1)).ok());
  const auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ((*result)->counts, (store::StateCounts{{TaskState::kSucceeded, 1}}));
  EXPECT_EQ(world.service->ledger().tasks().size(), 2u);
  EXPECT_EQ(world.service->ledger().files(), 2u);
}

TEST(Upload, ThatEndsSoonIsNotUsedAnyMore) {
  World world(Options());
  ASSERT_TRUE(world.Plan(Rows(world, 1)).ok());
  ExpectAllSucceed(world, 1);
  world.clock.Advance(Micros{std::chrono::hours{26 * 24}});
  std::vector<TaskSpec> specs = Rows(world, 2);
  ASSERT_TRUE(world.Plan(specs).ok());
  ExpectAllSucceed(world, 2);
  EXPECT_EQ(world.service->ledger().files(), 1u);  // four days are enough

  world.clock.Advance(Micros{std::chrono::hours{2 * 24}});
  specs = Rows(world, 3);
  ASSERT_TRUE(world.Plan(specs).ok());
  ExpectAllSucceed(world, 3);
  EXPECT_EQ(world.service->ledger().files(), 2u);
}

TEST(Upload, ThatEndsBetweenPlanAndSendIsMadeAgain) {
  World world(Options());
  ASSERT_TRUE(world.Plan(Rows(world, 1)).ok());
  ExpectAllSucceed(world, 1);
  ASSERT_TRUE(world.Plan(Rows(world, 2)).ok());  // the file is there: not blocked
  world.clock.Advance(Micros{std::chrono::hours{28 * 24}});
  ExpectAllSucceed(world, 2);
  EXPECT_EQ(world.service->ledger().files(), 2u);
}

TEST(Upload, SurvivesADeathInAnyWait) {
  const WorldOptions options = Options({Rule(FaultKind::kDropAfter, "PutObject", {1}),
                                        Rule(FaultKind::kDropAfter, "CommitUpload", {1}),
                                        Rule(FaultKind::kDropAfter, "create", {2})});
  const auto plan = [](World& world) {
    std::vector<TaskSpec> specs = Rows(world, 3);
    specs.push_back(world.VideoFrom("other", "/shop/other.png", "other bytes"));
    return world.Plan(specs);
  };
  World whole(options);
  ASSERT_TRUE(plan(whole).ok());
  ExpectAllSucceed(whole, 4);
  const std::uint64_t waits = whole.exchange->waits();
  ASSERT_GT(waits, 20u);
  for (std::uint64_t at = 1; at <= waits; ++at) {
    SCOPED_TRACE(at);
    World world(options);
    ASSERT_TRUE(plan(world).ok());
    ASSERT_FALSE(world.Run(at).has_value());
    ExpectAllSucceed(world, 4);
    EXPECT_LE(world.service->ledger().files(), 4u);  // two of them unused at most
  }
}

TEST(Upload, TellsItsTasksAboutIt) {
  World world(Options());
  ASSERT_TRUE(world.Plan(Rows(world, 1)).ok());
  ExpectAllSucceed(world, 1);
  EXPECT_THAT(world.observer.lines, Contains(HasSubstr("row-001: blocked → pending")));
  EXPECT_THAT(world.observer.notices, Contains(HasSubstr("uploading " + kPath)));
}

}  // namespace
}  // namespace aigc::testing
