// Pipelines: tasks that wait for others and take their outputs, in virtual time.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "support/world.h"
#include "task/session.h"

namespace aigc::testing {
namespace {

using pipeline::RunResult;
using simulator::FaultKind;
using simulator::FaultRule;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

WorldOptions Quick() {
  WorldOptions options;
  options.limits.max_in_flight = 4;
  options.scenario.limits.video = std::nullopt;
  options.scenario.limits.image = std::nullopt;
  return options;
}

Source OutputOf(const std::string& id, int output = 1) {
  return {.type = SourceType::kTask, .text = id, .output = output};
}

TaskSpec Still(std::string id, std::string prompt = "A red fox on fresh snow", int count = 1) {
  TaskSpec spec;
  spec.id = std::move(id);
  spec.kind = Kind::kImage;
  spec.model = "Kling";
  spec.version = "2.1";
  spec.prompt = std::move(prompt);
  spec.count = count;
  return spec;
}

TaskSpec Animated(std::string id, const std::string& still, int output = 1) {
  TaskSpec spec = World::Video(std::move(id), "It turns its head");
  spec.inputs.push_back({.source = OutputOf(still, output), .usage = "FirstFrame"});
  return spec;
}

TaskSpec Edited(std::string id, const std::string& video) {
  TaskSpec spec = World::Video(std::move(id), "Make it dusk");
  spec.inputs.push_back(
      {.source = OutputOf(video), .usage = "Reference", .category = Category::kVideo});
  return spec;
}

// Written backwards: the order comes from what waits for what.
std::vector<TaskSpec> ThreeStages(std::string prompt = "A red fox on fresh snow") {
  TaskSpec credits = World::Video("credits");
  credits.depends_on = {"cut"};
  return {credits, Edited("cut", "fox"), Animated("fox", "still"),
          Still("still", std::move(prompt))};
}

FaultRule FailingPrompt(std::string prompt) {
  FaultRule rule;
  rule.match.prompt = std::move(prompt);
  rule.fault = {.kind = FaultKind::kFail,
                .message = "policy",
                .err_code_ext = "InvalidParameter.VoilationContent"};
  return rule;
}

RunResult RunToEnd(World& world) {
  auto result = world.Run();
  if (!result || !result->ok()) {
    ADD_FAILURE() << (result ? Describe(result->error()) : "crashed");
    return {};
  }
  return std::move(*result).value();
}

TaskState StateOf(World& world, const std::string& id) { return world.store->FindTask(id)->state; }

store::TaskStory StoryOf(World& world, const std::string& id) {
  return std::move(world.store->Story(id)->front());
}

std::string BodyOf(World& world, const std::string& id) {
  return StoryOf(world, id).submissions.back().body;
}

TEST(Needs, RunInStagesEachFromTheOutputOfTheOneBefore) {
  World world(Quick());
  ASSERT_TRUE(world.Plan(ThreeStages()).ok());
  EXPECT_EQ(StateOf(world, "fox"), TaskState::kBlocked);
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.counts, (store::StateCounts{{TaskState::kSucceeded, 4}}));
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
  const std::string still = StoryOf(world, "still").artifacts[0].url;
  EXPECT_THAT(BodyOf(world, "fox"),
              HasSubstr(fmt::format(R"([{{"Type":"Url","Category":"Image","Url":"{}",)"
                                    R"("Usage":"FirstFrame"}}])",
                                    still)));
  const std::string fox = StoryOf(world, "fox").artifacts[0].url;
  EXPECT_THAT(BodyOf(world, "cut"),
              HasSubstr(fmt::format(R"("Type":"Url","Category":"Video","Url":"{}")", fox)));
  const auto& tasks = world.service->ledger().tasks();
  ASSERT_EQ(tasks.size(), 4U);
  for (std::size_t i = 1; i < tasks.size(); ++i) {
    EXPECT_GE(tasks[i].accepted_at, *tasks[i - 1].finished_at) << i;
  }
}

TEST(Needs, LetADependentBeginInTheTurnInWhichTheLastOneSucceeds) {
  WorldOptions options = Quick();
  World world(options);
  ASSERT_TRUE(world.Plan(ThreeStages()).ok());
  std::optional<SteadyTime> succeeded, submitted;
  world.observer.on_task = [&](const pipeline::TaskEvent& event) {
    if (event.id == "still" && event.to == TaskState::kSucceeded) succeeded = world.clock.Ticks();
    if (event.id == "fox" && event.to == TaskState::kPending) submitted = world.clock.Ticks();
  };
  RunToEnd(world);
  ASSERT_TRUE(succeeded && submitted);
  EXPECT_EQ(*succeeded, *submitted);
}

TEST(Needs, AreHandedOnByFileIdWhereTheOutputHasOne) {
  World world(Quick());
  std::vector<TaskSpec> specs = ThreeStages();
  specs[3].storage = "Permanent";
  ASSERT_TRUE(world.Plan(specs).ok());
  RunToEnd(world);
  const std::string file_id = StoryOf(world, "still").artifacts[0].file_id;
  ASSERT_FALSE(file_id.empty());
  EXPECT_THAT(BodyOf(world, "fox"),
              HasSubstr(fmt::format(R"("Type":"File","Category":"Image","FileId":"{}")", file_id)));
  EXPECT_EQ(StateOf(world, "credits"), TaskState::kSucceeded);
}

TEST(Needs, TakeTheSecondOfSeveralOutputs) {
  World world(Quick());
  ASSERT_TRUE(world.Plan({Still("still", "snow", 2), Animated("fox", "still", 2)}).ok());
  RunToEnd(world);
  const auto artifacts = StoryOf(world, "still").artifacts;
  ASSERT_EQ(artifacts.size(), 2U);
  EXPECT_THAT(BodyOf(world, "fox"), HasSubstr(artifacts[1].url));
  EXPECT_THAT(BodyOf(world, "fox"), Not(HasSubstr(artifacts[0].url)));
}

TEST(Needs, FailWithoutARequestWhenTheOutputWasNotMade) {
  WorldOptions options = Quick();
  options.scenario.image_outputs = 1;
  World world(options);
  ASSERT_TRUE(
      world.Plan({Still("still", "snow", 2), Animated("fox", "still", 2), Edited("cut", "fox")})
          .ok());
  const RunResult result = RunToEnd(world);
  const auto fox = *world.store->FindTask("fox");
  EXPECT_EQ(fox.state, TaskState::kFailed);
  EXPECT_EQ(fox.error_code, "missing_output");
  EXPECT_THAT(fox.error_message, HasSubstr("output 2 of the task \"still\", which made 1 output"));
  EXPECT_EQ(StateOf(world, "cut"), TaskState::kSkipped);
  EXPECT_EQ(world.service->ledger().tasks().size(), 1U);
  EXPECT_EQ(result.failed, 1);
}

TEST(Needs, SkipEverythingBehindAFailedStage) {
  WorldOptions options = Quick();
  options.scenario.faults = {FailingPrompt("snow")};
  World world(options);
  ASSERT_TRUE(world.Plan(ThreeStages()).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.reason, pipeline::StopReason::kFinished);
  EXPECT_EQ(result.counts, (store::StateCounts{{TaskState::kFailed, 1}, {TaskState::kSkipped, 3}}));
  EXPECT_EQ(result.failed, 1) << "skipped tasks are not failures";
  EXPECT_EQ(world.service->ledger().tasks().size(), 1U);
  EXPECT_THAT(world.store->FindTask("credits")->error_message, HasSubstr("\"still\" failed"));
  EXPECT_THAT(world.observer.lines, Contains(HasSubstr("credits: blocked → skipped")));
}

TEST(Needs, AreMadeAgainDownTheLineWhenTheFirstStageChanges) {
  World world(Quick());
  ASSERT_TRUE(world.Plan(ThreeStages()).ok());
  RunToEnd(world);
  ASSERT_TRUE(world.Plan(ThreeStages()).ok());
  RunToEnd(world);
  EXPECT_EQ(world.service->ledger().tasks().size(), 4U) << "nothing changed, all is kept";
  ASSERT_TRUE(world.Plan(ThreeStages("A hare")).ok());
  EXPECT_EQ(StateOf(world, "fox"), TaskState::kBlocked) << "it waits for the new still";
  EXPECT_EQ(StateOf(world, "credits"), TaskState::kSucceeded) << "depends_on only orders";
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.counts, (store::StateCounts{{TaskState::kSucceeded, 4}}));
  EXPECT_EQ(world.service->ledger().tasks().size(), 7U);
  EXPECT_THAT(BodyOf(world, "fox"), HasSubstr(StoryOf(world, "still").artifacts[0].url));
}

TEST(Needs, GoOnAfterTheFailedStageWasChanged) {
  WorldOptions options = Quick();
  options.scenario.faults = {FailingPrompt("snow")};
  World world(options);
  ASSERT_TRUE(world.Plan(ThreeStages()).ok());
  RunToEnd(world);
  ASSERT_TRUE(world.Plan(ThreeStages("A red fox in the dunes")).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.counts, (store::StateCounts{{TaskState::kSucceeded, 4}}))
      << "also what only depends_on a skipped task";
}

TEST(Needs, LeaveOutOfASelectionWhatIsNotSelectedAndSayWhatItWaitsFor) {
  WorldOptions options = Quick();
  options.selection.globs = {"fox", "cut"};
  World world(options);
  ASSERT_TRUE(world.Plan(ThreeStages()).ok());
  const RunResult result = RunToEnd(world);
  EXPECT_EQ(result.counts, (store::StateCounts{{TaskState::kBlocked, 2}}));
  EXPECT_THAT(world.observer.notices,
              ElementsAre(HasSubstr(
                  "2 tasks still wait for tasks that have not succeeded: still; select")));
  EXPECT_EQ(world.service->ledger().tasks().size(), 0U);
  world.options.selection.globs = {"still"};
  RunToEnd(world);
  world.options.selection.globs = {"fox"};
  EXPECT_EQ(RunToEnd(world).counts, (store::StateCounts{{TaskState::kSucceeded, 1}}));
  EXPECT_EQ(world.service->ledger().tasks().size(), 2U);
}

// The first stage in one run, the others `later`.
RunResult RunStagesApart(World& world, Millis later) {
  world.options.selection.globs = {"still"};
  EXPECT_TRUE(world.Plan({Still("still"), Animated("fox", "still")}).ok());
  RunToEnd(world);
  world.options.selection.globs = {};
  world.clock.Advance(Micros{later});
  return RunToEnd(world);
}

constexpr Millis kDays8 = std::chrono::hours{8 * 24};

TEST(Needs, AreSentFromOurOwnCopyOnceTheLinkHasExpired) {
  World world(Quick());
  EXPECT_EQ(RunStagesApart(world, kDays8).counts, (store::StateCounts{{TaskState::kSucceeded, 2}}));
  const auto still = StoryOf(world, "still").artifacts[0];
  EXPECT_THAT(BodyOf(world, "fox"), HasSubstr(R"("Base64":"input:)" + still.sha256));
  const auto input = world.store->Input(still.sha256);
  ASSERT_TRUE(input.ok());
  EXPECT_EQ(*input, world.folder.finished().at(still.path));
}

TEST(Needs, AreSentFromOurOwnCopyWhenTheLinkIsAboutToExpire) {
  World world(Quick());
  RunStagesApart(world, std::chrono::hours{7 * 24 - 1});
  EXPECT_THAT(BodyOf(world, "fox"), HasSubstr(R"("Base64":"input:)"));
}

TEST(Needs, UploadOurOwnCopyWhereTheRequestHasNoRoomForIt) {
  World world(Quick());
  TaskSpec fox = Animated("fox", "still");
  Input large;
  large.source = {SourceType::kLocalFile, "large.png"};
  large.source.content_sha256 = Sha256Hex("file content");  // what World reads
  large.source.content_bytes = pipeline::kMaxInlineBytes;
  large.usage = "LastFrame";
  fox.inputs.push_back(large);
  world.options.selection.globs = {"still"};
  ASSERT_TRUE(world.Plan({Still("still"), fox}).ok());
  RunToEnd(world);
  world.options.selection.globs = {};
  world.clock.Advance(Micros{kDays8});
  EXPECT_EQ(RunToEnd(world).counts, (store::StateCounts{{TaskState::kSucceeded, 2}}));
  const auto& uploads = world.service->ledger().uploads();
  ASSERT_EQ(uploads.size(), 1U);
  EXPECT_THAT(BodyOf(world, "fox"), HasSubstr("\"FileId\":\"" + uploads[0].file_id + "\""));
}

TEST(Needs, AreSentAsLinksWhileThoseAreGood) {
  World world(Quick());
  RunStagesApart(world, std::chrono::hours{5 * 24});
  EXPECT_THAT(BodyOf(world, "fox"), HasSubstr(R"("Type":"Url")"));
}

TEST(Needs, FailWhenTheLinkHasExpiredAndTheCopyIsGoneOrChanged) {
  for (const bool gone : {true, false}) {
    World world(Quick());
    world.options.selection.globs = {"still"};
    ASSERT_TRUE(world.Plan({Still("still"), Animated("fox", "still")}).ok());
    RunToEnd(world);
    const std::string path = StoryOf(world, "still").artifacts[0].path;
    if (gone) {
      world.folder.Remove(path);
    } else {
      std::string bytes = world.folder.finished().at(path);
      bytes.back() = static_cast<char>(bytes.back() ^ 1);
      world.folder.Overwrite(path, bytes);
    }
    world.options.selection.globs = {};
    world.clock.Advance(Micros{kDays8});
    RunToEnd(world);
    const auto fox = *world.store->FindTask("fox");
    EXPECT_EQ(fox.error_code, "expired_output");
    EXPECT_THAT(fox.error_message, HasSubstr(gone ? "cannot be read" : "was changed since"));
    EXPECT_EQ(world.service->ledger().tasks().size(), 1U);
  }
}

TEST(Needs, GetAFreshLinkWhereThereIsNoCopy) {
  WorldOptions options = Quick();
  options.download = false;
  options.scenario.url_life = std::chrono::hours{4};
  World world(options);
  EXPECT_EQ(RunStagesApart(world, std::chrono::hours{10}).counts,
            (store::StateCounts{{TaskState::kSucceeded, 2}}));
  const auto still = StoryOf(world, "still");
  EXPECT_GT(still.artifacts[0].expires, world.clock.Now());
  EXPECT_THAT(BodyOf(world, "fox"), HasSubstr(still.artifacts[0].url));
  EXPECT_EQ(world.service->ledger().tasks().size(), 2U);
}

TEST(Needs, GetAFreshLinkThoughTheServiceIsSilentForAWhile) {
  WorldOptions options = Quick();
  options.download = false;
  options.scenario.url_life = std::chrono::hours{4};
  World first(options);
  ASSERT_TRUE(first.Plan({Still("still")}).ok());
  RunToEnd(first);
  FaultRule silent;
  silent.match.action = "DescribeTaskDetail";
  for (std::uint64_t i = 1; i <= 3; ++i) {
    silent.match.nth.push_back(first.exchange->started(api::Lane::kQuery) + i);
  }
  silent.fault.kind = FaultKind::kDropBefore;
  options.scenario.faults = {silent};
  World faulty(options);
  EXPECT_EQ(RunStagesApart(faulty, std::chrono::hours{10}).counts,
            (store::StateCounts{{TaskState::kSucceeded, 2}}));
}

TEST(Needs, FailWhenThereIsNeitherACopyNorAFreshLink) {
  WorldOptions options = Quick();
  options.download = false;
  World world(options);
  RunStagesApart(world, kDays8);
  EXPECT_EQ(world.store->FindTask("fox")->error_code, "expired_output");
  EXPECT_THAT(world.store->FindTask("fox")->error_message, HasSubstr("no copy on disk"));
}

TEST(Needs, SucceedWithoutDownloadsOnceTheResultIsKnown) {
  WorldOptions options = Quick();
  options.download = false;
  World world(options);
  ASSERT_TRUE(world.Plan(ThreeStages()).ok());
  EXPECT_EQ(RunToEnd(world).counts, (store::StateCounts{{TaskState::kSucceeded, 4}}));
}

TEST(Needs, RunAwaitedTasksBeforeOthers) {
  WorldOptions options = Quick();
  options.limits.max_in_flight = 1;
  World world(options);
  std::vector<TaskSpec> specs = World::Videos(5);
  specs.push_back(World::Video("clip", "first"));
  specs.push_back(Edited("cut", "clip"));
  ASSERT_TRUE(world.Plan(specs).ok());
  RunToEnd(world);
  const auto first = ParseSessionContext(world.service->ledger().tasks().front().session_context);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->task_id, "clip");
}

TEST(Needs, KeepEveryPromiseWhereverTheProcessDies) {
  WorldOptions options = Quick();
  options.scenario.faults.emplace_back();
  options.scenario.faults.back().match.action = "create";
  options.scenario.faults.back().match.nth = {2};
  options.scenario.faults.back().fault.kind = FaultKind::kDropAfter;
  std::vector<TaskSpec> specs = ThreeStages();
  specs.push_back(Still("bad", "forbidden"));
  specs.push_back(Animated("skipped", "bad"));
  options.scenario.faults.push_back(FailingPrompt("forbidden"));
  const store::StateCounts expected{
      {TaskState::kSucceeded, 4}, {TaskState::kFailed, 1}, {TaskState::kSkipped, 1}};
  World whole(options);
  ASSERT_TRUE(whole.Plan(specs).ok());
  EXPECT_EQ(RunToEnd(whole).counts, expected);
  const std::uint64_t waits = whole.exchange->waits();
  ASSERT_GT(waits, 40U);
  for (std::uint64_t at = 1; at <= waits; ++at) {
    SCOPED_TRACE(at);
    World world(options);
    ASSERT_TRUE(world.Plan(specs).ok());
    ASSERT_FALSE(world.Run(at).has_value());
    EXPECT_EQ(RunToEnd(world).counts, expected) << "with nothing but the state";
    EXPECT_EQ(world.service->ledger().tasks().size(), 5U);
    EXPECT_THAT(world.BrokenPromises(), IsEmpty());
  }
}

TEST(Needs, SkipAChainOfTenThousandInOneTurn) {
  WorldOptions options = Quick();
  options.scenario.faults = {FailingPrompt("snow")};
  World world(options);
  std::vector<TaskSpec> specs{Still("t0", "snow")};
  for (int i = 1; i <= 10'000; ++i) {
    specs.push_back(World::Video("t" + std::to_string(i)));
    specs.back().depends_on = {"t" + std::to_string(i - 1)};
  }
  ASSERT_TRUE(world.Plan(specs).ok());
  EXPECT_EQ(RunToEnd(world).counts,
            (store::StateCounts{{TaskState::kFailed, 1}, {TaskState::kSkipped, 10'000}}));
}

}  // namespace
}  // namespace aigc::testing
