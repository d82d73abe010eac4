// Amounts of money: whole millionths of a currency's unit, so that sums are exact. Pure functions,
// any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aigc {

struct Money {
  std::int64_t micros = 0;  // millionths of one unit of the currency
  std::string currency{};   // "CNY": three capital letters
  bool operator==(const Money&) const = default;
};

// No price, budget or cost of one task may be larger (a hundred million units): so the sums of a
// batch stay far inside 64 bits.
inline constexpr std::int64_t kMostMicros = 100'000'000'000'000;

// "12", "12.5", "0.000001": digits with at most one point and six decimals, nothing else. None for
// anything else, and for more than kMostMicros.
std::optional<std::int64_t> ParseAmount(std::string_view text);
// With two decimals at least, and as many more as it takes: "12.00", "0.3125".
std::string AmountText(std::int64_t micros);
// "CNY 12.50"
std::string MoneyText(const Money& money);

// price × quantity, where the quantity counts in thousandths (of a second, say); what is left over
// of a millionth counts as one. None when that is more than kMostMicros. REQUIRES: none negative.
std::optional<std::int64_t> Multiply(std::int64_t price_micros, std::int64_t thousandths);

}  // namespace aigc
