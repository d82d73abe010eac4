// Runs simulations from seeds.
//
//   simulation_test               seeds 1 … AIGC_SEEDS (default 2000; 200 under sanitizers), in
//   shards simulation_test --seed N      this one, with its story
//
// A failure prints its seed; the same seed gives the same run, byte for byte.
#include <gtest/gtest.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "pipeline/simulation/simulation.h"
#include "test_paths.h"

namespace aigc::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeeds = 200;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t kSeeds = 200;
#else
constexpr std::uint64_t kSeeds = 2000;
#endif
#else
constexpr std::uint64_t kSeeds = 2000;
#endif
constexpr std::uint64_t kShards = 8;
// A defect that strikes everywhere need not be told a thousand times.
constexpr int kMostFailures = 5;

std::uint64_t Number(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  std::uint64_t number = 0;
  if (text == nullptr) return otherwise;
  const std::string_view view(text);
  const auto [end, failed] = std::from_chars(view.data(), view.data() + view.size(), number);
  return failed == std::errc{} && end == view.data() + view.size() ? number : otherwise;
}

bool tell_story = false;

// True when every promise was kept.
bool RunSeed(std::uint64_t seed, Tally& tally) {
  Simulation simulation(DrawCase(seed), tally);
  if (tell_story) simulation.on_story = [](const std::string& line) { std::cout << line << '\n'; };
  const std::vector<std::string> broken = simulation.Run();
  if (broken.empty()) return true;
  std::string text;
  for (const std::string& line : broken) text += "\n  " + line;
  ADD_FAILURE() << "seed " << seed << text << "\nagain with: ./dev test --seed " << seed;
  return false;
}

class Seeds : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Seeds, KeepEveryPromise) {
  Tally tally;
  int failures = 0;
  const std::uint64_t first = Number("AIGC_FIRST_SEED", 1);
  const std::uint64_t count = Number("AIGC_SEEDS", kSeeds);
  for (std::uint64_t i = GetParam(); i < count && failures < kMostFailures; i += kShards) {
    if (!RunSeed(first + i, tally)) ++failures;
  }
  for (const auto& [name, value] : tally.Lines()) {
    std::cout << name << " " << value << "  ";
    RecordProperty(name, std::to_string(value));
  }
  std::cout << std::endl;
}

INSTANTIATE_TEST_SUITE_P(Shard, Seeds, ::testing::Range(std::uint64_t{0}, kShards));

// Seeds that failed once, with what they found.
TEST(KeptSeeds, KeepEveryPromise) {
  std::ifstream in(AIGC_SOURCE_DIR "/tests/pipeline/simulation/kept_seeds.txt");
  ASSERT_TRUE(in);
  Tally tally;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::uint64_t seed = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), seed);
    ASSERT_EQ(parsed.ec, std::errc{}) << line;
    RunSeed(seed, tally);
  }
}

TEST(Replay, TheSameSeedGivesTheSameRun) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    std::vector<std::pair<std::string, std::uint64_t>> first;
    for (int round = 0; round < 2; ++round) {
      Tally tally;
      RunSeed(seed, tally);
      if (round == 0) {
        first = tally.Lines();
      } else {
        EXPECT_EQ(tally.Lines(), first) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace aigc::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc == 3 && std::string_view(argv[1]) == "--seed") {
    aigc::testing::tell_story = true;
    setenv("AIGC_FIRST_SEED", argv[2], 1);
    setenv("AIGC_SEEDS", "1", 1);
    ::testing::GTEST_FLAG(filter) = "Shard/Seeds.KeepEveryPromise/0";
  }
  return RUN_ALL_TESTS();
}
