#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"

namespace aigc::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "error resolution: message | hint", the form in which these tests compare.
std::vector<std::string> Texts(const std::vector<Finding>& findings) {
  std::vector<std::string> texts;
  for (const Finding& finding : findings) {
    std::string text = finding.severity == Severity::kError ? "error " : "warning ";
    text += finding.field + ": " + finding.message;
    if (!finding.hint.empty()) text += " | " + finding.hint;
    texts.push_back(std::move(text));
  }
  return texts;
}

std::vector<std::string> Check(const TaskSpec& spec, bool allow_unknown = false) {
  EXPECT_TRUE(BuiltIn().ok());
  return Texts(BuiltIn()->Check(spec, {allow_unknown}));
}

TaskSpec Video(const std::string& model, const std::string& version) {
  TaskSpec spec;
  spec.model = model;
  spec.version = version;
  spec.prompt = "a fox";
  return spec;
}

TaskSpec Image(const std::string& model, const std::string& version) {
  TaskSpec spec = Video(model, version);
  spec.kind = Kind::kImage;
  return spec;
}

Input File(const std::string& usage, Category category = Category::kImage) {
  Input input;
  input.source.text = "http://h/a";
  input.usage = usage;
  input.category = category;
  return input;
}

TEST(Check, FindsNothingWrongWithOrdinaryTasks) {
  TaskSpec spec = Video("Hailuo", "2.3");
  spec.duration = 6;
  spec.resolution = "1080P";
  EXPECT_THAT(Check(spec), IsEmpty());
  spec = Video("Kling", "2.1");
  spec.duration = 5;
  spec.resolution = "1080P";
  spec.inputs = {File("FirstFrame"), File("LastFrame")};
  EXPECT_THAT(Check(spec), IsEmpty());
  spec = Video("Vidu", "q2");
  spec.aspect_ratio = "3:4";
  spec.duration = 8;
  spec.inputs = {File("Reference"), File("Reference")};
  EXPECT_THAT(Check(spec), IsEmpty());
  spec = Video("OS", "2.0");
  spec.duration = 12;
  spec.audio = true;
  EXPECT_THAT(Check(spec), IsEmpty());
  spec = Image("GG", "3.0");
  spec.resolution = "2K";
  spec.aspect_ratio = "21:9";
  EXPECT_THAT(Check(spec), IsEmpty());
}

TEST(Check, WarnsOfAnUnknownModelWithTheNearest) {
  EXPECT_THAT(Check(Video("Kilng", "2.1")),
              ElementsAre("warning model: the catalog of 2026-08-21 does not know the video model "
                          "Kilng/2.1 | did you mean Kling/2.1?"));
  EXPECT_THAT(Check(Video("Hailuo", "9.9")),
              ElementsAre(testing::StartsWith("warning model: the catalog of 2026-08-21 does not "
                                              "know the video model Hailuo/9.9 | ")));
  EXPECT_THAT(Check(Video("Something", "else")),
              ElementsAre(testing::HasSubstr("`aigc-batch models` lists the known ones")));
}

TEST(Check, TellsAModelOfTheOtherKind) {
  EXPECT_THAT(Check(Video("GG", "3.0")),
              ElementsAre("error model: GG/3.0 makes images, not videos | write kind: image, or "
                          "choose another model"));
  EXPECT_THAT(Check(Image("Hailuo", "02")),
              ElementsAre("error model: Hailuo/02 makes videos, not images | write kind: video, or "
                          "choose another model"));
}

TEST(Check, AsksForAVersion) {
  EXPECT_THAT(Check(Video("GV", "")),
              ElementsAre("error model: GV needs a version | use GV/3.1, GV/3.1-fast or "
                          "GV/3.1-lite"));
}

TEST(Check, WarnsOfModelsThatAreNotDocumented) {
  EXPECT_THAT(Check(Image("GEM", "3.0")),
              ElementsAre("warning model: GEM/3.0 is no longer documented; the service may refuse "
                          "it | use GG/3.0"));
  TaskSpec spec = Video("GV", "3.1-lite");
  spec.duration = 8;
  spec.resolution = "720P";
  EXPECT_THAT(Check(spec), ElementsAre("warning model: GV/3.1-lite is not documented; the service "
                                       "may refuse it"));
}

TEST(Check, ComparesDurations) {
  TaskSpec spec = Video("Hailuo", "2.3");
  spec.duration = 7;
  EXPECT_THAT(Check(spec),
              ElementsAre("error duration: Hailuo/2.3 does not take 7 s | use 6 or 10"));
  EXPECT_THAT(Check(spec, true),
              ElementsAre("warning duration: Hailuo/2.3 does not take 7 s | use 6 or 10"));
  spec = Video("Kling", "2.5");
  spec.duration = 7;
  EXPECT_THAT(Check(spec), ElementsAre("warning duration: 7 s is documented for the family of "
                                       "Kling/2.5 only | use 5 or 10"));
  spec.duration = 16;
  EXPECT_THAT(Check(spec),
              ElementsAre("error duration: Kling/2.5 does not take 16 s | use 5 or 10"));
  spec = Video("Vidu", "q2");
  spec.duration = 5.5;
  EXPECT_THAT(Check(spec), ElementsAre("error duration: Vidu/q2 does not take 5.5 s | use 1 to 10, "
                                       "whole seconds"));
  spec = Video("Hunyuan", "1.5");
  spec.duration = 5;
  EXPECT_THAT(Check(spec), testing::Contains("warning duration: it is not documented which "
                                             "durations Hunyuan/1.5 takes"));
}

TEST(Check, ComparesResolutionsAndAspectRatios) {
  TaskSpec spec = Video("Kling", "2.5");
  spec.resolution = "480P";
  spec.aspect_ratio = "4:3";
  EXPECT_THAT(Check(spec),
              ElementsAre("error resolution: Kling/2.5 does not take \"480P\" | use 720P or 1080P",
                          "error aspect_ratio: Kling/2.5 does not take \"4:3\" | use 16:9, 9:16 or "
                          "1:1"));
  spec.resolution = "2K";
  spec.aspect_ratio = "";
  EXPECT_THAT(Check(spec), ElementsAre("warning resolution: 2K is not documented for Kling/2.5 | "
                                       "use 720P or 1080P"));
  spec = Video("Hailuo", "02");
  spec.aspect_ratio = "16:9";
  EXPECT_THAT(
      Check(spec),
      ElementsAre("warning aspect_ratio: aspect_ratio has no effect on Hailuo/02 | remove it"));
  spec = Video("Kling", "2.5");
  spec.inputs = {File("FirstFrame")};
  spec.aspect_ratio = "16:9";
  EXPECT_THAT(Check(spec),
              ElementsAre("warning aspect_ratio: aspect_ratio has no effect here: the picture "
                          "decides | remove it"));
}

TEST(Check, KnowsWhatAModelCanStartFrom) {
  EXPECT_THAT(
      Check(Video("Hailuo", "2.3-fast")),
      ElementsAre("error : Hailuo/2.3-fast: 2.3-fast works from a first-frame image only; a "
                  "text-only task is accepted and then fails"));
  EXPECT_THAT(Check(Video("Vidu", "q2-turbo")),
              ElementsAre("warning : Vidu/q2-turbo: no text-only mode is documented for q2-turbo"));
  TaskSpec spec = Video("OS", "2.0");
  spec.inputs = {File("FirstFrame"), File("LastFrame")};
  EXPECT_THAT(Check(spec), ElementsAre("warning last_frame: OS/2.0 does not take a last frame, as "
                                       "far as is known"));
  spec = Video("Hailuo", "02");
  spec.inputs = {File("FirstFrame"), File("LastFrame")};
  EXPECT_THAT(Check(spec), ElementsAre("warning last_frame: sources disagree whether Hailuo/02 "
                                       "takes a last frame"));
  spec = Video("Kling", "2.0");
  spec.inputs = {File("Reference")};
  EXPECT_THAT(Check(spec), ElementsAre("warning references: Kling/2.0 does not take references, as "
                                       "far as is known"));
  spec = Video("Kling", "2.6");
  spec.inputs = {File("FirstFrame"), File("Reference", Category::kVideo)};
  EXPECT_THAT(Check(spec), ElementsAre("warning inputs: Kling/2.6 takes a video only with "
                                       "scene_type motion_control"));
  spec.scene_type = "motion_control";
  EXPECT_THAT(Check(spec), IsEmpty());
  spec = Video("Kling", "3.0");
  spec.subjects = {{"s1", "", "", {}, {}}};
  EXPECT_THAT(Check(spec), IsEmpty());
}

TEST(Check, WantsAFirstFrameBesideALastOne) {
  TaskSpec spec = Video("Kling", "2.0");
  spec.inputs = {File("LastFrame")};
  EXPECT_THAT(Check(spec), ElementsAre("error last_frame: a last frame needs a first frame | add "
                                       "first_frame"));
  spec.inputs = {File(""), File("LastFrame")};  // an image without usage is a first frame
  EXPECT_THAT(Check(spec), IsEmpty());
}

TEST(Check, AppliesRulesToDefaultsToo) {
  TaskSpec spec = Video("Kling", "2.1");
  spec.inputs = {File("FirstFrame"), File("LastFrame")};
  const std::string finding =
      "error resolution: Kling/2.1: a last frame works only with resolution 1080P on this version";
  EXPECT_THAT(Check(spec), ElementsAre(finding));  // 720P when none is said
  spec.resolution = "720P";
  EXPECT_THAT(Check(spec), ElementsAre(finding));
  EXPECT_THAT(Check(spec, true), ElementsAre(finding));  // known to fail, whatever is allowed
}

TEST(Check, AppliesRulesOfDurationSoundAndStorage) {
  TaskSpec spec = Video("Hailuo", "02");
  spec.resolution = "1080P";
  spec.duration = 10;
  EXPECT_THAT(Check(spec), ElementsAre("warning duration: Hailuo/02: 1080P is offered for 6 s "
                                       "only; use 768P for 10 s"));
  spec = Video("PixVerse", "v5.6");
  spec.resolution = "1080p";
  spec.duration = 10;
  EXPECT_THAT(Check(spec), ElementsAre("error duration: PixVerse/v5.6: 1080p is limited to 8 s; a "
                                       "longer task is accepted and then fails"));
  spec = Video("Kling", "2.6");
  spec.audio = true;
  EXPECT_THAT(Check(spec),
              ElementsAre("warning resolution: Kling/2.6: audio on 2.6 needs 1080P or above"));
  spec = Video("Hunyuan", "3d_2.0");
  spec.storage = "Permanent";
  EXPECT_THAT(Check(spec), testing::Contains("error storage: Hunyuan/3d_2.0: permanent storage is "
                                             "refused for this model"));
  spec = Video("Vidu", "q3-mix");
  spec.inputs = {File("Reference"), File("FirstFrame")};
  EXPECT_THAT(Check(spec), testing::Contains("error inputs: Vidu/q3-mix: every file must be a "
                                             "reference; anything else is refused"));
}

TEST(Check, CountsReferences) {
  TaskSpec spec = Video("Kling", "O1");
  spec.inputs.assign(6, File("Reference"));
  spec.subjects = {{"a", "", "", {}, {}}};
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.subjects.push_back({"b", "", "", {}, {}});
  EXPECT_THAT(Check(spec), ElementsAre("error references: Kling/O1: at most 7 reference images and "
                                       "subjects together"));
  spec.subjects.clear();
  spec.inputs.push_back(File("Reference", Category::kVideo));
  EXPECT_THAT(Check(spec), ElementsAre("error references: Kling/O1: at most 4 reference images and "
                                       "subjects together with a reference video"));
  spec = Video("Kling", "O1");
  spec.inputs = {File("FirstFrame"), File("LastFrame"), File("Reference")};
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.inputs.push_back(File("Reference"));
  EXPECT_THAT(Check(spec), ElementsAre("error last_frame: Kling/O1: more than two images exclude a "
                                       "last frame"));
  spec = Video("GV", "3.1");
  spec.inputs = {File("FirstFrame"), File("LastFrame")};
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.inputs.assign(4, File("Reference"));
  EXPECT_THAT(Check(spec), ElementsAre("error references: GV/3.1 takes at most 3 reference images, "
                                       "not 4 | use fewer"));
  spec = Image("Kling", "scene");
  EXPECT_THAT(Check(spec),
              ElementsAre("error references: Kling/scene needs at least 1 reference image"));
  spec = Image("GG", "2.5");
  spec.inputs.assign(4, File(""));
  EXPECT_THAT(Check(spec), ElementsAre("error references: GG/2.5 takes at most 3 reference images, "
                                       "not 4 | use fewer"));
}

TEST(Check, LooksAtTheTraitsOfReferences) {
  TaskSpec spec = Video("Hailuo", "H3");
  spec.inputs = {File("Reference", Category::kAudio)};
  EXPECT_THAT(Check(spec), ElementsAre("error inputs: Hailuo/H3 takes audio only beside a picture "
                                       "or a video | add one"));
  spec = Video("GV", "3.1");
  spec.inputs = {File("Reference")};
  spec.inputs[0].reference_type = "styel";
  EXPECT_THAT(Check(spec), ElementsAre("error inputs: GV/3.1 does not know the reference_type "
                                       "\"styel\" | use asset or style"));
  spec = Video("PixVerse", "v6");
  spec.inputs = {File("Reference")};
  EXPECT_THAT(Check(spec), ElementsAre("warning inputs: PixVerse/v6 wants a text for each "
                                       "reference, which the prompt refers to as @text"));
}

TEST(Check, MeasuresPromptsInCharacters) {
  std::string chinese;
  for (int i = 0; i < 2000; ++i) chinese += "狐";
  TaskSpec spec = Video("Hailuo", "2.3");
  spec.prompt = chinese;
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.prompt += "狸";
  EXPECT_THAT(Check(spec),
              ElementsAre("warning prompt: prompt has 2001 characters; above 2000 the service "
                          "may refuse or cut it"));
  spec.prompt = "x";
  spec.negative_prompt = std::string(501, 'x');
  EXPECT_THAT(
      Check(spec),
      ElementsAre("warning negative_prompt: negative_prompt has 501 characters; above 500 the "
                  "service may refuse or cut it"));
  spec = Video("Hailuo", "H3");
  spec.prompt = std::string(7000, 'x');
  EXPECT_THAT(Check(spec), IsEmpty());
  spec.prompt += 'x';
  EXPECT_THAT(Check(spec), ElementsAre("error prompt: a prompt of 7001 characters; Hailuo/H3 fails "
                                       "above 7000 | shorten it"));
  spec = Video("Hailuo", "2.3");
  spec.media_name = std::string(65, 'x');
  EXPECT_THAT(Check(spec),
              ElementsAre("error media_name: media_name has 65 characters; the service takes 64 | "
                          "shorten it"));
}

TEST(Check, WantsAPromptOrAnInput) {
  TaskSpec spec = Video("Hailuo", "2.3");
  spec.prompt.clear();
  EXPECT_THAT(Check(spec), ElementsAre("error prompt: neither a prompt nor an input: nothing to "
                                       "make a video of | add a prompt"));
  spec.inputs = {File("FirstFrame")};
  EXPECT_THAT(Check(spec), IsEmpty());
}

TEST(Check, WarnsOfSwitchesWithoutEffect) {
  TaskSpec spec = Video("Hailuo", "2.3");
  spec.audio = true;
  spec.off_peak = true;
  spec.logo = false;
  EXPECT_THAT(Check(spec),
              ElementsAre("warning audio: Hailuo/2.3 makes no sound, as far as is known",
                          "warning off_peak: off_peak has no effect on Hailuo/2.3 | remove it"));
  spec = Video("Vidu", "q3-pro");
  spec.audio = true;
  spec.off_peak = true;
  spec.logo = true;
  spec.frame_interpolate = true;
  EXPECT_THAT(Check(spec), IsEmpty());
}

TEST(Check, LooksAtImageOutputs) {
  TaskSpec spec = Image("OG", "image2_low");
  spec.count = 9;
  spec.format = "webp";
  spec.duration = 5;
  EXPECT_THAT(Check(spec),
              ElementsAre("warning duration: duration has no effect on an image",
                          "error count: OG/image2_low does not make 9 images at once | use 1 to 8",
                          "error format: OG/image2_low does not make \"webp\" | use jpeg or png"));
  spec = Image("GG", "3.0");
  spec.count = 2;
  EXPECT_THAT(Check(spec),
              ElementsAre("warning count: count has no effect on GG/3.0, which makes one "
                          "image | remove it"));
}

TEST(Check, KnowsSceneTypes) {
  TaskSpec spec = Video("Kling", "2.5");
  spec.scene_type = "lipsync";
  EXPECT_THAT(Check(spec), ElementsAre("error scene_type: Kling/2.5 does not know the scene_type "
                                       "\"lipsync\" | use avatar_i2v or lip_sync"));
  spec.scene_type = "lip_sync";
  EXPECT_THAT(Check(spec), IsEmpty());
}

TEST(Check, OnlyWarnsWhereTheRawRequestMayDiffer) {
  TaskSpec spec = Video("Hailuo", "2.3-fast");
  spec.duration = 7;
  spec.api = "{\"FileInfos\":[]}";
  for (const Finding& finding : BuiltIn()->Check(spec)) {
    EXPECT_EQ(finding.severity, Severity::kWarning) << finding.message;
  }
  EXPECT_EQ(BuiltIn()->Check(spec).size(), 2U);
}

TEST(Check, LeavesAMissingModelToTheManifest) { EXPECT_THAT(Check(TaskSpec{}), IsEmpty()); }

}  // namespace
}  // namespace aigc::catalog
