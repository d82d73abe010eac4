#include <gtest/gtest.h>

#include "manifest/media_type.h"
#include "manifest/output_names.h"
#include "manifest/scalar.h"

namespace aigc::manifest {
namespace {

TEST(Scalar, KnowsTheBoolsOfYaml12AndNoOthers) {
  for (const char* text : {"true", "True", "TRUE"}) EXPECT_EQ(ParseBool(text), true) << text;
  for (const char* text : {"false", "False", "FALSE"}) EXPECT_EQ(ParseBool(text), false) << text;
  for (const char* text : {"yes", "no", "on", "off", "y", "tRUE", "1", ""}) {
    EXPECT_EQ(ParseBool(text), std::nullopt) << text;
  }
}

TEST(Scalar, ReadsWholeNumbersOfTheCoreSchema) {
  EXPECT_EQ(ParseInteger("0"), 0);
  EXPECT_EQ(ParseInteger("-12"), -12);
  EXPECT_EQ(ParseInteger("+12"), 12);
  EXPECT_EQ(ParseInteger("012"), 12);
  EXPECT_EQ(ParseInteger("0o14"), 12);
  EXPECT_EQ(ParseInteger("0xC"), 12);
  EXPECT_EQ(ParseInteger("9223372036854775807"), INT64_MAX);
  for (const char* text : {"", "-", "+", "+-1", "1.0", "1_000", "16:9", "0b1",
                           "9223372036854775808", "0x", "0x-1", "1 "}) {
    EXPECT_EQ(ParseInteger(text), std::nullopt) << text;
  }
}

TEST(Scalar, ReadsNumbersOfTheCoreSchema) {
  EXPECT_EQ(ParseNumber("6"), 6.0);
  EXPECT_EQ(ParseNumber("6.5"), 6.5);
  EXPECT_EQ(ParseNumber(".5"), 0.5);
  EXPECT_EQ(ParseNumber("6."), 6.0);
  EXPECT_EQ(ParseNumber("-1e3"), -1000.0);
  EXPECT_EQ(ParseNumber("+1.5E-1"), 0.15);
  EXPECT_EQ(ParseNumber("0x10"), 16.0);
  for (const char* text : {"", ".", "e5", "1e", ".inf", "nan", "inf", "1e999", "1,5", "5s"}) {
    EXPECT_EQ(ParseNumber(text), std::nullopt) << text;
  }
}

TEST(MediaType, IsToldByContent) {
  using namespace std::string_view_literals;
  EXPECT_EQ(SniffMedia("\x89PNG\r\n\x1A\n..."sv).category, Category::kImage);
  EXPECT_EQ(SniffMedia("\xFF\xD8\xFF\xE0"sv).category, Category::kImage);
  EXPECT_EQ(SniffMedia("RIFF....WEBPVP8 "sv).category, Category::kImage);
  EXPECT_EQ(SniffMedia("RIFF....AVI LIST"sv).category, Category::kVideo);
  EXPECT_EQ(SniffMedia("RIFF....WAVEfmt "sv).category, Category::kAudio);
  EXPECT_EQ(SniffMedia("\0\0\0\x18"
                       "ftypmp42"sv)
                .category,
            Category::kVideo);
  EXPECT_EQ(SniffMedia("\0\0\0\x14"
                       "ftypqt  "sv)
                .name,
            "MOV");
  EXPECT_EQ(SniffMedia("\0\0\0\x18"
                       "ftypM4A "sv)
                .category,
            Category::kAudio);
  EXPECT_EQ(SniffMedia("\xFF\xFB\x90"sv).category, Category::kAudio);
  EXPECT_EQ(SniffMedia("GIF89a"sv).category, std::nullopt);
  EXPECT_EQ(SniffMedia("\0\0\0\x18"
                       "ftypheic"sv)
                .category,
            std::nullopt);
  EXPECT_EQ(SniffMedia("<!DOCTYPE html>"sv).name, "HTML");
  EXPECT_EQ(SniffMedia("version https://git-lfs.github.com"sv).name,
            "a Git LFS pointer, not the file");
  EXPECT_EQ(SniffMedia("你好 plain"sv).name, "text");
  EXPECT_EQ(SniffMedia("\x01\x02\0\x03"sv).name, "an unknown format");
  EXPECT_EQ(SniffMedia("RIFF"sv).category, std::nullopt);
  EXPECT_EQ(SniffMedia("").name, "an empty file");
}

TEST(MediaType, IsGuessedFromTheSuffixOfAUrl) {
  EXPECT_EQ(CategoryFromUrl("https://h/a.MP4?x=b.png"), Category::kVideo);
  EXPECT_EQ(CategoryFromUrl("https://h/a.wav#t"), Category::kAudio);
  EXPECT_EQ(CategoryFromUrl("https://h/a.jpeg"), Category::kImage);
  EXPECT_EQ(CategoryFromUrl("https://h.com/a"), std::nullopt);
}

TEST(OutputNames, StayBelowTheFolder) {
  EXPECT_EQ(WhyNotBelow("out/a..b"), std::nullopt);
  EXPECT_EQ(WhyNotBelow("/abs/olute"), std::nullopt);
  for (const char* path : {"", "..", "../a", "a/../b", "a/..", "a/"}) {
    EXPECT_NE(WhyNotBelow(path), std::nullopt) << path;
  }
}

TEST(OutputNames, AreEqualWhenTheyBecomeOneFile) {
  EXPECT_EQ(FileKey("", "a?b.mp4"), FileKey("", "A*B.mp4"));
  EXPECT_NE(FileKey("x", "a.mp4"), FileKey("", "a.mp4"));
}

}  // namespace
}  // namespace aigc::manifest
