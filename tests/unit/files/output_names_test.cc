#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "files/output_folder.h"

namespace aigc::files {
namespace {

using namespace std::string_literals;

ErrorCode CodeOf(const OutputName& name) {
  const Status status = CheckOutputName(name);
  EXPECT_FALSE(status.ok()) << name.dir << " " << name.filename;
  if (status.ok()) return ErrorCode::kInternal;
  EXPECT_FALSE(status.error().hint.empty());
  return status.error().code;
}

TEST(CheckOutputName, TakesPlainNamesAndFoldersBelow) {
  EXPECT_TRUE(CheckOutputName({"out/spring", "a-1.${ext}", ""}).ok());
  EXPECT_TRUE(CheckOutputName({".", "a.mp4", ""}).ok());
  EXPECT_TRUE(CheckOutputName({"", "Kling/2.1/a.mp4", ""}).ok());
  EXPECT_TRUE(CheckOutputName({"/data/out", "..a..mp4", ""}).ok());
  EXPECT_TRUE(CheckOutputName({"out", std::string(246, 'a'), ""}).ok());
}

TEST(CheckOutputName, RefusesWhatWouldLeaveTheFolder) {
  EXPECT_EQ(CodeOf({"out", "../a.mp4", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out", "b/../../a.mp4", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out", "..", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out", "/etc/passwd", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out/../..", "a", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"/data/../etc", "a", ""}), ErrorCode::kInvalid);
}

TEST(CheckOutputName, RefusesWhatIsNoName) {
  EXPECT_EQ(CodeOf({"out", "", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out", ".", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out", "a//b", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out", "a/", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out", "a\0.mp4"s, ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out\0"s, "a.mp4", ""}), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf({"out", std::string(300, 'a'), ""}), ErrorCode::kInvalid);
  std::string deep = "a";
  for (int i = 0; i < 1500; ++i) deep += "/a";
  EXPECT_EQ(CodeOf({"out", deep, ""}), ErrorCode::kInvalid);
}

TEST(SafeFileName, ReplacesWhatFileSystemsOrShellsTrip) {
  EXPECT_EQ(SafeFileName("a/b\\c:d*e?f\"g<h>i|j;k"), "a_b_c_d_e_f_g_h_i_j_k");
  EXPECT_EQ(SafeFileName("../../etc/passwd"), "___.._etc_passwd");
  EXPECT_EQ(SafeFileName("a\0b\nc\td\x1b[31m"s), "a_b_c_d_[31m");
  EXPECT_EQ(SafeFileName("evil\u202Egpj.exe"), "evil_gpj.exe");
  EXPECT_EQ(SafeFileName("bad\xC3("), "bad_(");
  EXPECT_EQ(SafeFileName("ends. . "), "ends____");
  EXPECT_EQ(SafeFileName(""), "_");
  EXPECT_EQ(SafeFileName(".."), "__");
  EXPECT_EQ(SafeFileName(".hidden"), "_hidden");
}

TEST(SafeFileName, AvoidsWindowsDevices) {
  EXPECT_EQ(SafeFileName("con"), "_con");
  EXPECT_EQ(SafeFileName("NUL.mp4"), "_NUL.mp4");
  EXPECT_EQ(SafeFileName("Com7.tar.gz"), "_Com7.tar.gz");
  EXPECT_EQ(SafeFileName("com0"), "com0");
  EXPECT_EQ(SafeFileName("console"), "console");
}

TEST(SafeFileName, KeepsOrdinaryNamesInAnyScript) {
  for (const char* name :
       {"hero-1.mp4", "一个小男孩.mp4", "ünïcode 🦊.png", "a.b.c", "x${ext}"}) {
    EXPECT_EQ(SafeFileName(name), name);
  }
}

TEST(SafeFileName, CutsAtACodePointAndKeepsTheSuffix) {
  for (std::size_t lead = 0; lead < 4; ++lead) {
    std::string name(lead, 'a');
    for (int i = 0; i < 100; ++i) name += "界";  // three bytes each
    const std::string safe = SafeFileName(name + ".mp4");
    EXPECT_LE(safe.size(), 200U);
    EXPECT_GT(safe.size(), 197U);
    EXPECT_TRUE(safe.ends_with("界.mp4"));
    EXPECT_FALSE(FindBadUtf8(safe));
    EXPECT_TRUE(SafeFileName(name + ".${ext}").ends_with("界.${ext}"));
  }
  EXPECT_EQ(SafeFileName(std::string(300, 'a')), std::string(200, 'a'));
}

TEST(SuffixFromUrl, ReadsThePathOnly) {
  EXPECT_EQ(SuffixFromUrl("http://h/a/b.mp4?x=1"), "mp4");
  EXPECT_EQ(SuffixFromUrl("https://h/a/b.PNG#f.gif"), "png");
  EXPECT_EQ(SuffixFromUrl("http://h/a.b/c"), "");
  EXPECT_EQ(SuffixFromUrl("http://example.com"), "");
  EXPECT_EQ(SuffixFromUrl("http://example.com?f=a.mp4"), "");
  EXPECT_EQ(SuffixFromUrl("http://h/a.tar.gz"), "gz");
  EXPECT_EQ(SuffixFromUrl("http://h/v1.25"), "");
  EXPECT_EQ(SuffixFromUrl("http://h/a."), "");
  EXPECT_EQ(SuffixFromUrl("http://h/.mp4"), "");
  EXPECT_EQ(SuffixFromUrl("http://h/a.m%2Fp4"), "");
  EXPECT_EQ(SuffixFromUrl("http://h/a.somethinglong"), "");
  EXPECT_EQ(SuffixFromUrl(""), "");
}

TEST(SuffixFromContentType, KnowsMediaTypesWithParametersAndAnyCase) {
  EXPECT_EQ(SuffixFromContentType("video/mp4"), "mp4");
  EXPECT_EQ(SuffixFromContentType("Image/JPEG; q=1"), "jpg");
  EXPECT_EQ(SuffixFromContentType(" image/webp "), "webp");
  EXPECT_EQ(SuffixFromContentType("image/png"), "png");
  EXPECT_EQ(SuffixFromContentType("application/octet-stream"), "");
  EXPECT_EQ(SuffixFromContentType(""), "");
}

}  // namespace
}  // namespace aigc::files
