#include "simulator/scenario.h"

#include <algorithm>
#include <filesystem>

#include "test_paths.h"
#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Scenario Parse(const std::string& yaml) {
  auto scenario = ParseScenario(yaml, "s.yaml");
  EXPECT_TRUE(scenario.ok()) << (scenario.ok() ? "" : scenario.error().message);
  return scenario.ok() ? *scenario : Scenario();
}

std::string ErrorIn(const std::string& yaml) {
  auto scenario = ParseScenario(yaml, "s.yaml");
  if (scenario.ok()) return "";
  EXPECT_EQ(scenario.error().code, ErrorCode::kInvalid);
  return scenario.error().message;
}

TEST(ParseScenario, ReadsEveryExample) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(AIGC_TEST_DATA) + "/scenarios")) {
    std::string name = entry.path().filename();
    EXPECT_EQ(ErrorIn(ReadData("scenarios/" + name)), "") << name;
    ++count;
  }
  EXPECT_GE(count, 7);
}

TEST(ParseScenario, TheHealthyExampleIsTheDefault) {
  Scenario read = Parse(ReadData("scenarios/healthy.yaml"));
  Scenario empty = Parse("");
  Scenario plain;
  for (const Scenario& s : {read, empty}) {
    EXPECT_EQ(s.limits.create_rate, plain.limits.create_rate);
    EXPECT_EQ(s.limits.query_rate, plain.limits.query_rate);
    EXPECT_EQ(s.limits.manage_rate, plain.limits.manage_rate);
    EXPECT_EQ(s.limits.video, plain.limits.video);
    EXPECT_EQ(s.limits.image, plain.limits.image);
    EXPECT_EQ(s.limits.excess, plain.limits.excess);
    EXPECT_EQ(s.limits.fail_after, plain.limits.fail_after);
    EXPECT_EQ(s.video_time.min, plain.video_time.min);
    EXPECT_EQ(s.video_time.max, plain.video_time.max);
    EXPECT_EQ(s.image_time.max, plain.image_time.max);
    EXPECT_EQ(s.dedup.window, plain.dedup.window);
    EXPECT_EQ(s.dedup.code, plain.dedup.code);
    EXPECT_EQ(s.visibility, plain.visibility);
    EXPECT_EQ(s.url_life, plain.url_life);
    EXPECT_EQ(s.missing_task_code, plain.missing_task_code);
    EXPECT_EQ(s.image_outputs, plain.image_outputs);
    EXPECT_EQ(s.clock_offset, plain.clock_offset);
    EXPECT_EQ(s.date_header, plain.date_header);
    EXPECT_TRUE(s.faults.empty());
  }
}

TEST(ParseScenario, ReadsLimitsTimesAndSwitches) {
  Scenario s = Parse(R"(
limits: {create_rate: 5, video: unlimited, image: 2, excess: queue, fail_after: 1500ms}
times: {video: 2s..4s, image: 1s, speed: 2.5, models: {"Kling 2.5": 9s}}
listing: {aigc: false, lag: 3s, omit_share: 0.25, extra_token: true, lower_case_type: true}
dedup: {window: 7d, code: failed_operation, throttled_uses_up_session: true}
outputs: {video: 2, image: 3}
sub_app_id: 1500000001
clock_offset: -10m
date_header: false
)");
  EXPECT_EQ(s.limits.create_rate, 5);
  EXPECT_EQ(s.limits.video, std::nullopt);
  EXPECT_EQ(s.limits.image, 2);
  EXPECT_EQ(s.limits.excess, Excess::kQueue);
  EXPECT_EQ(s.limits.fail_after, Millis(1500));
  EXPECT_EQ(s.video_time.min, Seconds(2));
  EXPECT_EQ(s.video_time.max, Seconds(4));
  EXPECT_EQ(s.image_time.max, Seconds(1));
  EXPECT_EQ(s.speed, 2.5);
  ASSERT_EQ(s.model_times.size(), 1u);
  EXPECT_EQ(s.model_times[0].model, "Kling 2.5");
  EXPECT_EQ(s.model_times[0].time.min, Seconds(9));
  EXPECT_FALSE(s.listing.aigc);
  EXPECT_EQ(s.listing.lag, Seconds(3));
  EXPECT_EQ(s.listing.omit_share, 0.25);
  EXPECT_TRUE(s.listing.extra_token);
  EXPECT_TRUE(s.listing.lower_case_type);
  EXPECT_EQ(s.dedup.window, std::chrono::hours(7 * 24));
  EXPECT_EQ(s.dedup.code, DuplicateCode::kFailedOperation);
  EXPECT_TRUE(s.dedup.throttled_uses_up_session);
  EXPECT_FALSE(s.dedup.refused_uses_up_session);
  EXPECT_EQ(s.video_outputs, 2);
  EXPECT_EQ(s.image_outputs, 3);
  EXPECT_EQ(s.sub_app_id, 1500000001);
  EXPECT_EQ(s.clock_offset, -std::chrono::minutes(10));
  EXPECT_FALSE(s.date_header);
}

TEST(ParseScenario, ReadsRulesInOrder) {
  Scenario s = Parse(R"(
faults:
  - match: {action: create, nth: [3, 7], model: Kling, prompt: cat, session_id: row-1}
    refuse: {code: InternalError, message: oops}
  - match: {nth: 4, every: 10, first: 2, probability: 0.5}
    http: {status: 503, body: busy, after: true}
  - garbage: {kind: deep_json, after: true}
  - content_refusal: output
  - polls: {processing: 3}
  - match: {action: file}
    file_cut: 1000
)");
  ASSERT_EQ(s.faults.size(), 6u);
  const Match& first = s.faults[0].match;
  EXPECT_EQ(first.action, "create");
  EXPECT_THAT(first.nth, ElementsAre(3u, 7u));
  EXPECT_EQ(first.model, "Kling");
  EXPECT_EQ(first.prompt, "cat");
  EXPECT_EQ(first.session_id, "row-1");
  EXPECT_EQ(s.faults[0].fault.kind, FaultKind::kRefuse);
  EXPECT_EQ(s.faults[0].fault.code, "InternalError");
  EXPECT_EQ(s.faults[0].fault.message, "oops");
  const Match& second = s.faults[1].match;
  EXPECT_THAT(second.nth, ElementsAre(4u));
  EXPECT_EQ(second.every, 10u);
  EXPECT_EQ(second.first, 2u);
  EXPECT_EQ(second.probability, 0.5);
  EXPECT_EQ(s.faults[1].fault.status, 503);
  EXPECT_EQ(s.faults[1].fault.body, "busy");
  EXPECT_TRUE(s.faults[1].fault.after);
  EXPECT_EQ(s.faults[2].fault.garbage, Garbage::kDeepJson);
  EXPECT_TRUE(s.faults[2].fault.after);
  EXPECT_EQ(s.faults[3].fault.kind, FaultKind::kFail);
  EXPECT_EQ(s.faults[3].fault.err_code_ext, "ContentModerationFailed");
  EXPECT_EQ(s.faults[4].fault.processing_polls, 3);
  EXPECT_EQ(s.faults[5].fault.kind, FaultKind::kFileCut);
  EXPECT_EQ(s.faults[5].fault.count, 1000u);
}

TEST(ParseScenario, NamesPlaceAndNearestKey) {
  EXPECT_EQ(ErrorIn("limits:\n  create_rat: 5\n"),
            "s.yaml:2:3: unknown key 'create_rat', did you mean 'create_rate'?");
  EXPECT_EQ(ErrorIn("faults:\n  - drop_afer: true\n"),
            "s.yaml:2:5: unknown key 'drop_afer', did you mean 'drop_after'?");
  EXPECT_EQ(ErrorIn("zzzzzz: 1\n"), "s.yaml:1:1: unknown key 'zzzzzz'");
  EXPECT_THAT(ErrorIn("url_life: 7d\nurl_life: 8d\n"),
              HasSubstr("2:1: the key 'url_life' is there twice"));
}

TEST(ParseScenario, ReportsAllFindingsAtOnce) {
  std::string error =
      ErrorIn("limits: {video: 0, excess: explode}\nvisibility: soon\ndate_header: yes\n");
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 3);
  EXPECT_THAT(error, HasSubstr("s.yaml:1:17: a whole number from 1 to 1000000"));
  EXPECT_THAT(error, HasSubstr("'explode' is not one of fail, refuse, queue"));
  EXPECT_THAT(error, HasSubstr("s.yaml:2:13: 'soon' is not a time"));
  EXPECT_THAT(error, HasSubstr("s.yaml:3:14: true or false"));
}

TEST(ParseScenario, RefusesRulesThatSayNothingOrTooMuch) {
  EXPECT_THAT(ErrorIn("faults:\n  - match: {action: create}\n"), HasSubstr("exactly one thing"));
  EXPECT_THAT(ErrorIn("faults:\n  - {drop_after: true, throttle: true}\n"),
              HasSubstr("this one has 2"));
  EXPECT_THAT(ErrorIn("faults:\n  - {drop_after: false}\n"), HasSubstr("leave the key out"));
  EXPECT_THAT(ErrorIn("faults:\n  - {match: {action: create}, file_cut: 5}\n"),
              HasSubstr("does not go with"));
  EXPECT_THAT(ErrorIn("faults:\n  - {match: {action: file}, throttle: true}\n"),
              HasSubstr("does not go with"));
  EXPECT_THAT(ErrorIn("faults:\n  - {match: {nth: 0}, throttle: true}\n"),
              HasSubstr("a whole number from 1"));
  EXPECT_THAT(ErrorIn("faults:\n  - {match: {action: Create}, throttle: true}\n"),
              HasSubstr("is not one of create"));
  EXPECT_THAT(ErrorIn("faults:\n  - refuse: {message: x}\n"), HasSubstr("needs a 'code'"));
}

TEST(ParseScenario, RefusesWhatIsNoScenario) {
  EXPECT_THAT(ErrorIn("- a\n"), HasSubstr("a mapping is expected"));
  EXPECT_THAT(ErrorIn("limits: 5\n"), HasSubstr("a mapping is expected"));
  EXPECT_THAT(ErrorIn("faults: {}\n"), HasSubstr("a list of rules"));
  EXPECT_THAT(ErrorIn("limits: [\n"), HasSubstr("s.yaml:2:1:"));
  EXPECT_THAT(ErrorIn(std::string(1'000'001, '#')), HasSubstr("larger than 1 MB"));
  EXPECT_NE(ErrorIn(std::string(100'000, '[')), "");
  EXPECT_THAT(ErrorIn("times: {video: 9s..2s}\n"), HasSubstr("is not a time or a span"));
}

TEST(DemoScenario, FinishesVideosWithinSeconds) {
  Caller caller(DemoScenario());
  std::string id = caller.CreateVideo("a");
  caller.now += Seconds(4);
  EXPECT_EQ(caller.Status(id), "FINISH");
}

}  // namespace
}  // namespace aigc::simulator
