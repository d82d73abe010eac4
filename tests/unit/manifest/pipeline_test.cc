// Tasks that take the outputs of others, or wait for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Loaded Tasks(const std::string& entries) {
  MemoryFiles files;
  return LoadAll("manifest: 1\ndefaults: {model: A/1, prompt: x}\ntasks:\n" + entries,
                 TestOptions(&files));
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

std::string FingerprintOf(const Loaded& loaded, const std::string& id) {
  for (std::size_t i = 0; i < loaded.tasks.size(); ++i) {
    if (loaded.tasks[i].id == id) return loaded.fingerprints[i];
  }
  ADD_FAILURE() << "no task " << id << "; " << loaded.problems;
  return "";
}

// Backwards, so that what is read stands after what reads it.
constexpr char kStages[] = R"(
  - {id: cut, inputs: [{source: "task:fox", category: video}]}
  - {id: fox, first_frame: "task:still", last_frame: "task:still#2"}
  - {id: still, kind: image, prompt: PROMPT, tags: [TAG]}
  - {id: last, depends_on: [still]}
)";

std::string Stages(const std::string& prompt, const std::string& tag = "t") {
  std::string text = kStages;
  text.replace(text.find("PROMPT"), 6, prompt);
  return text.replace(text.find("TAG"), 3, tag);
}

TEST(Pipeline, PutsTheFingerprintsOfWhatIsReadIntoThoseOfLaterStages) {
  const Loaded snow = Tasks(Stages("snow"));
  const Loaded sand = Tasks(Stages("sand"));
  for (const char* id : {"still", "fox", "cut"}) {
    EXPECT_NE(FingerprintOf(snow, id), FingerprintOf(sand, id)) << id;
  }
  EXPECT_EQ(FingerprintOf(snow, "last"), FingerprintOf(sand, "last")) << "depends_on only orders";
  const std::string still = FingerprintOf(snow, "still");
  EXPECT_EQ(still, Fingerprint(snow.tasks[2]));
  EXPECT_EQ(FingerprintOf(snow, "fox"), Fingerprint(snow.tasks[1], {still, still}));
  EXPECT_EQ(FingerprintOf(snow, "cut"), Fingerprint(snow.tasks[0], {FingerprintOf(snow, "fox")}));
  const Loaded tagged = Tasks(Stages("snow", "other"));
  EXPECT_EQ(FingerprintOf(snow, "cut"), FingerprintOf(tagged, "cut"));
}

TEST(Pipeline, LetsAKeyStandForTheTaskThatIsRead) {
  const auto keyed = [](const std::string& prompt) {
    return Tasks(
        "  - {id: fox, first_frame: {source: \"task:still\", key: k}}\n"
        "  - {id: still, kind: image, prompt: " +
        prompt + "}\n");
  };
  EXPECT_EQ(FingerprintOf(keyed("snow"), "fox"), FingerprintOf(keyed("sand"), "fox"));
}

TEST(Pipeline, ChangesLaterStagesWhenAByteOfALocalFileChanges) {
  const auto with = [](const std::string& tail) {
    MemoryFiles files;
    files.files["a.png"] = "\x89PNG\r\n\x1A\n" + tail;
    return LoadAll(
        "manifest: 1\ndefaults: {model: A/1, prompt: x}\ntasks:\n"
        "  - {id: b, first_frame: \"task:a\"}\n  - {id: a, kind: image, references: [a.png]}\n",
        TestOptions(&files));
  };
  EXPECT_NE(FingerprintOf(with("1"), "b"), FingerprintOf(with("2"), "b"));
}

TEST(Pipeline, FollowsAReadingChainAsLongAsTheManifest) {
  std::string chain;
  for (int i = 3000; i > 0; --i) {
    chain += "  - {id: t-" + std::to_string(i) + ", kind: image, references: [\"task:t-" +
             std::to_string(i - 1) + "\"]}\n";
  }
  const Loaded loaded = Tasks(chain + "  - {id: t-0, kind: image}\n");
  ASSERT_EQ(loaded.tasks.size(), 3001U) << loaded.problems;
  EXPECT_EQ(FingerprintOf(loaded, "t-3000"),
            Fingerprint(loaded.tasks[0], {FingerprintOf(loaded, "t-2999")}));
}

}  // namespace
}  // namespace aigc::manifest
