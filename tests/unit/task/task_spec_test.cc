#include "task/task_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "unit/task/spec_builder.h"

namespace aigc {
namespace {

TEST(SpecJson, ReadsBackWithEveryFieldSet) {
  const auto back = ParseSpec(SpecJson(FullSpec()));
  ASSERT_TRUE(back.ok()) << Describe(back.error());
  EXPECT_EQ(*back, FullSpec()) << SpecJson(*back);
}

TEST(SpecJson, ReadsBackWithNothingSet) {
  EXPECT_EQ(*ParseSpec(SpecJson(TaskSpec{})), TaskSpec{});
  EXPECT_EQ(SpecJson(TaskSpec{}), R"({"kind":"video"})");
}

TEST(SpecJson, ReadsBackWhateverIsInIt) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Random random(seed);
    const TaskSpec spec = RandomSpec(random);
    const std::string json = SpecJson(spec);
    EXPECT_EQ(json.find('\n'), std::string::npos) << "one line";
    const auto back = ParseSpec(json);
    ASSERT_TRUE(back.ok()) << "seed " << seed << ": " << Describe(back.error()) << "\n" << json;
    ASSERT_EQ(*back, spec) << "seed " << seed << "\n" << json << "\n" << SpecJson(*back);
  }
}

TEST(SpecJson, TellsNotSaidFromFalseAndZero) {
  TaskSpec spec;
  spec.audio = false;
  spec.seed = 0;
  const TaskSpec back = *ParseSpec(SpecJson(spec));
  EXPECT_EQ(back.audio, false);
  EXPECT_EQ(back.seed, 0);
  EXPECT_EQ(back.bgm, std::nullopt);
  EXPECT_EQ(back.class_id, std::nullopt);
}

TEST(ParseSpec, IgnoresMembersItDoesNotKnow) {
  EXPECT_EQ(ParseSpec(R"({"id":"a","kind":"image","new_member":{"x":[1]}})")->id, "a");
}

TEST(ParseSpec, FailsOnWhatSpecJsonDidNotWrite) {
  for (const char* bad : {"", "nonsense", "[]", "{", "null", R"({"seed":"x"})"}) {
    const auto parsed = ParseSpec(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::kStateDamaged);
  }
  EXPECT_FALSE(ParseSpec(std::string(100000, '[')).ok()) << "deep nesting ends in an error";
}

// A state of today must be understood tomorrow: these change only with a new prefix ("f3:").
TEST(Fingerprint, OfAGivenSpecNeverChanges) {
  TaskSpec simple;
  simple.id = "any";
  simple.model = "Hailuo";
  simple.version = "2.3";
  simple.prompt = "a red fox in the snow";
  EXPECT_EQ(Fingerprint(simple), "f2:712b198609561b0db277b1291a5f4b05");
  EXPECT_EQ(Fingerprint(FullSpec()), "f2:fa48f9c6409b787d95c48b33bb4f74a8");
  EXPECT_EQ(Fingerprint(TaskSpec{}), "f2:2bfb76db346cac02a003005aa104f801");
  TaskSpec chained = simple;
  chained.inputs.push_back(
      {.source = {.type = SourceType::kTask, .text = "other", .output = 2}, .usage = "FirstFrame"});
  EXPECT_EQ(Fingerprint(chained, {"f1:00112233445566778899aabbccddeeff"}),
            "f2:d66cc892061e8c9cef76dd26ada332d1");
}

using Edit = std::pair<std::string, std::function<void(TaskSpec&)>>;

TEST(Fingerprint, ChangesWithEverythingThatShapesTheOutput) {
  const std::vector<Edit> edits = {
      {"kind", [](TaskSpec& s) { s.kind = Kind::kVideo; }},
      {"model", [](TaskSpec& s) { s.model = "Vidu"; }},
      {"version", [](TaskSpec& s) { s.version = "2.1"; }},
      {"prompt", [](TaskSpec& s) { s.prompt += " "; }},
      {"negative_prompt", [](TaskSpec& s) { s.negative_prompt.clear(); }},
      {"enhance_prompt", [](TaskSpec& s) { s.enhance_prompt.reset(); }},
      {"input url", [](TaskSpec& s) { s.inputs[0].source.text += "?v=2"; }},
      {"input key", [](TaskSpec& s) { s.inputs[0].source.key = "k"; }},
      {"input content", [](TaskSpec& s) { s.inputs[1].source.content_sha256 = "ab13"; }},
      {"input type", [](TaskSpec& s) { s.inputs[0].source.type = SourceType::kFileId; }},
      {"input order", [](TaskSpec& s) { std::swap(s.inputs[0], s.inputs[1]); }},
      {"one input less", [](TaskSpec& s) { s.inputs.pop_back(); }},
      {"usage", [](TaskSpec& s) { s.inputs[0].usage = "LastFrame"; }},
      {"category", [](TaskSpec& s) { s.inputs[0].category = Category::kVideo; }},
      {"reference_type", [](TaskSpec& s) { s.inputs[1].reference_type = "base"; }},
      {"object_id", [](TaskSpec& s) { s.inputs[1].object_id = "p"; }},
      {"voice_id", [](TaskSpec& s) { s.inputs[1].voice_id = "w"; }},
      {"keep_original_sound", [](TaskSpec& s) { s.inputs[1].keep_original_sound.reset(); }},
      {"input text", [](TaskSpec& s) { s.inputs[1].text = "sings"; }},
      {"subject id", [](TaskSpec& s) { s.subjects[0].id = "s2"; }},
      {"subject name", [](TaskSpec& s) { s.subjects[0].name = "R"; }},
      {"subject voice", [](TaskSpec& s) { s.subjects[0].voice_id = ""; }},
      {"subject images", [](TaskSpec& s) { s.subjects[0].image_urls.clear(); }},
      {"subject videos", [](TaskSpec& s) { s.subjects[0].video_urls.push_back("x"); }},
      {"duration", [](TaskSpec& s) { s.duration = 5; }},
      {"resolution", [](TaskSpec& s) { s.resolution = "720P"; }},
      {"aspect_ratio", [](TaskSpec& s) { s.aspect_ratio = "9:16"; }},
      {"audio", [](TaskSpec& s) { s.audio = false; }},
      {"bgm", [](TaskSpec& s) { s.bgm.reset(); }},
      {"enhance", [](TaskSpec& s) { s.enhance.reset(); }},
      {"frame_interpolate", [](TaskSpec& s) { s.frame_interpolate = true; }},
      {"logo", [](TaskSpec& s) { s.logo = true; }},
      {"person_generation", [](TaskSpec& s) { s.person_generation = "Disallowed"; }},
      {"input_compliance_check", [](TaskSpec& s) { s.input_compliance_check = false; }},
      {"output_compliance_check", [](TaskSpec& s) { s.output_compliance_check = true; }},
      {"count", [](TaskSpec& s) { s.count = 1; }},
      {"format", [](TaskSpec& s) { s.format = "jpeg"; }},
      {"seed", [](TaskSpec& s) { s.seed = 9007199254740992; }},
      {"scene_type", [](TaskSpec& s) { s.scene_type.clear(); }},
      {"ext_info", [](TaskSpec& s) { s.ext_info = "{}"; }},
      {"api", [](TaskSpec& s) { s.api.clear(); }},
  };
  std::vector<std::string> seen = {Fingerprint(FullSpec())};
  for (const auto& [what, edit] : edits) {
    TaskSpec spec = FullSpec();
    edit(spec);
    const std::string fingerprint = Fingerprint(spec);
    EXPECT_THAT(seen, testing::Not(testing::Contains(fingerprint))) << what;
    seen.push_back(fingerprint);
  }
}

std::string ToUpper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

TEST(Fingerprint, DoesNotChangeWithWhatDoesNotShapeTheOutput) {
  const std::vector<Edit> edits = {
      {"id", [](TaskSpec& s) { s.id = "hare"; }},
      {"priority", [](TaskSpec& s) { s.priority = 9; }},
      {"off_peak", [](TaskSpec& s) { s.off_peak = false; }},
      {"input_region", [](TaskSpec& s) { s.input_region = "Mainland"; }},
      {"storage", [](TaskSpec& s) { s.storage = "Temporary"; }},
      {"media_name", [](TaskSpec& s) { s.media_name.clear(); }},
      {"class_id", [](TaskSpec& s) { s.class_id.reset(); }},
      {"expire_time", [](TaskSpec& s) { s.expire_time.clear(); }},
      {"procedure", [](TaskSpec& s) { s.procedure.clear(); }},
      {"tags", [](TaskSpec& s) { s.tags.clear(); }},
      {"depends_on", [](TaskSpec& s) { s.depends_on.clear(); }},
      {"output_dir", [](TaskSpec& s) { s.output_dir.clear(); }},
      {"output_filename", [](TaskSpec& s) { s.output_filename.clear(); }},
      {"spelling of the model", [](TaskSpec& s) { s.model = ToUpper(s.model); }},
      {"spelling of the version", [](TaskSpec& s) { s.version = ToUpper(s.version); }},
      {"spelling of the resolution", [](TaskSpec& s) { s.resolution = ToUpper(s.resolution); }},
      {"spelling of the ratio", [](TaskSpec& s) { s.aspect_ratio = ToUpper(s.aspect_ratio); }},
      {"path of a local file", [](TaskSpec& s) { s.inputs[1].source.text = "moved/a.wav"; }},
  };
  for (const auto& [what, edit] : edits) {
    TaskSpec spec = FullSpec();
    edit(spec);
    EXPECT_EQ(Fingerprint(spec), Fingerprint(FullSpec())) << what;
  }
}

TEST(Fingerprint, FollowsTheTasksThatAreRead) {
  TaskSpec spec;
  const Source from_task = {.type = SourceType::kTask, .text = "first", .output = 1};
  spec.inputs = {
      {.source = from_task}, {.source = {.text = "https://host/a"}}, {.source = from_task}};
  const std::string before = Fingerprint(spec, {"f1:a", "f1:b"});
  EXPECT_NE(Fingerprint(spec, {"f1:c", "f1:b"}), before);
  EXPECT_NE(Fingerprint(spec, {"f1:a", "f1:c"}), before);
  EXPECT_NE(Fingerprint(spec, {"f1:b", "f1:a"}), before);
  spec.inputs[0].source.output = 2;
  EXPECT_NE(Fingerprint(spec, {"f1:a", "f1:b"}), before);
  spec.inputs[0].source.output = 1;
  spec.inputs[0].source.text = "renamed";
  EXPECT_EQ(Fingerprint(spec, {"f1:a", "f1:b"}), before) << "what was read counts, not its name";
}

TEST(Fingerprint, StandsForAKeyInPlaceOfItsSource) {
  TaskSpec spec;
  spec.inputs = {{.source = {.text = "https://host/a?sign=1", .key = "fox"}}};
  const std::string before = Fingerprint(spec);
  spec.inputs[0].source.text = "https://host/a?sign=2";
  EXPECT_EQ(Fingerprint(spec), before);
  spec.inputs[0].source.key = "hare";
  EXPECT_NE(Fingerprint(spec), before);
}

TEST(Fingerprint, IsTheSameForASpecThatWasStored) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    const TaskSpec spec = RandomSpec(random);
    ASSERT_EQ(Fingerprint(*ParseSpec(SpecJson(spec))), Fingerprint(spec)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace aigc
