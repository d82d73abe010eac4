#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace aigc {
namespace {

// The sequence is part of what "replays from one seed" means: it may never change. These numbers
// were computed apart from this program, from the published reference code.
TEST(Random, FollowsTheReferenceAlgorithm) {
  Random zero(0);
  EXPECT_EQ(zero.Next(), 11091344671253066420ULL);
  EXPECT_EQ(zero.Next(), 13793997310169335082ULL);
  Random seeded(42);
  EXPECT_EQ(seeded.Next(), 1546998764402558742ULL);
  EXPECT_EQ(seeded.Next(), 6990951692964543102ULL);
  EXPECT_EQ(seeded.Next(), 12544586762248559009ULL);
}

TEST(Random, UnitStaysBelowOneAndCoversTheRange) {
  Random random(7);
  double lowest = 1;
  double highest = 0;
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.Unit();
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
    sum += value;
  }
  EXPECT_GE(lowest, 0.0);
  EXPECT_LT(highest, 1.0);
  EXPECT_LT(lowest, 0.01);
  EXPECT_GT(highest, 0.99);
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
  Random random(7);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.Below(6));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Random, UuidsAre32HexDigitsAndDiffer) {
  const std::string one = NewUuid();
  EXPECT_EQ(one.size(), 32U);
  EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(one, NewUuid());
}

}  // namespace
}  // namespace aigc
