#include "base/display_text.h"

#include <gtest/gtest.h>

namespace aigc {
namespace {

TEST(DisplayWidth, CountsCells) {
  EXPECT_EQ(DisplayWidth(""), 0U);
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("é"), 1U);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1U);
  EXPECT_EQ(DisplayWidth("一个小男孩"), 10U);
  EXPECT_EQ(DisplayWidth("한국어"), 6U);
  EXPECT_EQ(DisplayWidth("ｆｕｌｌ"), 8U);
  EXPECT_EQ(DisplayWidth("━─…·"), 4U);
  EXPECT_EQ(DisplayWidth("a\xFF"), 2U);
}

TEST(DisplayWidth, CountsPicturesAsTheWidestTerminalDrawsThem) {
  EXPECT_EQ(DisplayWidth("🦊"), 2U);
  EXPECT_EQ(DisplayWidth("❤"), 1U);
  EXPECT_EQ(DisplayWidth("❤\uFE0F"), 2U);
  EXPECT_EQ(DisplayWidth("👩\u200D👧"), 4U);
}

TEST(FitCells, LeavesWhatFitsAndMarksACut) {
  EXPECT_EQ(FitCells("12345", 5), "12345");
  EXPECT_EQ(FitCells("12345", 4), "123…");
  EXPECT_EQ(FitCells("12345", 1), "…");
  EXPECT_EQ(FitCells("12345", 0), "");
  EXPECT_EQ(FitCells("", 0), "");
}

TEST(FitCells, NeverCutsInsideACharacter) {
  EXPECT_EQ(FitCells("小男孩", 6), "小男孩");
  EXPECT_EQ(FitCells("小男孩", 5), "小男…");
  EXPECT_EQ(FitCells("小男孩", 4), "小…");
  EXPECT_EQ(FitCells("ae\u0301iou", 4), "ae\u0301i…");
  EXPECT_EQ(FitCells("a👩\u200D👧bcd", 5), "a…");
  for (std::size_t cells = 0; cells < 20; ++cells) {
    EXPECT_LE(DisplayWidth(FitCells("a👩\u200D👧小❤\uFE0Fe\u0301 bcd 孩孩孩", cells)), cells);
  }
}

TEST(FitCells, MakesHostileTextHarmless) {
  EXPECT_EQ(FitCells("a\x1B[2J\nb\t\xFF", 20), "a [2J b \uFFFD");
  EXPECT_EQ(FitCells("x\u202Ey\u009Bz", 20), "x y z");
}

}  // namespace
}  // namespace aigc
