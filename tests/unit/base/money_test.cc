#include "base/money.h"

#include <gtest/gtest.h>

namespace aigc {
namespace {

TEST(Money, ReadsPlainAmountsExactly) {
  EXPECT_EQ(ParseAmount("0"), 0);
  EXPECT_EQ(ParseAmount("12"), 12'000'000);
  EXPECT_EQ(ParseAmount("0.3"), 300'000);
  EXPECT_EQ(ParseAmount("0.000001"), 1);
  EXPECT_EQ(ParseAmount("100000000"), kMostMicros);
}

TEST(Money, RefusesWhatIsNoPlainAmount) {
  for (const char* text : {"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1.0000001", "0x10", " 1",
                           "1 ", "1.2.3", "100000000.000001", "99999999999999999999", "CNY 1"}) {
    EXPECT_EQ(ParseAmount(text), std::nullopt) << text;
  }
}

TEST(Money, IsShownWithTwoDecimalsAtLeast) {
  EXPECT_EQ(AmountText(0), "0.00");
  EXPECT_EQ(AmountText(12'500'000), "12.50");
  EXPECT_EQ(AmountText(312'500), "0.3125");
  EXPECT_EQ(AmountText(1), "0.000001");
  EXPECT_EQ(AmountText(100'000'000), "100.00");
  EXPECT_EQ(AmountText(-1'250'000), "-1.25");
  EXPECT_EQ(MoneyText({1'980'000, "CNY"}), "CNY 1.98");
}

TEST(Money, MultipliesWithoutLosingAMillionth) {
  EXPECT_EQ(Multiply(330'000, 6'000), 1'980'000);
  EXPECT_EQ(Multiply(100'000, 3), 300);
  EXPECT_EQ(Multiply(1, 1), 1);  // never less than it costs
  EXPECT_EQ(Multiply(0, 5'000), 0);
  EXPECT_EQ(Multiply(kMostMicros, 1'001), std::nullopt);
  EXPECT_EQ(Multiply(kMostMicros, 1'000'000'000'000), std::nullopt);
}

// A tenth has no exact binary fraction: a million of them as doubles are not 100000.
TEST(Money, SumsExactly) {
  std::int64_t sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum += *ParseAmount("0.1");
  EXPECT_EQ(AmountText(sum), "100000.00");
}

}  // namespace
}  // namespace aigc
