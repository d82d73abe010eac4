#include "cli/settle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace aigc::cli {
namespace {

using testing::HasSubstr;

TEST(SettleLimits, FlagWinsOverManifestOverDefault) {
  manifest::Limits manifest;
  Options options;
  EXPECT_EQ(SettleLimits(manifest, options)->submit_rate, 16);
  EXPECT_EQ(SettleLimits(manifest, options)->max_in_flight, std::nullopt);
  manifest.submit_rate = 5;
  manifest.max_in_flight = 7;
  manifest.attempts = 2;
  manifest.task_timeout = Seconds{90};
  manifest.per_model = {{"Kling", 2}};
  EXPECT_EQ(SettleLimits(manifest, options)->submit_rate, 5);
  EXPECT_EQ(SettleLimits(manifest, options)->max_in_flight, 7);
  EXPECT_EQ(SettleLimits(manifest, options)->attempts, 2);
  EXPECT_EQ(SettleLimits(manifest, options)->task_timeout, Seconds{90});
  EXPECT_EQ(SettleLimits(manifest, options)->per_model.at("Kling"), 2);
  options.submit_rate = 1.5;
  options.max_in_flight = "auto";
  options.stop_after = 4;
  EXPECT_EQ(SettleLimits(manifest, options)->submit_rate, 1.5);
  EXPECT_EQ(SettleLimits(manifest, options)->max_in_flight, std::nullopt);
  EXPECT_EQ(SettleLimits(manifest, options)->stop_after, 4);
  options.max_in_flight = "12";
  EXPECT_EQ(SettleLimits(manifest, options)->max_in_flight, 12);
}

TEST(SettleLimits, RefusesFlagsThatMakeNoSense) {
  const auto refused = [](auto set) {
    Options options;
    set(options);
    const auto limits = SettleLimits({}, options);
    return !limits.ok() && limits.error().code == ErrorCode::kUsage;
  };
  EXPECT_TRUE(refused([](Options& o) { o.max_in_flight = "0"; }));
  EXPECT_TRUE(refused([](Options& o) { o.max_in_flight = "many"; }));
  EXPECT_TRUE(refused([](Options& o) { o.max_in_flight = "3x"; }));
  EXPECT_TRUE(refused([](Options& o) { o.submit_rate = 0; }));
  EXPECT_TRUE(refused([](Options& o) { o.submit_rate = std::numeric_limits<double>::infinity(); }));
  EXPECT_TRUE(refused([](Options& o) { o.poll_rate = -1; }));
  EXPECT_TRUE(refused([](Options& o) { o.stop_after = 0; }));
}

TEST(SettleLimits, TakesWhenToStopAndWhatFailuresCost) {
  manifest::Limits manifest;
  EXPECT_FALSE(SettleLimits(manifest, {})->failed_cost_free);
  EXPECT_FALSE(SettleLimits(manifest, {})->stop_when.has_value());
  manifest.failed_cost_free = true;
  EXPECT_TRUE(SettleLimits(manifest, {})->failed_cost_free);
}

TEST(SettleLimits, TakesWhatStopsABatchEarly) {
  manifest::Limits manifest;
  manifest.stop_when = manifest::StopWhen{0.2, 10};
  Options options;
  options.canary = 3;
  const auto limits = SettleLimits(manifest, options);
  ASSERT_TRUE(limits.ok());
  ASSERT_TRUE(limits->stop_when.has_value());
  EXPECT_EQ(limits->stop_when->failed_share, 0.2);
  EXPECT_EQ(limits->stop_when->after, 10);
  EXPECT_EQ(limits->canary, 3);
  options.canary = 0;
  EXPECT_THAT(SettleLimits(manifest, options).error().message, HasSubstr("--canary"));
}

TEST(SettleOutputFolder, IsSaidByFlagManifestOrName) {
  manifest::Settings manifest;
  manifest.name = "spring";
  EXPECT_EQ(*SettleOutputFolder(manifest, {}), "out/spring");
  manifest.output.dir = "elsewhere";
  EXPECT_EQ(*SettleOutputFolder(manifest, {}), "elsewhere");
  Options options;
  options.output = "here/../there";
  EXPECT_EQ(*SettleOutputFolder(manifest, options),
            (std::filesystem::current_path() / "there").string());
  options.output = "";
  EXPECT_FALSE(SettleOutputFolder(manifest, options).ok());
}

class OutputFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "settle-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(OutputFolderTest, IsMadeWhenMissing) {
  EXPECT_TRUE(PrepareOutputFolder(folder_.string(), "a/b").ok());
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "a/b"));
}

TEST_F(OutputFolderTest, ThatIsAFileIsRefused) {
  std::ofstream(folder_ / "out") << "x";
  const Status status = PrepareOutputFolder(folder_.string(), "out");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_THAT(status.error().context, HasSubstr("out"));
  EXPECT_FALSE(PrepareOutputFolder(folder_.string(), "out/below").ok());
}

TEST_F(OutputFolderTest, ThatDependsOnTheTaskIsLeftToTheTask) {
  EXPECT_TRUE(PrepareOutputFolder(folder_.string(), "out/${model}").ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace aigc::cli
