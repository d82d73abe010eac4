// Tasks that take the outputs of others, or wait for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Loaded Tasks(const std::string& entries, bool allowed = true) {
  MemoryFiles files;
  LoadOptions options = TestOptions(&files);
  options.allow_pipelines = allowed;
  return LoadAll("manifest: 1\ndefaults: {model: A/1, prompt: x}\ntasks:\n" + entries, options);
}

TEST(Pipeline, NamesOutputsOfTasksAfterExpansion) {
  const Loaded loaded = Tasks(R"(
  - {id: "clip-${m}", first_frame: "task:still-${m}", last_frame: "task:still-${m}#2", matrix: {m: [a, b]}}
  - {id: "still-${m}", kind: image, matrix: {m: [a, b]}}
  - {id: last, depends_on: ["clip-${n}", still-a], vars: {n: b}}
)");
  ASSERT_EQ(loaded.problems, "");
  ASSERT_EQ(loaded.tasks.size(), 5U);
  const Source first{SourceType::kTask, "still-b", "", 1, "", 0};
  const Source second{SourceType::kTask, "still-b", "", 2, "", 0};
  ASSERT_EQ(loaded.tasks[1].inputs.size(), 2U);
  EXPECT_EQ(loaded.tasks[1].inputs[0].source, first);
  EXPECT_EQ(loaded.tasks[1].inputs[1].source, second);
  EXPECT_THAT(loaded.tasks[4].depends_on, ElementsAre("clip-b", "still-a"));
}

TEST(Pipeline, MayMeetAgainWithoutBeingACycle) {
  EXPECT_EQ(Tasks("  - {id: a}\n  - {id: b, depends_on: [a]}\n  - {id: c, depends_on: [a]}\n"
                  "  - {id: d, depends_on: [b, c]}\n")
                .problems,
            "");
}

TEST(Pipeline, MayBeAsLongAsTheManifest) {
  std::string chain = "  - {id: t-0}\n";
  for (int i = 1; i < 3000; ++i) {
    chain +=
        "  - {id: t-" + std::to_string(i) + ", depends_on: [t-" + std::to_string(i - 1) + "]}\n";
  }
  EXPECT_EQ(Tasks(chain).tasks.size(), 3000U);
  chain.replace(chain.find("{id: t-0}"), 9, "{id: t-0, depends_on: [t-2999]}");
  EXPECT_THAT(Tasks(chain).problems, HasSubstr("(2981 more)"));
}

TEST(Pipeline, IsRefusedUnlessTheProgramCanRunIt) {
  const std::string problems =
      Tasks("  - {id: a}\n  - {id: b, first_frame: \"task:a\", depends_on: [a]}\n", false).problems;
  EXPECT_THAT(problems, HasSubstr("(task:ID) are not supported"));
  EXPECT_THAT(problems, HasSubstr("\"depends_on\" is not supported"));
}

}  // namespace
}  // namespace aigc::manifest
