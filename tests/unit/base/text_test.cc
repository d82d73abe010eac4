#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc {
namespace {

using testing::ElementsAre;

TEST(Text, ComparesWithoutCaseInAsciiOnly) {
  EXPECT_TRUE(EqualsIgnoreCase("Content-TYPE", "content-type"));
  EXPECT_FALSE(EqualsIgnoreCase("abc", "abcd"));
  EXPECT_FALSE(EqualsIgnoreCase("\xC3\x84", "\xC3\xA4"));  // Ä, ä
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));                // 32 apart, like letters are
  EXPECT_TRUE(ContainsIgnoreCase("Request FREQUENCY limit", "frequency"));
  EXPECT_TRUE(ContainsIgnoreCase("", ""));
  EXPECT_FALSE(ContainsIgnoreCase("short", "shorter"));
  EXPECT_EQ(ToLower("AbC-Ä"), "abc-Ä");
}

TEST(Text, TrimsBlanksTabsAndLineEnds) {
  EXPECT_EQ(Trim(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(Trim(" \n"), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(Text, FindsTheFirstByteThatIsNotUtf8) {
  EXPECT_EQ(FindBadUtf8("plain 一个 🎬"), std::nullopt);
  EXPECT_EQ(FindBadUtf8("ab\xFFz"), 2U);
  EXPECT_EQ(FindBadUtf8("a\x80"), 1U);              // continuation without a lead
  EXPECT_EQ(FindBadUtf8("a\xC0\xAF"), 1U);          // overlong '/'
  EXPECT_EQ(FindBadUtf8("a\xE0\x80\x80"), 1U);      // overlong
  EXPECT_EQ(FindBadUtf8("a\xED\xA0\x80"), 1U);      // surrogate
  EXPECT_EQ(FindBadUtf8("a\xF4\x90\x80\x80"), 1U);  // above U+10FFFF
  EXPECT_EQ(FindBadUtf8("a\xE4\xB8"), 1U);          // cut
  EXPECT_EQ(FindBadUtf8("\xF4\x8F\xBF\xBF"), std::nullopt);
}

TEST(Text, CountsCodePoints) {
  EXPECT_EQ(CountCodePoints(""), 0U);
  EXPECT_EQ(CountCodePoints("一个 🎬"), 4U);
  EXPECT_EQ(CountCodePoints("a\xFF\xFE"), 3U);
}

TEST(Text, ExcerptIsOneLineOfAtMostSoManyCodePoints) {
  EXPECT_EQ(Excerpt("一个小男孩", 3), "一个小…");
  EXPECT_EQ(Excerpt("一个小", 3), "一个小");
  EXPECT_EQ(Excerpt("a\nb\tc\x1B[31m", 20), "a b c [31m");
  EXPECT_EQ(Excerpt("a\xFFz", 20), "a\xEF\xBF\xBDz");
}

TEST(Text, PrintableTakesControlOverTheTerminalAway) {
  EXPECT_EQ(Printable("red \x1B[31mtext\x07\nnext\r"), "red [31mtext\nnext");
  EXPECT_EQ(Printable("\xC2\x9B"
                      "31m"),
            "31m");  // C1 control sequence introducer
  EXPECT_EQ(Printable("safe\xE2\x80\xAE"
                      "fdp"),
            "safefdp");                                    // right-to-left override
  EXPECT_EQ(Printable("\xE2\x81\xA6x\xE2\x81\xA9"), "x");  // isolates
  EXPECT_EQ(Printable("一个 – ok"), "一个 – ok");
}

TEST(Text, NamesTheNearestCandidate) {
  const std::string_view names[] = {"model", "prompt", "duration", "first_frame"};
  EXPECT_EQ(Nearest("modle", names), "model");  // a transposition counts one
  EXPECT_EQ(Nearest("Prompt", names), "prompt");
  EXPECT_EQ(Nearest("first-frame", names), "first_frame");
  EXPECT_EQ(Nearest("colour", names), std::nullopt);
  EXPECT_EQ(Nearest("x", names), std::nullopt);
  EXPECT_EQ(Nearest("model", {}), std::nullopt);
}

TEST(Text, NearestTakesTheFirstOfEquals) {
  const std::string_view names[] = {"abcd", "abce"};
  EXPECT_EQ(Nearest("abcf", names), "abcd");
}

TEST(Text, MatchesGlobsOverTheWholeText) {
  EXPECT_TRUE(GlobMatch("*", ""));
  EXPECT_TRUE(GlobMatch("ad-*-calm", "ad-x-1-calm"));
  EXPECT_TRUE(GlobMatch("a?c", "abc"));
  EXPECT_TRUE(GlobMatch("*a*b", "xxaxxb"));
  EXPECT_FALSE(GlobMatch("ad-*-calm", "ad-x-bold"));
  EXPECT_FALSE(GlobMatch("abc", "abcd"));
  EXPECT_FALSE(GlobMatch("", "a"));
  EXPECT_TRUE(GlobMatch("a.b", "a.b"));
  EXPECT_FALSE(GlobMatch("a.b", "axb"));
}

TEST(Text, GlobWithManyStarsEndsQuickly) {
  const std::string text(2000, 'a');
  EXPECT_FALSE(GlobMatch("*a*a*a*a*a*a*a*a*a*b", text));
}

TEST(Text, SplitsAtEverySeparator) {
  EXPECT_THAT(Split("a;;b", ';'), ElementsAre("a", "", "b"));
  EXPECT_THAT(Split("", ';'), ElementsAre(""));
  EXPECT_THAT(Split("a;", ';'), ElementsAre("a", ""));
}

}  // namespace
}  // namespace aigc
