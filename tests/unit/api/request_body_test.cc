#include "api/request_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "wire_data.h"

namespace aigc::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kPixelBase64 =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg"
    "==";

TaskSpec Spec(Kind kind, std::string model, std::string version, std::string prompt) {
  TaskSpec spec;
  spec.kind = kind;
  spec.model = std::move(model);
  spec.version = std::move(version);
  spec.prompt = std::move(prompt);
  return spec;
}

Input UrlInput(std::string url, std::string usage, Category category = Category::kImage) {
  Input input;
  input.source = {SourceType::kUrl, std::move(url)};
  input.usage = std::move(usage);
  input.category = category;
  return input;
}

Input FileInput(std::string id, std::string usage) {
  Input input = UrlInput(std::move(id), std::move(usage));
  input.source.type = SourceType::kFileId;
  return input;
}

void ExpectSameAs(const std::string& sample, const TaskSpec& spec, const std::string& session,
                  const std::string& session_context = "") {
  const auto body = EncodeCreate(spec, {1500000001, session, session_context});
  ASSERT_TRUE(body.ok()) << Describe(body.error());
  EXPECT_EQ(Canonical(*body), Canonical(ReadWire(sample)));
}

TEST(EncodeCreate, WritesTextToVideoLikeTheSample) {
  TaskSpec spec = Spec(Kind::kVideo, "Kling", "2.5", "清晨的海港，渔船缓缓驶出，镜头平稳推进");
  spec.negative_prompt = "blurry, text overlay";
  spec.storage = "Temporary";
  spec.duration = 5;
  spec.resolution = "720P";
  spec.aspect_ratio = "16:9";
  ExpectSameAs("create-video-request-text.json", spec, "harbour-0001-a1",
               "run=20260820T0800;row=1;attempt=1");
}

TEST(EncodeCreate, WritesFirstFrameByUrlLikeTheSample) {
  TaskSpec spec =
      Spec(Kind::kVideo, "Hailuo", "2.3-fast", "The camera orbits the lighthouse while waves rise");
  spec.inputs = {UrlInput("https://assets.example.com/frames/0002.png", "FirstFrame")};
  spec.storage = "Temporary";
  spec.duration = 6;
  spec.resolution = "768P";
  ExpectSameAs("create-video-request-first-frame-url.json", spec, "harbour-0002-a1");
}

TEST(EncodeCreate, WritesFirstAndLastFrameByFileIdLikeTheSample) {
  TaskSpec spec = Spec(Kind::kVideo, "Vidu", "q2-pro", "The bud opens into a full flower");
  spec.inputs = {FileInput("5576678020000000101", "FirstFrame"),
                 FileInput("5576678020000000102", "LastFrame")};
  spec.duration = 4;
  spec.resolution = "1080P";
  ExpectSameAs("create-video-request-first-last-frame.json", spec, "harbour-0003-a1");
}

TEST(EncodeCreate, WritesReferencesLikeTheSample) {
  TaskSpec spec = Spec(Kind::kVideo, "Kling", "3.0-Omni",
                       "<<<image_1>>> walks through <<<image_2>>> at dusk, handheld camera");
  spec.inputs = {UrlInput("https://assets.example.com/ref/actor.png", "Reference"),
                 UrlInput("https://assets.example.com/ref/street.png", "Reference")};
  spec.duration = 5;
  spec.resolution = "1080P";
  spec.aspect_ratio = "9:16";
  spec.audio = false;
  ExpectSameAs("create-video-request-references.json", spec, "harbour-0005-a1");
}

TEST(EncodeCreate, WritesObjectIdsLikeTheSample) {
  TaskSpec spec = Spec(Kind::kVideo, "Vidu", "q2", "@fox runs across @forest in the rain");
  spec.inputs = {UrlInput("https://assets.example.com/ref/fox.png", "Reference"),
                 UrlInput("https://assets.example.com/ref/forest.png", "Reference")};
  spec.inputs[0].object_id = "fox";
  spec.inputs[1].object_id = "forest";
  spec.duration = 5;
  spec.resolution = "720P";
  spec.aspect_ratio = "4:3";
  ExpectSameAs("create-video-request-vidu-references.json", spec, "harbour-0006-a1");
}

TEST(EncodeCreate, WritesVideoEditLikeTheSample) {
  TaskSpec spec = Spec(Kind::kVideo, "Kling", "O1",
                       "In <<<video_1>>>, dress the rider in the jacket from <<<image_1>>>");
  spec.inputs = {
      UrlInput("https://assets.example.com/clips/base.mp4", "Reference", Category::kVideo),
      UrlInput("https://assets.example.com/ref/jacket.png", "Reference")};
  spec.inputs[0].reference_type = "base";
  spec.inputs[0].keep_original_sound = true;
  spec.resolution = "1080P";
  ExpectSameAs("create-video-request-video-edit.json", spec, "harbour-0008-a1");
}

TEST(EncodeCreate, WritesSubjectsLikeTheSample) {
  TaskSpec spec = Spec(Kind::kVideo, "Vidu", "q2-pro", "[@Mira] waves from a tram window");
  Subject mira;
  mira.name = "Mira";
  mira.image_urls = {"https://assets.example.com/ref/mira-front.png",
                     "https://assets.example.com/ref/mira-side.png"};
  spec.subjects = {mira};
  spec.duration = 5;
  spec.resolution = "720P";
  spec.aspect_ratio = "16:9";
  ExpectSameAs("create-video-request-subjects.json", spec, "harbour-0009-a1");
}

TEST(EncodeCreate, SendsNoUsageWhereNoneWasSaid) {
  TaskSpec spec = Spec(Kind::kVideo, "Kling", "2.6", "Studio light, plain backdrop");
  spec.scene_type = "motion_control";
  spec.inputs = {UrlInput("https://assets.example.com/ref/dancer.png", ""),
                 UrlInput("https://assets.example.com/clips/dance.mp4", "", Category::kVideo)};
  spec.resolution = "720P";
  spec.ext_info =
      R"({"AdditionalParameters":"{\"character_orientation\":\"video\",\"keep_original_sound\":\"yes\"}"})";
  ExpectSameAs("create-video-request-motion-control.json", spec, "harbour-0011-a1");
}

TEST(EncodeCreate, WritesMultiShotWithoutPromptLikeTheSample) {
  TaskSpec spec = Spec(Kind::kVideo, "Kling", "3.0", "");
  spec.duration = 8;
  spec.resolution = "720P";
  spec.aspect_ratio = "16:9";
  spec.ext_info =
      R"({"AdditionalParameters":"{\"multi_shot\":true,\"shot_type\":\"customize\",\"multi_prompt\":)"
      R"([{\"index\":1,\"prompt\":\"A kite rises over the dunes\",\"duration\":\"3\"},)"
      R"({\"index\":2,\"prompt\":\"Close-up of hands holding the line\",\"duration\":\"5\"}]}"})";
  ExpectSameAs("create-video-request-multi-shot.json", spec, "harbour-0010-a1");
}

TEST(EncodeCreate, WritesPermanentStorageLikeTheSample) {
  TaskSpec spec = Spec(Kind::kVideo, "OS", "2.0", "A paper boat drifts down a rainy gutter");
  spec.storage = "Permanent";
  spec.media_name = "paper-boat";
  spec.class_id = 0;
  spec.duration = 8;
  spec.resolution = "720P";
  spec.aspect_ratio = "9:16";
  spec.audio = true;
  ExpectSameAs("create-video-request-permanent.json", spec, "harbour-0012-a1");
}

TEST(EncodeCreate, WritesImageTaskLikeTheSample) {
  TaskSpec spec =
      Spec(Kind::kImage, "Kling", "3.0-Omni", "A brass telescope on a wooden pier, golden hour");
  spec.storage = "Temporary";
  spec.resolution = "2k";
  spec.aspect_ratio = "16:9";
  spec.count = 3;
  spec.format = "png";
  ExpectSameAs("create-image-request.json", spec, "pier-0001-a1",
               "run=20260820T0800;row=31;attempt=1");
}

TEST(EncodeCreate, LeavesOutAnEmptyOutputConfig) {
  TaskSpec spec = Spec(Kind::kImage, "Hunyuan", "3.0", "水墨风格的山谷");
  spec.ext_info = R"({"AdditionalParameters":"{\"size\":\"728x1024\"}"})";
  ExpectSameAs("create-image-request-hunyuan-size.json", spec, "pier-0002-a1");
}

TEST(EncodeCreate, SendsNeitherUsageNorCategoryForImageTasks) {
  TaskSpec spec =
      Spec(Kind::kImage, "OG", "image2_medium", "Replace the sofa with a reading chair");
  spec.inputs = {UrlInput("https://assets.example.com/edit/room.png", "Reference"),
                 UrlInput("https://assets.example.com/edit/room-mask.png", "Reference")};
  spec.inputs[1].reference_type = "mask";
  spec.resolution = "1K";
  spec.aspect_ratio = "3:2";
  spec.count = 2;
  ExpectSameAs("create-image-request-mask.json", spec, "pier-0003-a1");
}

TaskSpec EverythingSaid() {
  TaskSpec spec = Spec(Kind::kVideo, "Vidu", "q2", "p");
  spec.negative_prompt = "n";
  spec.enhance_prompt = true;
  spec.inputs = {UrlInput("u", "Reference", Category::kAudio)};
  spec.inputs[0].voice_id = "v";
  spec.inputs[0].text = "t";
  spec.subjects = {Subject{"i", "n", "v", {}, {"https://v"}}};
  spec.duration = 5.5;
  spec.enhance = spec.off_peak = spec.frame_interpolate = spec.logo = spec.bgm = true;
  spec.person_generation = "AllowAdult";
  spec.input_compliance_check = spec.output_compliance_check = false;
  spec.expire_time = "2030-01-01T00:00:00Z";
  spec.count = 2;
  spec.format = "png";
  spec.input_region = "Oversea";
  spec.scene_type = "template_effect";
  spec.procedure = "flow";
  spec.seed = 7;
  spec.priority = -3;
  spec.ext_info = "{}";
  return spec;
}

TEST(EncodeCreate, KeepsTheFieldOrderOfTheReference) {
  const auto body = EncodeCreate(EverythingSaid(), {1, "s", "c"});
  ASSERT_TRUE(body.ok());
  EXPECT_THAT(
      MemberOrder(*body),
      ElementsAre("SubAppId", "ModelName", "ModelVersion", "FileInfos", "SubjectInfos", "Prompt",
                  "NegativePrompt", "EnhancePrompt", "OutputConfig", "InputRegion", "SceneType",
                  "Procedure", "Seed", "SessionId", "SessionContext", "TasksPriority", "ExtInfo"));
  EXPECT_THAT(*body, HasSubstr(R"("OutputConfig":{"ExpireTime":"2030-01-01T00:00:00Z",)"
                               R"("Duration":5.5,"PersonGeneration":"AllowAdult",)"
                               R"("InputComplianceCheck":"Disabled","OutputComplianceCheck":)"
                               R"("Disabled","EnhanceSwitch":"Enabled","OffPeak":"Enabled",)"
                               R"("FrameInterpolate":"Enabled","LogoAdd":"Enabled",)"
                               R"("EnableBGM":"Enabled"})"));
  EXPECT_THAT(*body, HasSubstr(R"([{"Type":"Url","Category":"Audio","Url":"u",)"
                               R"("Usage":"Reference","VoiceId":"v","Text":"t"}])"));
}

TEST(EncodeCreate, LeavesOutWhatImageTasksDoNotKnow) {
  TaskSpec spec = EverythingSaid();
  spec.kind = Kind::kImage;
  const auto body = EncodeCreate(spec, {1, "s", "c"});
  ASSERT_TRUE(body.ok());
  for (const char* name : {"SubjectInfos", "Procedure", "Duration", "OffPeak", "EnableBGM",
                           "EnhanceSwitch", "FrameInterpolate", "Usage", "Category", "VoiceId"}) {
    EXPECT_THAT(*body, Not(HasSubstr(name)));
  }
  EXPECT_THAT(*body, HasSubstr(R"("OutputImageCount":2,"OutputFormat":"png","LogoAdd":"Enabled")"));
}

TEST(EncodeCreate, RefusesInputsThatStillReferToATask) {
  TaskSpec spec = Spec(Kind::kVideo, "Kling", "2.5", "p");
  spec.inputs = {UrlInput("other", "FirstFrame")};
  spec.inputs[0].source.type = SourceType::kTask;
  const auto body = EncodeCreate(spec, {1, "s", ""});
  ASSERT_FALSE(body.ok());
  EXPECT_EQ(body.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(body.error().message, HasSubstr("other"));
}

TEST(EncodeCreate, MergesTheApiMapLastAndInPlace) {
  TaskSpec spec = Spec(Kind::kVideo, "Kling", "2.5", "p");
  spec.duration = 5;
  spec.resolution = "720P";
  spec.api = R"({"Prompt":"theirs","New":[1,2.5,"x",true,null],"OutputConfig":{"Duration":7,)"
             R"("Fresh":{"B":1,"A":18446744073709551615}},"SessionContext":null})";
  const auto body = EncodeCreate(spec, {9, "s", "c"});
  ASSERT_TRUE(body.ok()) << Describe(body.error());
  EXPECT_EQ(*body, R"({"SubAppId":9,"ModelName":"Kling","ModelVersion":"2.5","Prompt":"theirs",)"
                   R"("OutputConfig":{"Duration":7,"Resolution":"720P",)"
                   R"("Fresh":{"B":1,"A":18446744073709551615}},)"
                   R"("SessionId":"s","New":[1,2.5,"x",true,null]})");
}

TEST(EncodeCreate, RefusesAnApiTextThatIsNoObject) {
  TaskSpec spec = Spec(Kind::kVideo, "Kling", "2.5", "p");
  for (const std::string api : {"[1]", "7", "{", "{}x", "null", "\"a\""}) {
    spec.api = api;
    const auto body = EncodeCreate(spec, {1, "s", ""});
    ASSERT_FALSE(body.ok()) << api;
    EXPECT_EQ(body.error().code, ErrorCode::kInvalid);
  }
  spec.api = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_FALSE(EncodeCreate(spec, {1, "s", ""}).ok());
  spec.api = R"({"a":)" + std::string(50000, '[') + std::string(50000, ']') + "}";
  EXPECT_FALSE(EncodeCreate(spec, {1, "s", ""}).ok());
}

TaskSpec WithLocalFile(const std::string& bytes) {
  TaskSpec spec = Spec(Kind::kVideo, "Hailuo", "02", "Slow zoom out");
  spec.inputs = {UrlInput("pictures/a.png", "FirstFrame")};
  spec.inputs[0].source.type = SourceType::kLocalFile;
  spec.inputs[0].source.content_sha256 = Sha256Hex(bytes);
  spec.duration = 6;
  spec.resolution = "768P";
  return spec;
}

TEST(ExpandInputs, PutsTheBase64OfALocalFileInPlaceOfItsHash) {
  const std::string pixel = "\x89PNG bytes";
  const auto stored = EncodeCreate(WithLocalFile(pixel), {1500000001, "harbour-0007-a1", ""});
  ASSERT_TRUE(stored.ok());
  EXPECT_THAT(*stored, HasSubstr("\"Base64\":\"input:" + Sha256Hex(pixel) + "\""));
  EXPECT_THAT(*stored, Not(HasSubstr("pictures/a.png")));
  const auto sent = ExpandInputs(*stored, [&](std::string_view sha256) -> Result<std::string> {
    EXPECT_EQ(sha256, Sha256Hex(pixel));
    return pixel;
  });
  ASSERT_TRUE(sent.ok());
  std::string sample = ReadWire("create-video-request-base64.json");
  sample.replace(sample.find(kPixelBase64), kPixelBase64.size(), Base64(pixel));
  EXPECT_EQ(Canonical(*sent), Canonical(sample));
}

TEST(ExpandInputs, LeavesTextsOfUsersAlone) {
  TaskSpec spec =
      Spec(Kind::kVideo, "Hailuo", "02", "\"Base64\":\"input:" + std::string(64, 'a') + "\"");
  const auto stored = EncodeCreate(spec, {1, "s", ""});
  ASSERT_TRUE(stored.ok());
  const auto sent = ExpandInputs(*stored, [](std::string_view) -> Result<std::string> {
    ADD_FAILURE() << "nothing to read";
    return std::string();
  });
  EXPECT_EQ(*sent, *stored);
}

TEST(ExpandInputs, ReplacesEveryInputAndFailsAsTheReaderFails) {
  TaskSpec spec = WithLocalFile("one");
  spec.inputs.push_back(WithLocalFile("two").inputs[0]);
  const auto stored = EncodeCreate(spec, {1, "s", ""});
  ASSERT_TRUE(stored.ok());
  const auto sent = ExpandInputs(*stored, [](std::string_view sha256) -> Result<std::string> {
    return std::string(sha256 == Sha256Hex("one") ? "one" : "two");
  });
  ASSERT_TRUE(sent.ok());
  EXPECT_THAT(*sent, HasSubstr(R"("Base64":"b25l")"));
  EXPECT_THAT(*sent, HasSubstr(R"("Base64":"dHdv")"));
  EXPECT_THAT(*sent, Not(HasSubstr("input:")));
  const auto failed = ExpandInputs(*stored, [](std::string_view) -> Result<std::string> {
    return Error{ErrorCode::kNotFound, "gone"};
  });
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace aigc::api
