#include "unit/task/spec_builder.h"

#include <string>
#include <vector>

namespace aigc {
namespace {

std::string AnyText(Random& random) {
  static const std::vector<std::string> kPieces = {
      "a red fox", "\"quoted\"", "back\\slash", "line\nbreak", "\t",   "红色的狐狸",
      "🦊",      "\x01",       "/",           "{}",          "null", "1.50",
      " ",         "\x7f",       "é",           "\u2028"};
  std::string text;
  for (std::uint64_t n = random.Below(4); n > 0; --n) text += kPieces[random.Below(kPieces.size())];
  return text;
}

std::vector<std::string> AnyTexts(Random& random) {
  std::vector<std::string> texts(random.Below(3));
  for (std::string& text : texts) text = AnyText(random);
  return texts;
}

std::optional<bool> AnyBool(Random& random) {
  const std::uint64_t value = random.Below(3);
  return value == 2 ? std::nullopt : std::optional<bool>(value == 1);
}

std::optional<std::int64_t> AnyNumber(Random& random) {
  if (random.Below(3) == 0) return std::nullopt;
  const auto value = static_cast<std::int64_t>(random.Next() >> (1 + random.Below(60)));
  return random.Below(2) == 0 ? value : -1 - value;
}

Source AnySource(Random& random) {
  Source source;
  source.text = AnyText(random);
  source.key = AnyText(random);
  switch (random.Below(4)) {
    case 0:
      source.text = "https://host/" + source.text;
      break;
    case 1:
      source.type = SourceType::kFileId;
      source.text = "52858" + source.text;
      break;
    case 2:
      source.type = SourceType::kTask;
      source.text = "scene-" + source.text;
      source.output = 1 + static_cast<int>(random.Below(4));
      break;
    default:
      source.type = SourceType::kLocalFile;
      source.text = "./" + source.text;
      source.content_sha256 = AnyText(random);
      source.content_bytes = static_cast<std::int64_t>(random.Below(1U << 30));
  }
  return source;
}

Input AnyInput(Random& random) {
  Input input;
  input.source = AnySource(random);
  input.usage = AnyText(random);
  input.category = static_cast<Category>(random.Below(3));
  input.reference_type = AnyText(random);
  input.object_id = AnyText(random);
  input.voice_id = AnyText(random);
  input.keep_original_sound = AnyBool(random);
  input.text = AnyText(random);
  return input;
}

}  // namespace

TaskSpec FullSpec() {
  TaskSpec spec;
  spec.id = "fox-1";
  spec.kind = Kind::kImage;
  spec.model = "Kling";
  spec.version = "2.10";
  spec.prompt = "a red fox";
  spec.negative_prompt = "blur";
  spec.enhance_prompt = true;
  Input input;
  input.source = {.type = SourceType::kUrl, .text = "https://host/a.png"};
  input.usage = "FirstFrame";
  spec.inputs.push_back(input);
  input.source = {.type = SourceType::kLocalFile,
                  .text = "a.wav",
                  .content_sha256 = "ab12",
                  .content_bytes = 77};
  input.usage = "Reference";
  input.category = Category::kAudio;
  input.reference_type = "feature";
  input.object_id = "o";
  input.voice_id = "v";
  input.keep_original_sound = false;
  input.text = "says";
  spec.inputs.push_back(input);
  spec.subjects.push_back({"s1", "Reineke", "voice", {"https://host/1"}, {"https://host/2"}});
  spec.duration = 5.5;
  spec.resolution = "1080P";
  spec.aspect_ratio = "16:9";
  spec.audio = spec.enhance = spec.off_peak = true;
  spec.bgm = spec.frame_interpolate = spec.logo = false;
  spec.person_generation = "AllowAdult";
  spec.input_compliance_check = true;
  spec.output_compliance_check = false;
  spec.count = 4;
  spec.format = "png";
  spec.storage = "Permanent";
  spec.media_name = "Fox";
  spec.class_id = 12;
  spec.expire_time = "2027-01-01T00:00:00Z";
  spec.seed = 9007199254740993;  // not a double
  spec.scene_type = "motion_control";
  spec.priority = -3;
  spec.input_region = "Oversea";
  spec.procedure = "p";
  spec.ext_info = "{\"a\":1}";
  spec.api = "{\"X\":1.50}";
  spec.tags = {"draft", "red"};
  spec.depends_on = {"other"};
  spec.output_dir = "foxes";
  spec.output_filename = "${id}.${ext}";
  return spec;
}

TaskSpec RandomSpec(Random& random) {
  TaskSpec spec;
  spec.id = AnyText(random);
  spec.kind = random.Below(2) == 0 ? Kind::kVideo : Kind::kImage;
  for (std::string* text :
       {&spec.model, &spec.version, &spec.prompt, &spec.negative_prompt, &spec.resolution,
        &spec.aspect_ratio, &spec.person_generation, &spec.format, &spec.storage, &spec.media_name,
        &spec.expire_time, &spec.scene_type, &spec.input_region, &spec.procedure, &spec.ext_info,
        &spec.api, &spec.output_dir, &spec.output_filename}) {
    *text = AnyText(random);
  }
  for (std::optional<bool>* value :
       {&spec.enhance_prompt, &spec.audio, &spec.bgm, &spec.enhance, &spec.frame_interpolate,
        &spec.off_peak, &spec.logo, &spec.input_compliance_check, &spec.output_compliance_check}) {
    *value = AnyBool(random);
  }
  for (std::uint64_t n = random.Below(3); n > 0; --n) spec.inputs.push_back(AnyInput(random));
  for (std::uint64_t n = random.Below(3); n > 0; --n) {
    spec.subjects.push_back(
        {AnyText(random), AnyText(random), AnyText(random), AnyTexts(random), AnyTexts(random)});
  }
  if (random.Below(2) == 0) spec.duration = random.Unit() * 60;
  if (random.Below(2) == 0) spec.count = static_cast<int>(random.Below(9));
  if (random.Below(2) == 0) spec.priority = static_cast<int>(random.Below(21)) - 10;
  spec.class_id = AnyNumber(random);
  spec.seed = AnyNumber(random);
  spec.tags = AnyTexts(random);
  spec.depends_on = AnyTexts(random);
  return spec;
}

}  // namespace aigc
