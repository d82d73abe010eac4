// The two kinds of time, kept apart by the type system.
//
// WallTime: UTC, milliseconds since 1970. For signatures, stored due times and reports. May jump.
// SteadyTime: microseconds since an arbitrary start of the process. For intervals. Never jumps.
//
// Pure functions, any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aigc {

using Millis = std::chrono::milliseconds;
using Micros = std::chrono::microseconds;
using Seconds = std::chrono::seconds;

using WallTime = std::chrono::sys_time<Millis>;

struct SteadyEra {  // only names the time line of SteadyTime; Clock (clock.h) reads it
  using rep = Micros::rep;
  using period = Micros::period;
  using duration = Micros;
};
using SteadyTime = std::chrono::time_point<SteadyEra, Micros>;

// Milliseconds since 1970, the form in which the state stores a WallTime.
inline std::int64_t ToUnixMillis(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime FromUnixMillis(std::int64_t millis) { return WallTime{Millis{millis}}; }
inline std::int64_t ToUnixSeconds(WallTime time) {
  return std::chrono::floor<Seconds>(time).time_since_epoch().count();
}

// "2026-08-20T08:00:05Z"; fractions of a second are cut off.
std::string FormatIso(WallTime time);
// "2026-08-20T08:00:05.123Z".
std::string FormatIsoMillis(WallTime time);
// "2026-08-20", the UTC date.
std::string FormatDate(WallTime time);

// Reads "2026-08-20T08:00:05Z", with an optional fraction and "Z" or "+08:00". Empty for anything
// else and for the service's ways to say "no date": empty text and the years 0000, 0001 and 9999
// (reference 3.9).
std::optional<WallTime> ParseIso(std::string_view text);

// Reads an HTTP date, "Thu, 20 Aug 2026 08:00:05 GMT" (RFC 9110 IMF-fixdate). Empty for anything
// else.
std::optional<WallTime> ParseHttpDate(std::string_view text);
std::string FormatHttpDate(WallTime time);

// "850ms", "6s", "2m30s", "1h5m": for people.
std::string FormatDuration(Millis duration);
// Reads "6s", "1500ms", "30m", "2h", "3d", "1h30m"; a bare number is seconds. Empty when not
// understood, negative, or beyond ten years.
std::optional<Millis> ParseDuration(std::string_view text);

}  // namespace aigc
