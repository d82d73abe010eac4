#include <gtest/gtest.h>

#include "manifest/code_points.h"
#include "manifest/problem.h"
#include "manifest/problem_list.h"
#include "manifest/source_text.h"

namespace aigc::manifest {
namespace {

TEST(Render, GivesNothingForNoProblem) { EXPECT_EQ(Render({}, true), ""); }

TEST(Render, ShowsPlaceLineCaretHintAndCounts) {
  const std::vector<Problem> problems = {
      {Severity::kError, "a.yaml", {12, 3}, "bad", "do this", "  modle: x", 3},
      {Severity::kWarning, "a.yaml", {123456, 1}, "odd", "", "x", 1},
      {Severity::kError, "b.csv", {}, "unreadable"}};
  EXPECT_EQ(Render(problems, false),
            "a.yaml:12:3: error: bad\n"
            "    12 |   modle: x\n"
            "       |   ^\n"
            "  hint: do this\n"
            "a.yaml:123456:1: warning: odd\n"
            "  123456 | x\n"
            "         | ^\n"
            "b.csv: error: unreadable\n"
            "2 errors, 1 warning\n");
}

TEST(Render, ColoursOnlyWhenAsked) {
  const std::vector<Problem> problems = {{Severity::kError, "a.yaml", {1, 1}, "bad", "", "x", 1}};
  EXPECT_EQ(Render(problems, true),
            "\x1B[1ma.yaml:1:1:\x1B[0m \x1B[1;31merror:\x1B[0m \x1B[1mbad\x1B[0m\n"
            "     1 | x\n       | \x1B[1;32m^\x1B[0m\n1 error, 0 warnings\n");
}

TEST(Render, PutsTheCaretUnderTheCharacterAfterTabsWideAndCombiningOnes) {
  // "e" with a combining accent is one column, each Chinese character and the emoji two.
  const std::string line = "\te\xCC\x81中文🎬x";
  const std::vector<Problem> problems = {{Severity::kError, "a.yaml", {1, 7}, "bad", "", line, 7}};
  EXPECT_EQ(Render(problems, false), "a.yaml:1:7: error: bad\n     1 | " + line +
                                         "\n       | \t       ^\n" + "1 error, 0 warnings\n");
}

// Found by manifest_fuzz: these went to the terminal as they were.
TEST(CodePoints, TakeNoByteSequenceThatIsNotUtf8) {
  for (const std::string_view bad :
       {"\xE0\x9D\x9E", "\xC0\xAF", "\xF5\x8B\x9E\x85", "\xF4\x90\x80\x80", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\x80"}) {
    EXPECT_EQ(DecodeAt(bad, 0).value, 0xFFFDU);
    EXPECT_EQ(DecodeAt(bad, 0).length, 1U);
  }
  EXPECT_EQ(DecodeAt("\xF4\x8F\xBF\xBF", 0).value, 0x10FFFFU);
  EXPECT_EQ(DecodeAt("\xE0\xA0\x80", 0).value, 0x800U);
}

TEST(SourceText, CountsLinesAndCodePointsFromOne) {
  const SourceText source("ab\n中文x\r\n\ny", "a.yaml");
  EXPECT_EQ(source.PlaceOf(0), (Place{1, 1}));
  EXPECT_EQ(source.PlaceOf(2), (Place{1, 3}));
  EXPECT_EQ(source.PlaceOf(9), (Place{2, 3}));
  EXPECT_EQ(source.PlaceOf(13), (Place{4, 1}));
  EXPECT_EQ(source.PlaceOf(99), (Place{4, 2}));
}

TEST(SourceText, CountsFromBehindAByteOrderMark) {
  const SourceText source("\xEF\xBB\xBFxy", "a.yaml");
  EXPECT_EQ(source.body_offset(), 3U);
  EXPECT_EQ(source.PlaceOf(4), (Place{1, 2}));
  EXPECT_EQ(source.ExcerptAt(4, {}).line, "xy");
}

TEST(SourceText, CountsAcrossTheBlocksOfItsTable) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "中";
  const SourceText source(text, "a.yaml");
  for (const int column : {1, 341, 342, 343, 1024, 2000}) {
    EXPECT_EQ(source.PlaceOf(static_cast<std::size_t>(column - 1) * 3), (Place{1, column}));
  }
}

TEST(SourceText, CutsALongLineOnBothSides) {
  const std::string text = std::string(500, 'a') + "X" + std::string(500, 'b');
  const auto [line, caret] = SourceText(text, "a.yaml").ExcerptAt(500, {});
  EXPECT_EQ(line, "…" + std::string(80, 'a') + "X" + std::string(79, 'b') + "…");
  EXPECT_EQ(caret, 82);
}

TEST(SourceText, MasksSecretsAndStillFindsThePlace) {
  const SourceText source("k: SECRET, x: bad", "a.yaml");
  const auto [line, caret] = source.ExcerptAt(14, {{3, 6}});
  EXPECT_EQ(line, "k: ***, x: bad");
  EXPECT_EQ(caret, 12);
}

TEST(SourceText, MasksASecretThatTheWindowCutsInTwo) {
  const std::string text = std::string(50, 'S') + std::string(60, 'a') + "X";
  const auto [line, caret] = SourceText(text, "a.yaml").ExcerptAt(110, {{0, 50}});
  EXPECT_EQ(line, "…***" + std::string(60, 'a') + "X");
  EXPECT_EQ(caret, 65);
}

TEST(ProblemList, SortsByPlaceAndKeepsOneOfEqualProblems) {
  const SourceText source("abc\ndef", "a.yaml");
  ProblemList problems(source);
  problems.Error(5, "second");
  problems.Error(1, "first");
  problems.Error(5, "second");
  problems.Warning(5, "third");
  EXPECT_EQ(problems.errors(), 2U);
  const auto sorted = problems.Sorted();
  ASSERT_EQ(sorted.size(), 3U);
  EXPECT_EQ(sorted[0].message, "first");
  EXPECT_EQ(sorted[1].message, "second");
  EXPECT_EQ(sorted[2].message, "third");
  EXPECT_EQ(sorted[2].place, (Place{2, 2}));
}

TEST(ProblemList, MasksSecretsInMessagesAddedBeforeTheyWereKnown) {
  const SourceText source("k: SECRET", "a.yaml");
  ProblemList problems(source);
  problems.Error(3, "not \"SECRET\"", "SECRET again");
  problems.Mask({3, 6});
  const auto sorted = problems.Sorted();
  EXPECT_EQ(sorted[0].message, "not \"***\"");
  EXPECT_EQ(sorted[0].hint, "*** again");
  EXPECT_EQ(sorted[0].source_line, "k: ***");
}

}  // namespace
}  // namespace aigc::manifest
