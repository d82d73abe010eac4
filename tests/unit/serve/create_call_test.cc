#include "serve/create_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

CreateCall Read(const std::string& body) { return ReadCreateCall(body, *catalog::BuiltIn()); }

std::vector<std::string> Fields(const CreateCall& call) {
  std::vector<std::string> fields;
  for (const BodyError& error : call.errors) fields.push_back(error.field);
  return fields;
}

TEST(CreateCall, TakesWhatIsLeftOutFromTheServiceBefore) {
  const CreateCall call = Read(R"({"prompt": "a kite"})");
  ASSERT_THAT(call.errors, IsEmpty());
  EXPECT_THAT(call.dropped, IsEmpty());
  EXPECT_EQ(call.spec.model, "Hailuo");
  EXPECT_EQ(call.spec.version, "2.3");
  EXPECT_EQ(call.spec.duration, 6);
  EXPECT_EQ(call.spec.resolution, "768P");
  EXPECT_EQ(call.spec.enhance_prompt, true);
  EXPECT_EQ(call.spec.prompt, "a kite");
  EXPECT_FALSE(call.spec.audio);
}

TEST(CreateCall, ReadsEveryField) {
  const CreateCall call = Read(R"({"prompt": "a", "file_id": "387", "model_name": "kling",
      "model_version": "2.1", "duration": 5, "resolution": "720p", "audio_generation": "Disabled",
      "enhance_switch": "enabled", "enhance_prompt": "Disabled", "tasks_priority": -3, "scene_type": null})");
  ASSERT_THAT(call.errors, IsEmpty());
  EXPECT_EQ(call.spec.model, "Kling");
  EXPECT_EQ(call.spec.resolution, "720P");
  EXPECT_EQ(call.spec.priority, -3);
  EXPECT_EQ(call.spec.enhance, true);
  EXPECT_EQ(call.spec.enhance_prompt, false);
  EXPECT_EQ(call.spec.audio, false);
  ASSERT_THAT(call.spec.inputs, SizeIs(1));
  EXPECT_EQ(call.spec.inputs[0].source.type, SourceType::kFileId);
  EXPECT_EQ(call.spec.inputs[0].source.text, "387");
}

TEST(CreateCall, DropsWhatTheModelDoesNotTakeAndNamesIt) {
  const CreateCall call = Read(
      R"({"prompt": "a", "model_name": "Kling", "model_version": "2.1", "duration": 99, "frame_interpolate": "Enabled", "seed": 4})");
  ASSERT_THAT(call.errors, IsEmpty());
  EXPECT_FALSE(call.spec.duration);
  EXPECT_EQ(call.spec.resolution, "");
  EXPECT_THAT(call.dropped, ::testing::Contains(StartsWith("seed: ")));
  EXPECT_THAT(call.dropped, ::testing::Contains(StartsWith("duration: ")));
  EXPECT_THAT(call.dropped, ::testing::Contains(StartsWith("resolution: ")));
  const std::string warning = WarningText(call.dropped);
  EXPECT_THAT(warning, StartsWith("299 aigc-batch \"dropped: seed: "));
  EXPECT_THAT(warning, HasSubstr("duration"));
}

TEST(CreateCall, SaysEverythingThatIsWrong) {
  EXPECT_THAT(
      Fields(Read(
          R"({"prompt": 5, "duration": "six", "audio_generation": "yes", "tasks_priority": 11})")),
      ElementsAre("prompt", "duration", "audio_generation", "tasks_priority"));
  EXPECT_THAT(Fields(Read("[]")), ElementsAre(""));
  EXPECT_THAT(Fields(Read("{")), ElementsAre(""));
  EXPECT_THAT(Fields(Read("\xff")), ElementsAre(""));
  EXPECT_THAT(Fields(Read(R"({"prompt": "a\u0000b"})")), ElementsAre("prompt"));
  EXPECT_THAT(Fields(Read(R"({"prompt": "a", "duration": -1})")), ElementsAre("duration"));
  EXPECT_THAT(Fields(Read(R"({"prompt": "a", "duration": 1e999})")), SizeIs(1));
  EXPECT_THAT(Fields(Read("")), ElementsAre("prompt"));
  EXPECT_THAT(Fields(Read(R"({"prompt": "a", "model_name": "Kling"})")), SizeIs(1));
  EXPECT_THAT(Fields(Read(std::string(100'000, '['))), ElementsAre(""));
}

TEST(CreateCall, PutsNothingIntoAHeaderThatIsNone) {
  const std::string warning = WarningText({"a\r\nSet-Cookie: x: \"é\" \\"});
  EXPECT_EQ(warning, "299 aigc-batch \"dropped: a?\?Set-Cookie: x: '?\?' '\"");
}

TEST(CreateCall, SaysWhatIsWrongAsFastApiDoes) {
  EXPECT_EQ(
      DetailJson({{"prompt", "must be a text"}}),
      R"({"detail":[{"loc":["body","prompt"],"msg":"must be a text","type":"value_error"}]})");
}

}  // namespace
}  // namespace aigc::serve
