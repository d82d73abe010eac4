// One entry that becomes many tasks: matrix, exclude, repeat; and fields that read files or lists.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

using testing::ElementsAre;

constexpr char kHead[] = "manifest: 1\nname: t\ndefaults: {model: A/1}\n";

Loaded Tasks(const std::string& rest) {
  MemoryFiles files;
  return LoadAll(kHead + rest, TestOptions(&files));
}

std::vector<std::string> Ids(const Loaded& loaded) {
  EXPECT_EQ(loaded.problems, "");
  std::vector<std::string> ids;
  for (const TaskSpec& spec : loaded.tasks) ids.push_back(spec.id);
  return ids;
}

TEST(Matrix, MakesEveryCombinationInTheOrderWritten) {
  const Loaded loaded = Tasks(R"(
tasks:
  - {id: first, prompt: x}
  - id: ad-${tone}-${size}
    matrix: {tone: [calm, bold], size: [1, 2, 3]}
    prompt: "${index} ${tone}"
  - {id: "last-${index}", prompt: x}
)");
  EXPECT_THAT(Ids(loaded), ElementsAre("first", "ad-calm-1", "ad-calm-2", "ad-calm-3", "ad-bold-1",
                                       "ad-bold-2", "ad-bold-3", "last-8"));
  EXPECT_EQ(loaded.tasks[4].prompt, "5 bold");
  EXPECT_EQ(loaded.places[4], (Place{7, 5}));
}

TEST(Matrix, SetsFieldsOfEveryType) {
  const Loaded loaded = Tasks(
      "tasks:\n  - {id: \"a-${n}\", prompt: x, matrix: {n: [5, 10], s: [true]}, duration: "
      "\"${n}\", "
      "audio: \"${s}\"}\n");
  ASSERT_THAT(Ids(loaded), ElementsAre("a-5", "a-10"));
  EXPECT_EQ(loaded.tasks[1].duration, 10);
  EXPECT_EQ(loaded.tasks[1].audio, true);
}

TEST(Matrix, IsTheInnermostNameAndBuiltInsComeBeforeIt) {
  const Loaded loaded = Tasks(R"(
vars: {tone: outer, style: soft}
tasks:
  - id: a
    matrix: {tone: ["${style} calm"]}
    vars: {tone: entry}
    prompt: ${tone}, ${vars.tone}, ${matrix.tone}, ${id}
)");
  ASSERT_THAT(Ids(loaded), ElementsAre("a"));
  EXPECT_EQ(loaded.tasks[0].prompt, "soft calm, entry, soft calm, a");
}

TEST(Matrix, ReachesANameThatIsAlsoABuiltIn) {
  const LoadResult result =
      Load(std::string(kHead) +
               "tasks: [{id: \"a-${matrix.index}\", prompt: \"${index}\", matrix: {index: [7]}}]\n",
           "t.yaml", TestOptions(nullptr));
  ASSERT_TRUE(result.manifest.has_value());
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].message, "the built-in ${index} is taken before this");
  EXPECT_EQ(result.problems[0].hint, "write ${matrix.index}, or choose another name");
  const Status status = result.manifest->ForEachTask([](const ExpandedTask& task) -> Status {
    EXPECT_EQ(task.spec.id, "a-7");
    EXPECT_EQ(task.spec.prompt, "1");
    return {};
  });
  EXPECT_TRUE(status.ok());
}

TEST(Exclude, DropsCombinationsThatMatchInPart) {
  EXPECT_THAT(Ids(Tasks(R"(
tasks:
  - id: ${a}${b}-${index}
    matrix: {a: [x, y, z], b: [1, 2]}
    exclude: [{a: x, b: 2}, {a: [z]}]
    prompt: p
)")),
              ElementsAre("x1-1", "y1-2", "y2-3"));
}

TEST(Repeat, CountsFromOneInsideEachCombination) {
  EXPECT_THAT(Ids(Tasks("tasks:\n  - {id: \"${m}-${repeat}\", prompt: p, repeat: 2, matrix: {m: "
                        "[a, b]}}\n  - {id: \"c${repeat}\", prompt: p}\n")),
              ElementsAre("a-1", "a-2", "b-1", "b-2", "c1"));
}

TEST(Lists, MultiplyNothingOutsideAMatrix) {
  const Loaded loaded = Tasks(
      "tasks:\n  - {id: a, prompt: p, tags: [x, y], references: [images/ok.png, "
      "images/other.png]}");
  EXPECT_THAT(Ids(loaded), ElementsAre("a"));
}

TEST(Limit, AllowsExactlyAsManyTasksAsItSays) {
  EXPECT_EQ(Ids(Tasks("limits: {tasks: 6}\ntasks:\n  - {id: \"${m}-${repeat}\", prompt: p, repeat: "
                      "3, matrix: {m: [a, b]}}\n"))
                .size(),
            6U);
}

TEST(PromptFile, IsTheFilesTextWithItsTemplates) {
  const Loaded loaded = Tasks(R"(
vars: {style: soft, name: ok}
tasks:
  - {id: a, prompt_file: "prompts/${name}.txt"}
)");
  ASSERT_THAT(Ids(loaded), ElementsAre("a"));
  EXPECT_EQ(loaded.tasks[0].prompt, "雪地, soft\r\nand ${braces}");
}

TEST(PromptFile, OfATaskAndOfTheDefaultsGiveWayToWhatIsNearer) {
  MemoryFiles files;
  files.files["p.txt"] = "from the file";
  const Loaded own = LoadAll(
      "manifest: 1\ndefaults: {model: A/1, prompt: d}\ntasks: [{id: a, prompt_file: p.txt}]\n",
      TestOptions(&files));
  ASSERT_THAT(Ids(own), ElementsAre("a"));
  EXPECT_EQ(own.tasks[0].prompt, "from the file");
  const Loaded other = LoadAll(
      "manifest: 1\ndefaults: {model: A/1, prompt_file: p.txt}\n"
      "tasks: [{id: a, prompt: own}, {id: b}]\n",
      TestOptions(&files));
  ASSERT_THAT(Ids(other), ElementsAre("a", "b"));
  EXPECT_EQ(other.tasks[0].prompt, "own");
  EXPECT_EQ(other.tasks[1].prompt, "from the file");
}

TEST(Subjects, TakeAllTheirFields) {
  const Loaded loaded = Tasks(R"(
tasks:
  - id: a
    prompt: "[@fox] runs"
    subjects:
      - {id: 12, name: fox, voice_id: v, image_urls: ["https://x.com/${id}.png"],
         video_urls: [http://x.com/b.mp4]}
      - {name: owl}
)");
  ASSERT_THAT(Ids(loaded), ElementsAre("a"));
  const Subject fox{"12", "fox", "v", {"https://x.com/a.png"}, {"http://x.com/b.mp4"}};
  EXPECT_THAT(loaded.tasks[0].subjects, ElementsAre(fox, Subject{"", "owl", "", {}, {}}));
}

TEST(FilesThatChange, EndTheSecondReading) {
  MemoryFiles files;
  files.files["p.txt"] = "text";
  LoadResult result = Load(std::string(kHead) + "tasks: [{id: a, prompt_file: p.txt}]\n", "t.yaml",
                           TestOptions(&files));
  ASSERT_TRUE(result.manifest.has_value());
  files.files.erase("p.txt");
  const Status status =
      result.manifest->ForEachTask([](const ExpandedTask&) -> Status { return {}; });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kManifest);
}

}  // namespace
}  // namespace aigc::manifest
