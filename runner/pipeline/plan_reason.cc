#include "pipeline/plan_reason.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace aigc::pipeline {
namespace {

// As the manifest calls inputs of a usage; all others are its `inputs`.
struct InputField {
  std::string_view usage, field;
};
constexpr std::array kInputFields = {InputField{"FirstFrame", "first_frame"},
                                     InputField{"LastFrame", "last_frame"},
                                     InputField{"Reference", "references"}};

std::string_view FieldOf(const Input& input) {
  for (const InputField& known : kInputFields) {
    if (input.usage == known.usage) return known.field;
  }
  return "inputs";
}

bool SameTraits(const Input& a, const Input& b) {
  return a.usage == b.usage && a.category == b.category && a.reference_type == b.reference_type &&
         a.object_id == b.object_id && a.voice_id == b.voice_id &&
         a.keep_original_sound == b.keep_original_sound && a.text == b.text;
}

// Whether both stand for the same thing in the fingerprint, as far as the source alone can tell.
bool SameSource(const Source& a, const Source& b) {
  if (!a.key.empty() || !b.key.empty()) return a.key == b.key;
  if (a.type != b.type) return false;
  if (a.type == SourceType::kLocalFile) return a.content_sha256 == b.content_sha256;
  if (a.type == SourceType::kTask) return a.output == b.output;
  return a.text == b.text;
}

bool SameFileOtherContent(const Source& a, const Source& b) {
  return a.key.empty() && b.key.empty() && a.type == SourceType::kLocalFile &&
         b.type == SourceType::kLocalFile && a.text == b.text &&
         a.content_sha256 != b.content_sha256;
}

std::vector<const Input*> Of(const TaskSpec& spec, std::string_view field) {
  std::vector<const Input*> inputs;
  for (const Input& input : spec.inputs) {
    if (FieldOf(input) == field) inputs.push_back(&input);
  }
  return inputs;
}

void CompareInputs(const TaskSpec& before, const TaskSpec& after, std::string_view field,
                   std::vector<std::string>& changed) {
  const auto old_inputs = Of(before, field), new_inputs = Of(after, field);
  bool differs = old_inputs.size() != new_inputs.size();
  std::vector<std::string_view> contents;
  for (std::size_t i = 0; !differs && i < old_inputs.size(); ++i) {
    const Source &a = old_inputs[i]->source, &b = new_inputs[i]->source;
    if (!SameTraits(*old_inputs[i], *new_inputs[i])) {
      differs = true;
    } else if (SameFileOtherContent(a, b)) {
      contents.push_back(b.text);
    } else if (!SameSource(a, b)) {
      differs = true;
    }
  }
  if (differs) {
    changed.emplace_back(field);
  } else if (!contents.empty()) {
    changed.push_back(fmt::format("{} (content of {})", field, fmt::join(contents, ", ")));
  }
}

template <typename T>
void CompareField(std::string_view name, const T& before, const T& after,
                  std::vector<std::string>& changed) {
  if (!(before == after)) changed.emplace_back(name);
}

}  // namespace

std::vector<std::string> ChangedFields(const TaskSpec& before, const TaskSpec& after) {
  std::vector<std::string> changed;
  const auto compare = [&](std::string_view name, const auto& a, const auto& b) {
    CompareField(name, a, b, changed);
  };
  compare("kind", before.kind, after.kind);
  if (before.model != after.model || before.version != after.version) changed.emplace_back("model");
  compare("prompt", before.prompt, after.prompt);
  compare("negative_prompt", before.negative_prompt, after.negative_prompt);
  compare("enhance_prompt", before.enhance_prompt, after.enhance_prompt);
  for (const InputField& known : kInputFields) CompareInputs(before, after, known.field, changed);
  CompareInputs(before, after, "inputs", changed);
  compare("subjects", before.subjects, after.subjects);
  compare("duration", before.duration, after.duration);
  compare("resolution", before.resolution, after.resolution);
  compare("aspect_ratio", before.aspect_ratio, after.aspect_ratio);
  compare("audio", before.audio, after.audio);
  compare("bgm", before.bgm, after.bgm);
  compare("enhance", before.enhance, after.enhance);
  compare("frame_interpolate", before.frame_interpolate, after.frame_interpolate);
  compare("logo", before.logo, after.logo);
  compare("person_generation", before.person_generation, after.person_generation);
  compare("input_compliance_check", before.input_compliance_check, after.input_compliance_check);
  compare("output_compliance_check", before.output_compliance_check, after.output_compliance_check);
  compare("count", before.count, after.count);
  compare("format", before.format, after.format);
  compare("seed", before.seed, after.seed);
  compare("scene_type", before.scene_type, after.scene_type);
  compare("ext_info", before.ext_info, after.ext_info);
  compare("api", before.api, after.api);
  if (!changed.empty()) return changed;
  // The same words: what they stand for is another thing.
  for (const Input& input : after.inputs) {
    if (input.source.type != SourceType::kTask || !input.source.key.empty()) continue;
    changed.push_back(fmt::format("{} (task {} changed)", FieldOf(input), input.source.text));
  }
  if (changed.empty()) changed.emplace_back("order of inputs");
  return changed;
}

}  // namespace aigc::pipeline
