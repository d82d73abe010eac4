#include "base/times.h"

#include <gtest/gtest.h>

namespace aigc {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::int64_t kMoment = 1787212805123;  // 2026-08-20T08:00:05.123Z

TEST(Times, FormatsUtcAndCutsFractions) {
  EXPECT_EQ(FormatIso(FromUnixMillis(kMoment)), "2026-08-20T08:00:05Z");
  EXPECT_EQ(FormatIsoMillis(FromUnixMillis(kMoment)), "2026-08-20T08:00:05.123Z");
  EXPECT_EQ(FormatDate(FromUnixMillis(kMoment)), "2026-08-20");
  EXPECT_EQ(FormatIso(FromUnixMillis(0)), "1970-01-01T00:00:00Z");
}

TEST(Times, FormatsMomentsBefore1970) {
  EXPECT_EQ(FormatIsoMillis(FromUnixMillis(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(ToUnixSeconds(FromUnixMillis(-1)), -1);
  EXPECT_EQ(ToUnixSeconds(FromUnixMillis(1999)), 1);
}

TEST(Times, ReadsBackWhatItFormats) {
  for (const std::int64_t millis : {std::int64_t{0}, kMoment, std::int64_t{951782400000}}) {
    const WallTime time = FromUnixMillis(millis);
    EXPECT_EQ(ParseIso(FormatIsoMillis(time)), time) << millis;
  }
}

TEST(Times, ReadsTheServicesDates) {
  const WallTime second = FromUnixMillis(1787212805000);
  EXPECT_EQ(ParseIso("2026-08-20T08:00:05Z"), second);
  EXPECT_EQ(ParseIso("2026-08-20 08:00:05Z"), second);
  EXPECT_EQ(ParseIso("2026-08-20T16:00:05+08:00"), second);
  EXPECT_EQ(ParseIso("2026-08-20T16:00:05+0800"), second);
  EXPECT_EQ(ParseIso("2026-08-20T04:30:05-03:30"), second);
  EXPECT_EQ(ParseIso("2026-08-20T08:00:05.1Z"), second + Millis{100});
  EXPECT_EQ(ParseIso("2026-08-20T08:00:05.123456789Z"), second + Millis{123});
}

TEST(Times, TakesTheServicesWaysOfSayingNoDateForAbsent) {
  for (const char* text : {"", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z", "0000-00-00 00:00:00"}) {
    EXPECT_EQ(ParseIso(text), std::nullopt) << text;
  }
}

TEST(Times, RefusesWhatIsNotADate) {
  for (const char* text :
       {"2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-08-20T24:00:00Z",
        "2026-08-20T08:60:00Z", "2026-08-20T08:00:61Z", "2026-08-20T08:00:05",
        "2026-08-20T08:00:05.Z", "2026-08-20T08:00:05ZZ", "2026-08-20T08:00:05+15:00",
        "2026-08-20T08:00:05+08:60", "2026-08-20T08:00:05+8", "26-08-20T08:00:05Z", "yesterday"}) {
    EXPECT_EQ(ParseIso(text), std::nullopt) << text;
  }
}

TEST(Times, ReadsAndWritesHttpDates) {
  const WallTime second = FromUnixMillis(1787212805000);
  EXPECT_EQ(FormatHttpDate(second), "Thu, 20 Aug 2026 08:00:05 GMT");
  EXPECT_EQ(ParseHttpDate("Thu, 20 Aug 2026 08:00:05 GMT"), second);
  EXPECT_EQ(FormatHttpDate(FromUnixMillis(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Times, RefusesWhatIsNotAnHttpDate) {
  for (const char* text : {"", "Thu, 20 Aug 2026 08:00:05 CET", "Thursday, 20-Aug-26 08:00:05 GMT",
                           "Thu, 20 Foo 2026 08:00:05 GMT", "Thu, 31 Feb 2026 08:00:05 GMT",
                           "Thu Aug 20 08:00:05 2026 GMT "}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

TEST(Times, FormatsDurationsForPeople) {
  EXPECT_EQ(FormatDuration(Millis{0}), "0ms");
  EXPECT_EQ(FormatDuration(Millis{999}), "999ms");
  EXPECT_EQ(FormatDuration(Millis{6000}), "6s");
  EXPECT_EQ(FormatDuration(Millis{150'000}), "2m30s");
  EXPECT_EQ(FormatDuration(minutes{2}), "2m");
  EXPECT_EQ(FormatDuration(hours{1} + minutes{5} + Seconds{9}), "1h5m");
  EXPECT_EQ(FormatDuration(hours{100}), "100h");
  EXPECT_EQ(FormatDuration(Millis{-6000}), "-6s");
}

TEST(Times, ReadsDurations) {
  EXPECT_EQ(ParseDuration("6s"), Millis{6000});
  EXPECT_EQ(ParseDuration("6"), Millis{6000});
  EXPECT_EQ(ParseDuration("1.5s"), Millis{1500});
  EXPECT_EQ(ParseDuration("1500ms"), Millis{1500});
  EXPECT_EQ(ParseDuration("1h30m"), Millis{5'400'000});
  EXPECT_EQ(ParseDuration("3d"), Millis{hours{72}});
  EXPECT_EQ(ParseDuration("0"), Millis{0});
}

TEST(Times, RefusesWhatIsNotADuration) {
  for (const char* text : {"", "s", "-1s", "6x", "6 s", "1h30x", "nan", "inf", "1e3s", "20000d",
                           "99999999999999999999s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace aigc
