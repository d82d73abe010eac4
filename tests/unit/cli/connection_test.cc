#include "cli/connection.h"

#include <gtest/gtest.h>

namespace aigc::cli {
namespace {

TEST(WorkersFor, ReachTheRateWithCallsOfUsualLength) {
  // The service answers in about 0.15 s: that many workers must reach the rate with room to spare.
  for (const double rate : {1.0, 16.0, 20.0, 50.0, 100.0}) {
    EXPECT_GE(static_cast<double>(WorkersFor(rate)) / 0.15, rate * 2) << rate;
  }
}

TEST(WorkersFor, AreFewForSlowRatesAndBoundedForHugeOnes) {
  EXPECT_EQ(WorkersFor(0.1), 4U);
  EXPECT_EQ(WorkersFor(1e9), 64U);
}

}  // namespace
}  // namespace aigc::cli
