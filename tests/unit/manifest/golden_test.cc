// Every manifest under tests/data/manifests/bad is refused with exactly the text beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "test_paths.h"
#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

namespace fs = std::filesystem;

const std::string& Folder() {
  static const std::string folder = std::string(AIGC_TEST_DATA) + "/manifests/bad";
  return folder;
}

std::vector<std::string> Stems(const std::string& suffix) {
  std::vector<std::string> stems;
  for (const auto& entry : fs::directory_iterator(Folder())) {
    if (entry.path().extension() == suffix) stems.push_back(entry.path().stem().string());
  }
  std::sort(stems.begin(), stems.end());
  return stems;
}

class BadManifest : public testing::TestWithParam<std::string> {};

TEST_P(BadManifest, IsRefusedWithTheGoldenText) {
  const std::string base = Folder() + "/" + GetParam();
  MemoryFiles files;
  const LoadOptions options = TestOptions(&files);
  const LoadResult result = Load(ReadWholeFile(base + ".yaml"), GetParam() + ".yaml", options);
  EXPECT_FALSE(result.manifest.has_value());
  EXPECT_GT(CountErrors(result.problems), 0U);
  EXPECT_EQ(Render(result.problems, false), ReadWholeFile(base + ".expected"));
}

INSTANTIATE_TEST_SUITE_P(All, BadManifest, testing::ValuesIn(Stems(".yaml")),
                         [](const auto& one) { return one.param; });

TEST(BadManifests, AreManyAndEachHasItsExpectedText) {
  EXPECT_GE(Stems(".yaml").size(), 60U);
  EXPECT_EQ(Stems(".yaml"), Stems(".expected"));
}

TEST(BadManifests, NeverShowASecret) {
  for (const std::string& stem : Stems(".expected")) {
    const std::string text = ReadWholeFile(Folder() + "/" + stem + ".expected");
    EXPECT_EQ(text.find(kTestSecretKey), std::string::npos) << stem;
    EXPECT_EQ(text.find("AKID"), std::string::npos) << stem;
  }
}

}  // namespace
}  // namespace aigc::manifest
