// What the catalog has against a manifest's tasks, as the user reads it: catalog_*.yaml under
// tests/data/manifests/bad, each with its exact text. Errors refuse the manifest; warnings alone do
// not, so that some of these load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "language/language_support.h"

namespace aigc {
namespace {

using manifest::ReadWholeFile;

class CatalogFindings : public testing::TestWithParam<std::string> {};

TEST_P(CatalogFindings, ReadLikeTheGoldenText) {
  const std::string base = std::string(AIGC_TEST_DATA) + "/manifests/bad/" + GetParam();
  manifest::MemoryFiles files;
  const auto loaded =
      manifest::Load(ReadWholeFile(base + ".yaml"), GetParam() + ".yaml", CheckedOptions(&files));
  EXPECT_EQ(manifest::Render(loaded.problems, false), ReadWholeFile(base + ".expected"));
  EXPECT_FALSE(loaded.problems.empty());
  EXPECT_EQ(loaded.manifest.has_value(), manifest::CountErrors(loaded.problems) == 0);
}

INSTANTIATE_TEST_SUITE_P(All, CatalogFindings, testing::ValuesIn(Stems("bad", ".yaml", "catalog_")),
                         [](const auto& one) { return one.param; });

std::string ProblemsOf(const std::string& text) {
  manifest::MemoryFiles files;
  return manifest::Render(manifest::Load(text, "t.yaml", CheckedOptions(&files)).problems, false);
}

// A task's own word on unknown values wins over the manifest's.
TEST(AllowUnknown, IsSaidForTheManifestOrForATask) {
  const auto manifest = [](const std::string& top, const std::string& one, const std::string& two) {
    return "manifest: 1\n" + top + "tasks:\n" + "  - {id: a, model: Hailuo/2.3, prompt: p, " + one +
           "duration: 7}\n" + "  - {id: b, model: Hailuo/2.3, prompt: p, " + two + "duration: 8}\n";
  };
  using testing::HasSubstr;
  const std::string neither = ProblemsOf(manifest("", "", ""));
  EXPECT_THAT(neither, HasSubstr("t.yaml:3:53: error: Hailuo/2.3 does not take 7 s"));
  EXPECT_THAT(neither, HasSubstr("2 errors, 0 warnings"));
  const std::string task = ProblemsOf(manifest("", "allow_unknown: true, ", ""));
  EXPECT_THAT(task, HasSubstr("warning: Hailuo/2.3 does not take 7 s"));
  EXPECT_THAT(task, HasSubstr("error: Hailuo/2.3 does not take 8 s"));
  const std::string other =
      ProblemsOf(manifest("allow_unknown: true\n", "allow_unknown: false, ", ""));
  EXPECT_THAT(other, HasSubstr("error: Hailuo/2.3 does not take 7 s"));
  EXPECT_THAT(other, HasSubstr("warning: Hailuo/2.3 does not take 8 s"));
  const std::string shared = ProblemsOf(manifest("defaults: {allow_unknown: true}\n", "", ""));
  EXPECT_THAT(shared, HasSubstr("0 errors, 2 warnings"));
}

}  // namespace
}  // namespace aigc
