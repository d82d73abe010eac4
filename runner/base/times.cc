#include "base/times.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace aigc {
namespace {

struct Fields {
  int year, month, day, hour, minute, second, millis;
};

Fields Split(WallTime time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{days};
  const std::chrono::hh_mm_ss clock{time - days};
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          static_cast<int>(clock.subseconds().count())};
}

// Consumes exactly `digits` digits from the front of `text`.
std::optional<int> TakeDigits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeChar(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// `value` with leading zeros. REQUIRES: it has no more digits than that.
void PutDigits(char* to, int value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    to[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

std::optional<WallTime> Compose(int year, int month, int day, int hour, int minute, int second,
                                Millis fraction) {
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + Seconds{second} + fraction;
}

constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

}  // namespace

std::string FormatIso(WallTime time) {
  const Fields f = Split(time);
  if (f.year >= 0 && f.year <= 9999) {  // reports have five of them in every row
    std::string text = "0000-00-00T00:00:00Z";
    PutDigits(&text[0], f.year, 4);
    PutDigits(&text[5], f.month, 2);
    PutDigits(&text[8], f.day, 2);
    PutDigits(&text[11], f.hour, 2);
    PutDigits(&text[14], f.minute, 2);
    PutDigits(&text[17], f.second, 2);
    return text;
  }
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", f.year, f.month, f.day, f.hour,
                     f.minute, f.second);
}

std::string FormatIsoMillis(WallTime time) {
  const Fields f = Split(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", f.year, f.month, f.day, f.hour,
                     f.minute, f.second, f.millis);
}

std::string FormatDate(WallTime time) {
  const Fields f = Split(time);
  return fmt::format("{:04}-{:02}-{:02}", f.year, f.month, f.day);
}

std::optional<WallTime> ParseIso(std::string_view text) {
  const auto year = TakeDigits(text, 4);
  if (!year || *year <= 1 || *year == 9999 || !TakeChar(text, '-')) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!month || !TakeChar(text, '-')) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (!day || !(TakeChar(text, 'T') || TakeChar(text, ' '))) return std::nullopt;
  const auto hour = TakeDigits(text, 2);
  if (!hour || !TakeChar(text, ':')) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || !TakeChar(text, ':')) return std::nullopt;
  const auto second = TakeDigits(text, 2);
  if (!second) return std::nullopt;
  Millis fraction{0};
  if (TakeChar(text, '.')) {
    int scale = 100;
    std::size_t count = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      fraction += Millis{(text.front() - '0') * scale};
      scale /= 10;
      text.remove_prefix(1);
      ++count;
    }
    if (count == 0) return std::nullopt;
  }
  auto time = Compose(*year, *month, *day, *hour, *minute, *second, fraction);
  if (!time) return std::nullopt;
  if (TakeChar(text, 'Z')) return text.empty() ? time : std::nullopt;
  const bool east = !text.empty() && text.front() == '+';
  if (!east && (text.empty() || text.front() != '-')) return std::nullopt;
  text.remove_prefix(1);
  const auto offset_hours = TakeDigits(text, 2);
  if (!offset_hours) return std::nullopt;
  TakeChar(text, ':');
  const auto offset_minutes = TakeDigits(text, 2);
  if (!offset_minutes || !text.empty() || *offset_hours > 14 || *offset_minutes > 59) {
    return std::nullopt;
  }
  const auto offset = std::chrono::hours{*offset_hours} + std::chrono::minutes{*offset_minutes};
  return east ? *time - offset : *time + offset;
}

std::optional<WallTime> ParseHttpDate(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  std::string_view rest = text.substr(5);
  const auto day = TakeDigits(rest, 2);
  if (!day || !TakeChar(rest, ' ')) return std::nullopt;
  int month = 0;
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (rest.substr(0, 3) == kMonths.at(i)) month = static_cast<int>(i) + 1;
  }
  if (month == 0) return std::nullopt;
  rest.remove_prefix(3);
  if (!TakeChar(rest, ' ')) return std::nullopt;
  const auto year = TakeDigits(rest, 4);
  if (!year || !TakeChar(rest, ' ')) return std::nullopt;
  const auto hour = TakeDigits(rest, 2);
  if (!hour || !TakeChar(rest, ':')) return std::nullopt;
  const auto minute = TakeDigits(rest, 2);
  if (!minute || !TakeChar(rest, ':')) return std::nullopt;
  const auto second = TakeDigits(rest, 2);
  if (!second) return std::nullopt;
  return Compose(*year, month, *day, *hour, *minute, *second, Millis{0});
}

std::string FormatHttpDate(WallTime time) {
  const Fields f = Split(time);
  const std::chrono::weekday weekday{std::chrono::floor<std::chrono::days>(time)};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays.at(weekday.c_encoding()),
                     f.day, kMonths.at(static_cast<std::size_t>(f.month - 1)), f.year, f.hour,
                     f.minute, f.second);
}

std::string FormatDuration(Millis duration) {
  if (duration < Millis{0}) return "-" + FormatDuration(-duration);
  if (duration < Seconds{1}) return fmt::format("{}ms", duration.count());
  const auto total = duration.count() / 1000;
  const auto hours = total / 3600;
  const auto minutes = total / 60 % 60;
  const auto seconds = total % 60;
  if (hours > 0) return minutes ? fmt::format("{}h{}m", hours, minutes) : fmt::format("{}h", hours);
  if (minutes > 0) {
    return seconds ? fmt::format("{}m{}s", minutes, seconds) : fmt::format("{}m", minutes);
  }
  return fmt::format("{}s", seconds);
}

std::optional<Millis> ParseDuration(std::string_view text) {
  constexpr double kTenYears = 10.0 * 366 * 86400 * 1000;
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double value = 0;
    const auto parsed =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (parsed.ec != std::errc{} || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    double unit = 1000;
    if (text.substr(0, 2) == "ms") {
      unit = 1;
      text.remove_prefix(2);
    } else if (TakeChar(text, 's')) {
      unit = 1000;
    } else if (TakeChar(text, 'm')) {
      unit = 60'000;
    } else if (TakeChar(text, 'h')) {
      unit = 3'600'000;
    } else if (TakeChar(text, 'd')) {
      unit = 86'400'000;
    } else if (!text.empty()) {
      return std::nullopt;
    }
    total += value * unit;
    if (!(total <= kTenYears)) return std::nullopt;
  }
  return Millis{std::llround(total)};
}

}  // namespace aigc
