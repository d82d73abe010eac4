#include "base/money.h"

#include <fmt/format.h>

#include <limits>

namespace aigc {
namespace {

constexpr std::int64_t kPerUnit = 1'000'000;
constexpr std::size_t kDecimals = 6;

}  // namespace

std::optional<std::int64_t> ParseAmount(std::string_view text) {
  std::int64_t micros = 0;
  std::size_t whole = 0;     // digits before the point
  std::size_t decimals = 0;  // and behind it
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    if (point && ++decimals > kDecimals) return std::nullopt;
    if (!point) ++whole;
    micros = micros * 10 + (c - '0');
    if (micros > kMostMicros) return std::nullopt;
  }
  if (whole == 0 || (point && decimals == 0)) return std::nullopt;
  for (; decimals < kDecimals; ++decimals) {
    micros *= 10;
    if (micros > kMostMicros) return std::nullopt;
  }
  return micros;
}

std::string AmountText(std::int64_t micros) {
  const bool negative = micros < 0;
  const std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  std::string text = fmt::format("{}{}.{:06}", negative ? "-" : "", size / kPerUnit,
                                 size % static_cast<std::uint64_t>(kPerUnit));
  const std::size_t point = text.size() - kDecimals - 1;
  while (text.size() > point + 3 && text.back() == '0') text.pop_back();
  return text;
}

std::string MoneyText(const Money& money) {
  if (money.currency.empty()) return AmountText(money.micros);
  return money.currency + " " + AmountText(money.micros);
}

std::optional<std::int64_t> Multiply(std::int64_t price_micros, std::int64_t thousandths) {
  if (price_micros != 0 &&
      thousandths > (std::numeric_limits<std::int64_t>::max() - 999) / price_micros) {
    return std::nullopt;
  }
  const std::int64_t cost = (price_micros * thousandths + 999) / 1000;
  if (cost > kMostMicros) return std::nullopt;
  return cost;
}

}  // namespace aigc
