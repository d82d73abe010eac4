#include <gtest/gtest.h>

#include <string>

#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

constexpr char kTasks[] = "tasks: [{id: a, model: A/1, prompt: x}]\n";

Settings Read(const std::string& text, const std::string& path = "t.yaml") {
  const Loaded loaded = LoadAll(text + kTasks, TestOptions(nullptr), path);
  EXPECT_EQ(CountErrors(Load(text + kTasks, path, TestOptions(nullptr)).problems), 0U)
      << loaded.problems;
  return loaded.settings;
}

TEST(Settings, TakeEveryKey) {
  const Settings settings = Read(R"(manifest: 1
name: spring-campaign
sub_app_id: 1500012345
prices: prices.yaml
upload: never
allow_unknown: true
output: {dir: out/spring/, filename: "${id}.${ext}", report: out/spring.csv}
limits:
  submit_rate: 16
  poll_rate: 50.5
  first_look: 6s
  look_every: 2
  max_in_flight: 10
  per_model:
    Kling: {max_in_flight: 2}
    Kling/2.1: {max_in_flight: 1}
    Vidu: {max_in_flight: auto}
  downloads: 4
  stop_when: {failed: 20%, after: 10}
  tasks: 2000000
  attempts: 3
  task_timeout: 2h
  give_up_after: 30m
  budget: 500
  failed_cost: free
)");
  EXPECT_EQ(settings.name, "spring-campaign");
  EXPECT_EQ(settings.sub_app_id, 1500012345);
  EXPECT_EQ(settings.prices, "prices.yaml");
  EXPECT_EQ(settings.upload, Upload::kNever);
  EXPECT_TRUE(settings.allow_unknown);
  EXPECT_EQ(settings.output, (OutputSettings{"out/spring", "${id}.${ext}", "out/spring.csv"}));
  Limits want;
  want.submit_rate = 16;
  want.poll_rate = 50.5;
  want.first_look = Seconds{6};
  want.look_every = Seconds{2};
  want.max_in_flight = 10;
  want.per_model = {{"Kling", 2}, {"Kling/2.1", 1}};
  want.downloads = 4;
  want.stop_when = StopWhen{0.2, 10};
  want.tasks = 2'000'000;
  want.attempts = 3;
  want.task_timeout = std::chrono::hours{2};
  want.give_up_after = std::chrono::minutes{30};
  want.budget_micros = 500'000'000;
  want.failed_cost_free = true;
  EXPECT_EQ(settings.limits, want);
}

TEST(Settings, SayNothingThatTheManifestDoesNotSay) {
  Settings want;
  want.name = "my-batch";
  EXPECT_EQ(Read("manifest: 1\n", "some/my-batch.yaml"), want);
  EXPECT_EQ(Read("manifest: 1\nlimits: null\noutput: ~\nsub_app_id:\n", "my-batch.yaml"), want);
}

TEST(Settings, TakeAutoAndZeroForNoLimitInFlight) {
  for (const char* value : {"auto", "0"}) {
    const Settings settings =
        Read(std::string("manifest: 1\nlimits: {max_in_flight: ") + value + "}\n");
    EXPECT_EQ(settings.limits.max_in_flight, std::nullopt) << value;
  }
}

TEST(Settings, TakeAShareAsANumberToo) {
  EXPECT_EQ(Read("manifest: 1\nlimits: {stop_when: {failed: 0.5}}\n").limits.stop_when,
            (StopWhen{0.5, 1}));
}

TEST(Settings, ReplaceVariablesInFolders) {
  const Settings settings = Read(
      "manifest: 1\nvars: {c: spring}\noutput: {dir: \"out/${c}\", report: "
      "\"../${env:CITY}.csv\"}\n");
  EXPECT_EQ(settings.output.dir, "out/spring");
  EXPECT_EQ(settings.output.report, "../上海.csv");
}

TEST(LoadSettings, LooksAtNoTaskAndNoFile) {
  const std::string text =
      "manifest: 1\nlimits: {attempts: 5}\ntasks: [{id: a, first_frame: gone.png, from: x.csv}]\n";
  const auto settings = LoadSettings(text, "dir/my.yaml");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->name, "my");
  EXPECT_EQ(settings->limits.attempts, 5);
}

TEST(LoadSettings, FailsWithTheFirstProblemAndItsPlace) {
  const auto wrong = LoadSettings("manifest: 1\nlimits: {attempts: x}\nname: A\n", "my.yaml");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, ErrorCode::kManifest);
  EXPECT_EQ(wrong.error().context, "my.yaml:2:20");
  EXPECT_EQ(wrong.error().message, "limits.attempts must be a whole number, not \"x\"");
  EXPECT_EQ(LoadSettings("a: [", "my.yaml").error().code, ErrorCode::kManifest);
  EXPECT_EQ(LoadSettings("- a", "my.yaml").error().code, ErrorCode::kManifest);
  EXPECT_EQ(LoadSettings(std::string("\0", 1), "my.yaml").error().code, ErrorCode::kManifest);
}

}  // namespace
}  // namespace aigc::manifest
