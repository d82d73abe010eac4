#include "report/manifest_of_failed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/posix_file_reader.h"
#include "report/yaml_text.h"
#include "test_paths.h"
#include "unit/manifest/manifest_support.h"
#include "unit/report/rows_reader.h"

namespace aigc::report {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kHead[] = "manifest: 1\nname: again\n";
constexpr char kFilename[] = "${id}-${output}.${ext}";

struct Written {
  std::string text;
  ManifestOfFailedCounts counts;
};

Written Write(RowsReader& reader, ManifestOfFailedOptions options = {}) {
  options.head = kHead;
  options.default_filename = kFilename;
  options.source_path = [](const Source& source) { return source.text; };
  options.result_path = [](std::string_view path) { return std::string(path); };
  options.refused = [](const store::TaskRow& row) { return row.error_code == "content"; };
  Written written;
  const auto counts =
      WriteManifestOfFailed(reader, {}, options, [&](std::string_view part) -> Status {
        written.text += part;
        return {};
      });
  EXPECT_TRUE(counts.ok()) << Describe(counts.error());
  if (counts.ok()) written.counts = *counts;
  return written;
}

store::ReportRow& Add(RowsReader& reader, const std::string& id, TaskState state,
                      const std::string& reads = "", const std::string& code = "") {
  TaskSpec spec;
  spec.prompt = "p";
  if (!reads.empty()) {
    Input input;
    input.source.type = SourceType::kTask;
    input.source.text = reads;
    input.usage = "FirstFrame";
    spec.inputs.push_back(input);
  }
  store::ReportRow& row = reader.Add(id, spec);
  row.row.state = state;
  row.row.error_code = code;
  return row;
}

TEST(ManifestOfFailed, HoldsWhatFailedAndWhatWasSkippedForIt) {
  RowsReader reader;
  Add(reader, "fine", TaskState::kSucceeded);
  Add(reader, "still", TaskState::kFailed);
  Add(reader, "fox", TaskState::kSkipped, "still");
  Add(reader, "waiting", TaskState::kPending);
  Add(reader, "unwanted", TaskState::kCancelled);
  Add(reader, "left-out", TaskState::kFailed).row.listed = false;
  const Written written = Write(reader);
  EXPECT_EQ(written.counts.written, 2);
  EXPECT_EQ(
      written.text,
      std::string(kHead) +
          "tasks:\n"
          "  - id: still\n    model: Kling/2.1\n    prompt: p\n"
          "  - id: fox\n    model: Kling/2.1\n    prompt: p\n    first_frame: \"task:still\"\n");
}

// What may have been made already is paid for twice when it is made again.
TEST(ManifestOfFailed, LeavesLostAndOverdueTasksOutUnlessTheyAreWished) {
  RowsReader reader;
  Add(reader, "a", TaskState::kLost);
  Add(reader, "b", TaskState::kFailed, "", "overdue");
  Add(reader, "c", TaskState::kFailed, "", "InternalError");
  Written written = Write(reader);
  EXPECT_EQ(written.counts.written, 1);
  EXPECT_EQ(written.counts.lost, 2);
  EXPECT_THAT(written.text, Not(HasSubstr("id: a")));
  ManifestOfFailedOptions options;
  options.with_lost = true;
  EXPECT_EQ(Write(reader, options).counts.written, 3);
}

TEST(ManifestOfFailed, WithoutRefusedNeitherTheyNorWhatNeedsThem) {
  RowsReader reader;
  Add(reader, "last", TaskState::kSkipped, "middle");
  Add(reader, "middle", TaskState::kSkipped, "refused");
  Add(reader, "refused", TaskState::kFailed, "", "content");
  Add(reader, "other", TaskState::kFailed, "", "InternalError");
  EXPECT_EQ(Write(reader).counts.written, 4);
  ManifestOfFailedOptions options;
  options.without_refused = true;
  const Written written = Write(reader, options);
  EXPECT_EQ(written.counts.written, 1);
  EXPECT_EQ(written.counts.refused, 1);
  EXPECT_EQ(written.counts.dependent, 2);
}

TEST(ManifestOfFailed, TakesOutputsOfWhatSucceeded) {
  RowsReader reader;
  store::ArtifactRow artifact;
  artifact.url = "https://host/still.png";
  Add(reader, "linked", TaskState::kSucceeded).artifacts = {artifact};
  artifact.file_id = "387702";
  Add(reader, "kept", TaskState::kSucceeded).artifacts = {artifact};
  artifact.path = "out/still-1.png";
  Add(reader, "here", TaskState::kSucceeded).artifacts = {artifact};
  Add(reader, "a", TaskState::kFailed, "linked");
  Add(reader, "b", TaskState::kFailed, "kept");
  Add(reader, "c", TaskState::kFailed, "here");
  const Written written = Write(reader);
  EXPECT_EQ(written.counts.written, 3);
  EXPECT_THAT(written.text, HasSubstr("first_frame: \"https://host/still.png\""));
  EXPECT_THAT(written.text, HasSubstr("first_frame: \"vod:387702\""));
  EXPECT_THAT(written.text, HasSubstr("first_frame: out/still-1.png"));
}

TEST(ManifestOfFailed, WritesNothingWhenNothingFailed) {
  RowsReader reader;
  Add(reader, "fine", TaskState::kSucceeded);
  const Written written = Write(reader);
  EXPECT_EQ(written.counts.written, 0);
  EXPECT_EQ(written.text, "");
}

// The way back: what is read from the written entries is what was read from the first manifest.
std::string Again(const std::vector<TaskSpec>& specs) {
  std::string text = std::string(kHead) + "tasks:\n";
  for (const TaskSpec& spec : specs) text += ManifestEntry(spec, kFilename);
  return text;
}

class ManifestEntryOfExample : public testing::TestWithParam<const char*> {};

TEST_P(ManifestEntryOfExample, ReadsBackAsItWas) {
  const std::string path =
      std::string(AIGC_SOURCE_DIR) + "/manifests/examples/" + GetParam() + ".yaml";
  manifest::PosixFileReader files;
  manifest::LoadOptions options;
  options.files = &files;
  const auto first = manifest::LoadAll(manifest::ReadWholeFile(path), options, path);
  ASSERT_EQ(first.problems, "");
  const std::string text = Again(first.tasks);
  const auto second = manifest::LoadAll(text, options, path);
  ASSERT_EQ(second.problems, "") << text;
  ASSERT_EQ(second.tasks.size(), first.tasks.size());
  for (std::size_t i = 0; i < first.tasks.size(); ++i) {
    EXPECT_EQ(SpecJson(second.tasks[i]), SpecJson(first.tasks[i])) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ManifestEntryOfExample,
                         testing::Values("hailuo", "images", "kling", "matrix", "os", "pipeline",
                                         "quickstart", "vidu"));

TEST(ManifestEntry, ReadsBackEveryFieldAndAnyText) {
  const std::string manifest = R"(manifest: 1
name: first
tasks:
  - id: "all, of: it"
    model: Kling/O1
    prompt: "{\"a\": $${b}}\nnext # line \u2028 \uFEFF \x7F \\ 🦊 مرحبا 'x' \"y\""
    negative_prompt: "true"
    enhance_prompt: false
    first_frame: images/ok.png
    references: [{source: "https://host/a b.png", key: "a}, {b"}, images/other.png]
    inputs:
      - {source: "https://host/clip.mp4", usage: reference, category: video, reference_type: feature, object_id: o, voice_id: v, keep_original_sound: false, text: "- no"}
      - {source: "vod:123", category: audio}
    subjects:
      - {id: s1, name: "null", voice_id: v, image_urls: ["https://host/1.png", "https://host/2.png"]}
      - {name: two, video_urls: ["https://host/1.mp4"]}
    duration: 5.5
    resolution: 720P
    aspect_ratio: 16:9
    audio: true
    bgm: false
    enhance: true
    frame_interpolate: false
    off_peak: true
    logo: false
    person_generation: allow_adult
    input_compliance_check: true
    output_compliance_check: false
    storage: permanent
    media_name: "007"
    class_id: 12
    expire_time: "2027-01-01T00:00:00Z"
    seed: 9007199254740993
    scene_type: motion_control
    priority: -3
    input_region: Oversea
    procedure: p
    ext_info: {b: [1, "$${c}"], a: {}}
    api: {New: {Deep: [1.50, "$${d} [x", true, null]}, Text: "yes"}
    tags: ["a, b", "[c]", no, "12"]
    output: {dir: films/2, filename: "${id}_${output}.${ext}"}
  - id: picture
    kind: image
    model: OG/image2_medium
    prompt: p
    count: 2
    format: png
    depends_on: ["all, of: it"]
  - id: third
    model: Kling/2.1
    prompt: p
    first_frame: "task:picture#2"
    inputs: [{source: "task:all, of: it", category: video}]
)";
  manifest::MemoryFiles files;
  std::string text = manifest;
  // Not what this test is about: a URL may hold no blank.
  text.replace(text.find("a b.png"), 7, "a%20b.png");
  const auto first = manifest::LoadAll(text, manifest::TestOptions(&files));
  ASSERT_EQ(first.problems, "");
  const auto second = manifest::LoadAll(Again(first.tasks), manifest::TestOptions(&files));
  ASSERT_EQ(second.problems, "") << Again(first.tasks);
  ASSERT_EQ(second.tasks.size(), 3U);
  EXPECT_EQ(SpecJson(second.tasks[0]), SpecJson(first.tasks[0]));
  EXPECT_EQ(SpecJson(second.tasks[1]), SpecJson(first.tasks[1]));
  EXPECT_EQ(SpecJson(second.tasks[2]), SpecJson(first.tasks[2]));
}

TEST(YamlText, QuotesWhatIsNotPlain) {
  EXPECT_EQ(YamlText("Hailuo/2.3"), "Hailuo/2.3");
  EXPECT_EQ(YamlText("true"), "\"true\"");
  EXPECT_EQ(YamlText("12"), "\"12\"");
  EXPECT_EQ(YamlText(""), "\"\"");
  EXPECT_EQ(YamlText("a: b"), "\"a: b\"");
  EXPECT_EQ(YamlText(std::string("\x00\x1b\x7f\"\\\n", 6)), "\"\\x00\\x1B\\x7F\\\"\\\\\\n\"");
  EXPECT_EQ(YamlText("\xC2\x85\xFFx"), "\"\\u0085\uFFFDx\"");
  EXPECT_EQ(ManifestText("$${a} ${b} $c"), "\"$$${a} $${b} $c\"");
}

}  // namespace
}  // namespace aigc::report
