// What the fields of a task become in its TaskSpec.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/digest.h"
#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

using testing::HasSubstr;

constexpr char kHead[] = "manifest: 1\nname: t\n";

// The only task of a manifest with this entry.
TaskSpec One(const std::string& entry, const std::string& top = "") {
  MemoryFiles files;
  const Loaded loaded = LoadAll(kHead + top + "tasks:\n  - " + entry + "\n", TestOptions(&files));
  EXPECT_EQ(loaded.problems, "");
  EXPECT_EQ(loaded.tasks.size(), 1U);
  return loaded.tasks.empty() ? TaskSpec{} : loaded.tasks[0];
}

TEST(Task, TakesEveryScalarFieldOfAVideo) {
  const TaskSpec spec = One(R"(id: a
    model: Hailuo/02
    prompt: 一个小男孩, 16:9
    negative_prompt: "blur"
    enhance_prompt: true
    duration: 6s
    resolution: 768P
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
    media_name: fox
    class_id: 12
    expire_time: 2030-01-31T12:00:00Z
    seed: -7
    scene_type: motion_control
    priority: -10
    input_region: oversea
    procedure: Flow
    ext_info: '{"a":1}'
    api: {Extra: {Deep: [1, 2.5, true, text, "7", null]}}
    tags: [x, 2])");
  TaskSpec want;
  want.id = "a";
  want.model = "Hailuo";
  want.version = "02";
  want.prompt = "一个小男孩, 16:9";
  want.negative_prompt = "blur";
  want.enhance_prompt = true;
  want.duration = 6;
  want.resolution = "768P";
  want.aspect_ratio = "16:9";
  want.audio = true;
  want.bgm = false;
  want.enhance = true;
  want.frame_interpolate = false;
  want.off_peak = true;
  want.logo = false;
  want.person_generation = "AllowAdult";
  want.input_compliance_check = true;
  want.output_compliance_check = false;
  want.storage = "Permanent";
  want.media_name = "fox";
  want.class_id = 12;
  want.expire_time = "2030-01-31T12:00:00Z";
  want.seed = -7;
  want.scene_type = "motion_control";
  want.priority = -10;
  want.input_region = "Oversea";
  want.procedure = "Flow";
  want.ext_info = R"({"a":1})";
  want.api = R"({"Extra":{"Deep":[1,2.5,true,"text","7",null]}})";
  want.tags = {"x", "2"};
  want.output_filename = "a-${output}.${ext}";
  EXPECT_EQ(SpecJson(spec), SpecJson(want));
  EXPECT_EQ(spec, want);
}

TEST(Task, TakesTheFieldsOfAnImage) {
  const TaskSpec spec =
      One("{id: a, kind: image, model: OG/image2_low, prompt: x, count: 3, format: png}");
  EXPECT_EQ(spec.kind, Kind::kImage);
  EXPECT_EQ(spec.count, 3);
  EXPECT_EQ(spec.format, "png");
}

TEST(Task, KeepsTextAsTextWhateverItLooksLike) {
  const TaskSpec spec = One("{id: 007, model: A/02, prompt: 1_000, resolution: 0x10}");
  EXPECT_EQ(spec.id, "007");
  EXPECT_EQ(spec.version, "02");
  EXPECT_EQ(spec.prompt, "1_000");
  EXPECT_EQ(spec.resolution, "0x10");
}

TEST(Task, SaysNothingThatTheManifestDoesNotSay) {
  TaskSpec want;
  want.id = "a";
  want.model = "A";
  want.version = "1";
  want.prompt = "x";
  want.output_filename = "a-${output}.${ext}";
  EXPECT_EQ(One("{id: a, model: A/1, prompt: x}"), want);
}

TEST(Defaults, AreOverriddenDroppedAndTakenAway) {
  MemoryFiles files;
  const Loaded loaded = LoadAll(std::string(kHead) + R"(
defaults: {model: A/1, duration: 6, resolution: 768P, count: 2, tags: [d], vars: {x: dx, y: dy}}
vars: {y: my, z: mz}
tasks:
  - {id: own, prompt: "${x} ${y} ${z}", duration: 10, tags: [t], vars: {x: tx}}
  - {id: gone, prompt: x, duration: null, resolution: ~}
  - {id: still, kind: image, prompt: x}
)",
                                TestOptions(&files));
  ASSERT_EQ(loaded.problems, "");
  ASSERT_EQ(loaded.tasks.size(), 3U);
  EXPECT_EQ(loaded.tasks[0].duration, 10);
  EXPECT_EQ(loaded.tasks[0].prompt, "tx dy mz");
  EXPECT_EQ(loaded.tasks[0].tags, (std::vector<std::string>{"t"}));
  EXPECT_EQ(loaded.tasks[0].count, std::nullopt);
  EXPECT_EQ(loaded.tasks[1].duration, std::nullopt);
  EXPECT_EQ(loaded.tasks[1].resolution, "");
  EXPECT_EQ(loaded.tasks[2].duration, std::nullopt);
  EXPECT_EQ(loaded.tasks[2].count, 2);
}

TEST(Defaults, MergeMapsMemberByMember) {
  const TaskSpec spec =
      One("{id: a, prompt: x, api: {B: {C: 2, D: null}, E: 3}, ext_info: {k: v}}",
          "defaults: {model: A/1, api: {A: 1, B: {C: 1, D: 1, F: 1}}, ext_info: {j: true}}\n");
  EXPECT_EQ(spec.api, R"({"A":1,"B":{"C":2,"F":1},"E":3})");
  EXPECT_EQ(spec.ext_info, R"({"AdditionalParameters":"{\"j\":true,\"k\":\"v\"}"})");
}

TEST(ExtInfo, IsWrappedInThreeSteps) {
  const TaskSpec spec = One("{id: a, model: A/1, prompt: x, ext_info: {size: 728x1024, n: 1}}");
  EXPECT_EQ(spec.ext_info, R"({"AdditionalParameters":"{\"size\":\"728x1024\",\"n\":1}"})");
}

TEST(Api, KeepsTheDigitsOfLongNumbers) {
  const TaskSpec spec =
      One("{id: a, model: A/1, prompt: x, api: {N: 12345678901234567890, T: \"${index}\"}}");
  EXPECT_EQ(spec.api, R"({"N":12345678901234567890,"T":"1"})");
}

TEST(Sources, AreToldApartByTheirSpelling) {
  const TaskSpec spec = One(R"(id: a
    model: A/1
    first_frame: https://example.com/café.png?sig=1
    last_frame: {source: vod:3704211, key: pic-7}
    references: [images/ok.png, {source: http://example.com/a.MP4, key: k}, clips/a.mp3]
    inputs:
      - source: clips/a.mp4
        usage: reference
        reference_type: base
        object_id: o
        voice_id: v
        keep_original_sound: true
        text: name
      - {source: {source: https://example.com/x, key: inner}, category: video})");
  ASSERT_EQ(spec.inputs.size(), 7U);
  const Input& first = spec.inputs[0];
  EXPECT_EQ(first.source.type, SourceType::kUrl);
  EXPECT_EQ(first.source.text, "https://example.com/café.png?sig=1");
  EXPECT_EQ(first.usage, "FirstFrame");
  EXPECT_EQ(first.category, Category::kImage);
  EXPECT_EQ(spec.inputs[1].source, (Source{SourceType::kFileId, "3704211", "pic-7"}));
  EXPECT_EQ(spec.inputs[1].usage, "LastFrame");
  const Source local{SourceType::kLocalFile, "images/ok.png", "", 1, Sha256Hex(Png(64)), 64};
  EXPECT_EQ(spec.inputs[2].source, local);
  EXPECT_EQ(spec.inputs[2].usage, "Reference");
  EXPECT_EQ(spec.inputs[3].category, Category::kVideo);
  EXPECT_EQ(spec.inputs[3].source.key, "k");
  EXPECT_EQ(spec.inputs[4].category, Category::kAudio);
  const Input& full = spec.inputs[5];
  EXPECT_EQ(full.category, Category::kVideo);
  EXPECT_EQ(full.usage, "Reference");
  EXPECT_EQ(full.reference_type, "base");
  EXPECT_EQ(full.object_id, "o");
  EXPECT_EQ(full.voice_id, "v");
  EXPECT_EQ(full.keep_original_sound, true);
  EXPECT_EQ(full.text, "name");
  EXPECT_EQ(spec.inputs[6].category, Category::kVideo);
  EXPECT_EQ(spec.inputs[6].usage, "");
  EXPECT_EQ(spec.inputs[6].source.key, "inner");
}

TEST(LocalFiles, AreReadOnceHoweverOftenTheyAreNamed) {
  MemoryFiles files;
  std::string text = std::string(kHead) + "defaults: {model: A/1}\ntasks:\n";
  for (int i = 0; i < 50; ++i) {
    text += "  - {id: t" + std::to_string(i) + ", first_frame: images/ok.png}\n";
  }
  EXPECT_EQ(LoadAll(text, TestOptions(&files)).tasks.size(), 50U);
  EXPECT_EQ(files.reads, 1);
}

TEST(LocalFiles, AreFoundBesideTheManifest) {
  MemoryFiles files;
  files.files["some/where/a.png"] = Png(10);
  files.files["/abs/b.png"] = Png(11);
  const Loaded loaded = LoadAll(
      std::string(kHead) + "tasks:\n  - {id: a, model: A/1, references: [a.png, /abs/b.png]}\n",
      TestOptions(&files), "some/where/t.yaml");
  ASSERT_EQ(loaded.problems, "");
  EXPECT_EQ(loaded.tasks[0].inputs[0].source.content_bytes, 10);
  EXPECT_EQ(loaded.tasks[0].inputs[1].source.content_bytes, 11);
}

TEST(LocalFiles, GiveTheirBytesByHashUnlessTheyChanged) {
  MemoryFiles files;
  const LoadResult result =
      Load(std::string(kHead) + "tasks:\n  - {id: a, model: A/1, first_frame: images/ok.png}\n",
           "t.yaml", TestOptions(&files));
  ASSERT_TRUE(result.manifest.has_value());
  const std::string hash = Sha256Hex(Png(64));
  const auto bytes = result.manifest->ReadInput(hash);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(*bytes, Png(64));
  EXPECT_EQ(result.manifest->ReadInput("00").error().code, ErrorCode::kNotFound);
  files.files["images/ok.png"] = Png(63);
  EXPECT_EQ(result.manifest->ReadInput(hash).error().code, ErrorCode::kManifest);
  files.files.erase("images/ok.png");
  EXPECT_EQ(result.manifest->ReadInput(hash).error().code, ErrorCode::kNotFound);
}

TEST(Templates, TakeTheInnermostNameFirst) {
  const TaskSpec spec = One(
      "{id: \"s-${index}\", model: A/1, prompt: \"${a} ${b} ${vars.b} ${id} ${kind} ${model} "
      "${version} ${env:CITY} $${a} $ {a}\", vars: {a: own}, duration: \"${n}\", audio: \"${t}\"}",
      "vars: {a: outer, b: \"<${a}>\", n: 6, t: true}\n");
  EXPECT_EQ(spec.prompt, "own <own> <own> s-1 video A 1 上海 ${a} $ {a}");
  EXPECT_EQ(spec.id, "s-1");
  EXPECT_EQ(spec.duration, 6);
  EXPECT_EQ(spec.audio, true);
}

TEST(Templates, InFileNamesLeaveWhatIsKnownOnlyLater) {
  const std::string top =
      "output: {filename: \"${kind}/${id}-g${generation}-${output}.${ext}\", dir: \"out/${v}\"}\n"
      "vars: {v: x}\n";
  EXPECT_EQ(One("{id: a, model: A/1, prompt: x}", top).output_filename,
            "video/a-g${generation}-${output}.${ext}");
  const TaskSpec own = One(
      "{id: a, model: A/1, prompt: x, output: {dir: \"o/${id}/\", filename: \"f.${ext}\"}}", top);
  EXPECT_EQ(own.output_filename, "f.${ext}");
  EXPECT_EQ(own.output_dir, "o/a");
}

TEST(Prompt, MayBeMissingWhereSomethingElseSaysWhatToMake) {
  EXPECT_EQ(One("{id: a, model: A/1, first_frame: images/ok.png}").prompt, "");
  EXPECT_EQ(One("{id: a, model: A/1, scene_type: lip_sync}").prompt, "");
  EXPECT_EQ(One("{id: a, model: A/1, ext_info: {multi_shot: true}}").prompt, "");
}

TEST(Prompt, MayHoldAHashThatBeginsNoComment) {
  EXPECT_EQ(One("id: a\n    model: A/1\n    prompt: a fox#1 at \"home\"").prompt,
            "a fox#1 at \"home\"");
  EXPECT_EQ(One("id: a\n    model: A/1\n    prompt: \"a fox #1\" # comment").prompt, "a fox #1");
  EXPECT_EQ(One("id: a\n    model: A/1\n    prompt: |-\n      a fox #1\n      runs").prompt,
            "a fox #1\nruns");
}

TEST(ForEachTask, GivesPlacesInOrderAndTheSameTasksAgain) {
  MemoryFiles files;
  const std::string text = std::string(kHead) +
                           "defaults: {model: A/1}\ntasks:\n"
                           "  - {id: a, prompt: \"${index}\"}\n  - {id: b, prompt: \"${index}\"}\n";
  LoadResult result = Load(text, "t.yaml", TestOptions(&files));
  ASSERT_TRUE(result.manifest.has_value());
  EXPECT_EQ(result.manifest->task_count(), 2);
  for (int round = 0; round < 2; ++round) {
    std::string seen;
    const Status status = result.manifest->ForEachTask([&](const ExpandedTask& task) -> Status {
      seen += task.spec.id + task.spec.prompt + "@" + std::to_string(task.place.line) + ":" +
              std::to_string(task.place.column) + " ";
      return {};
    });
    EXPECT_TRUE(status.ok());
    EXPECT_EQ(seen, "a1@5:5 b2@6:5 ");
  }
}

TEST(ForEachTask, StopsAtTheVisitorsErrorAndHandsItOn) {
  const LoadResult result =
      Load(std::string(kHead) +
               "defaults: {model: A/1}\ntasks: [{id: a, prompt: x}, {id: b, prompt: x}]",
           "t.yaml", TestOptions(nullptr));
  ASSERT_TRUE(result.manifest.has_value());
  int visits = 0;
  const Status status = result.manifest->ForEachTask([&](const ExpandedTask&) -> Status {
    ++visits;
    return Error{ErrorCode::kDiskFull, "full"};
  });
  EXPECT_EQ(status.error().code, ErrorCode::kDiskFull);
  EXPECT_EQ(visits, 1);
}

TEST(CheckSpec, MayChangeTasksAndItsFindingsGetThePlaceOfTheField) {
  LoadOptions options = TestOptions(nullptr);
  options.check_spec = [](TaskSpec& spec, std::vector<Finding>& findings) {
    spec.resolution = "768P";
    if (spec.id == "bad") {
      findings.push_back({Severity::kError, "duration", "too long", "shorter"});
      findings.push_back({Severity::kWarning, "model", "is old"});
      findings.push_back({Severity::kError, "audio", "is missing"});
    }
  };
  const std::string head =
      std::string(kHead) +
      "defaults: {model: A/1}\ntasks:\n  - {id: a, prompt: x, resolution: 768p}\n";
  const Loaded good = LoadAll(head, options);
  ASSERT_EQ(good.problems, "");
  EXPECT_EQ(good.tasks[0].resolution, "768P");
  const Loaded bad = LoadAll(head + "  - {id: bad, prompt: x, duration: 99}\n", options);
  EXPECT_EQ(bad.problems,
            "test.yaml:3:19: warning: is old\n"
            "     3 | defaults: {model: A/1}\n       |                   ^\n"
            "test.yaml:6:5: error: is missing\n"
            "     6 |   - {id: bad, prompt: x, duration: 99}\n       |     ^\n"
            "test.yaml:6:36: error: too long\n"
            "     6 |   - {id: bad, prompt: x, duration: 99}\n"
            "       |                                    ^\n"
            "  hint: shorter\n2 errors, 1 warning\n");
}

TEST(CheckSpec, IsNotAskedAboutTasksWhoseInputsAreUnknown) {
  LoadOptions options = TestOptions(nullptr);
  int asked = 0;
  options.check_spec = [&](TaskSpec&, std::vector<Finding>&) { ++asked; };
  const std::string text =
      std::string(kHead) +
      "tasks:\n  - {id: a, model: A/1, prompt: x, first_frame: \"vod:\"}\n"
      "  - {id: b, prompt: x}\n  - {id: c, model: A/1, duration: soon, prompt: x}\n";
  EXPECT_FALSE(Load(text, "t.yaml", options).manifest.has_value());
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace aigc::manifest
