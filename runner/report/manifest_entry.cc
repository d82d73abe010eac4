// One task spec as an entry of a manifest: the way back from a TaskSpec to what a person writes.
#include <fmt/format.h>

#include <concepts>
#include <utility>

#include "base/text.h"
#include "report/manifest_of_failed.h"
#include "report/yaml_text.h"

namespace aigc::report {
namespace {

constexpr std::string_view kIndent = "    ";

class Entry {
 public:
  explicit Entry(const std::string& id) : text_("  - id: " + ManifestText(id) + "\n") {}

  void Put(std::string_view key, const std::string& value) {
    if (!value.empty()) Line(key, ManifestText(value));
  }
  void Put(std::string_view key, const std::optional<bool>& value) {
    if (value) Line(key, *value ? "true" : "false");
  }
  void Put(std::string_view key, const std::optional<double>& value) {
    if (value) Line(key, fmt::format("{}", *value));
  }
  template <std::integral Number>
  void Put(std::string_view key, const std::optional<Number>& value) {
    if (value) Line(key, std::to_string(*value));
  }
  void Put(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string list;
    for (const std::string& value : values) {
      list += (list.empty() ? "" : ", ") + ManifestText(value);
    }
    Line(key, "[" + list + "]");
  }
  void Line(std::string_view key, std::string_view value) {
    text_ += fmt::format("{}{}: {}\n", kIndent, key, value);
  }
  void Raw(std::string_view text) { text_ += text; }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

// What the service spells AllowAdult, a manifest spells allow_adult.
std::string Spelled(std::string_view service) {
  std::string out;
  for (const char c : service) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !out.empty()) out += '_';
    out += capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::string SourceText(const Source& source) {
  switch (source.type) {
    case SourceType::kFileId:
      return "vod:" + source.text;
    case SourceType::kTask:
      return "task:" + source.text +
             (source.output == 1 ? "" : "#" + std::to_string(source.output));
    case SourceType::kUrl:
    case SourceType::kLocalFile:
      return source.text;
  }
  return source.text;
}

std::string SourceValue(const Source& source) {
  const std::string text = ManifestText(SourceText(source));
  if (source.key.empty()) return text;
  return "{source: " + text + ", key: " + ManifestText(source.key) + "}";
}

// Whether first_frame, last_frame or references say all there is to say.
bool IsSimple(const Input& input, std::string_view usage, bool any_category) {
  const bool bare = input.reference_type.empty() && input.object_id.empty() &&
                    input.voice_id.empty() && input.text.empty() && !input.keep_original_sound;
  // The category of a link or file id is guessed from its ending, and anything else has to be said.
  const bool known = input.category == Category::kImage && input.source.type != SourceType::kUrl &&
                     input.source.type != SourceType::kFileId;
  return input.usage == usage && bare &&
         (known || (!any_category && input.category == Category::kImage));
}

std::string InputText(const Input& input) {
  std::string text = "      - source: " + ManifestText(SourceText(input.source)) + "\n";
  const auto put = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) text += fmt::format("        {}: {}\n", key, ManifestText(value));
  };
  put("key", input.source.key);
  put("usage", Spelled(input.usage));
  put("category", Spelled(Name(input.category)));
  put("reference_type", input.reference_type);
  put("object_id", input.object_id);
  put("voice_id", input.voice_id);
  if (input.keep_original_sound) {
    text += fmt::format("        keep_original_sound: {}\n", *input.keep_original_sound);
  }
  put("text", input.text);
  return text;
}

void PutInputs(Entry& entry, const std::vector<Input>& inputs) {
  std::size_t at = 0;
  if (at < inputs.size() && IsSimple(inputs[at], "FirstFrame", false)) {
    entry.Line("first_frame", SourceValue(inputs[at++].source));
  }
  if (at < inputs.size() && IsSimple(inputs[at], "LastFrame", false)) {
    entry.Line("last_frame", SourceValue(inputs[at++].source));
  }
  std::string references;
  for (; at < inputs.size() && IsSimple(inputs[at], "Reference", true); ++at) {
    references += (references.empty() ? "" : ", ") + SourceValue(inputs[at].source);
  }
  if (!references.empty()) entry.Line("references", "[" + references + "]");
  if (at == inputs.size()) return;
  entry.Raw(fmt::format("{}inputs:\n", kIndent));
  for (; at < inputs.size(); ++at) entry.Raw(InputText(inputs[at]));
}

void PutSubjects(Entry& entry, const std::vector<Subject>& subjects) {
  if (subjects.empty()) return;
  entry.Raw(fmt::format("{}subjects:\n", kIndent));
  for (const Subject& subject : subjects) {
    std::string text;
    const auto put = [&](std::string_view key, const std::string& value) {
      if (value.empty()) return;
      text += fmt::format("      {} {}: {}\n", text.empty() ? "-" : " ", key, ManifestText(value));
    };
    const auto put_list = [&](std::string_view key, const std::vector<std::string>& values) {
      if (values.empty()) return;
      text += fmt::format("      {} {}:\n", text.empty() ? "-" : " ", key);
      for (const std::string& value : values) text += "          - " + ManifestText(value) + "\n";
    };
    put("id", subject.id);
    put("name", subject.name);
    put("voice_id", subject.voice_id);
    put_list("image_urls", subject.image_urls);
    put_list("video_urls", subject.video_urls);
    entry.Raw(text);
  }
}

// The file name's own ${output} and ${ext} stay templates.
void PutOutput(Entry& entry, const TaskSpec& spec, std::string_view default_filename) {
  std::string same(default_filename);
  if (const auto at = same.find("${id}"); at != std::string::npos) same.replace(at, 5, spec.id);
  std::string map;
  if (!spec.output_dir.empty()) map += "dir: " + ManifestText(spec.output_dir);
  if (!spec.output_filename.empty() && spec.output_filename != same) {
    map += (map.empty() ? "" : ", ") + ("filename: " + YamlText(spec.output_filename));
  }
  if (!map.empty()) entry.Line("output", "{" + map + "}");
}

// JSON is YAML; only its templates have to be kept from being replaced.
std::string ApiMap(const std::string& json) {
  std::string out;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (json.compare(at, 2, "${") == 0) out += '$';
    out += json[at];
  }
  return out;
}

}  // namespace

std::string ManifestEntry(const TaskSpec& spec, std::string_view default_filename) {
  Entry entry(spec.id);
  if (spec.kind == Kind::kImage) entry.Line("kind", "image");
  entry.Put("model", spec.model + "/" + spec.version);
  entry.Put("prompt", spec.prompt);
  entry.Put("negative_prompt", spec.negative_prompt);
  entry.Put("enhance_prompt", spec.enhance_prompt);
  PutInputs(entry, spec.inputs);
  PutSubjects(entry, spec.subjects);
  entry.Put("duration", spec.duration);
  entry.Put("resolution", spec.resolution);
  entry.Put("aspect_ratio", spec.aspect_ratio);
  entry.Put("audio", spec.audio);
  entry.Put("bgm", spec.bgm);
  entry.Put("enhance", spec.enhance);
  entry.Put("frame_interpolate", spec.frame_interpolate);
  entry.Put("off_peak", spec.off_peak);
  entry.Put("logo", spec.logo);
  entry.Put("person_generation", Spelled(spec.person_generation));
  entry.Put("input_compliance_check", spec.input_compliance_check);
  entry.Put("output_compliance_check", spec.output_compliance_check);
  entry.Put("count", spec.count);
  entry.Put("format", spec.format);
  entry.Put("storage", Spelled(spec.storage));
  entry.Put("media_name", spec.media_name);
  entry.Put("class_id", spec.class_id);
  entry.Put("expire_time", spec.expire_time);
  entry.Put("seed", spec.seed);
  entry.Put("scene_type", spec.scene_type);
  entry.Put("priority", spec.priority);
  entry.Put("input_region", spec.input_region);
  entry.Put("procedure", spec.procedure);
  entry.Put("ext_info", spec.ext_info);
  if (!spec.api.empty()) entry.Line("api", ApiMap(spec.api));
  entry.Put("tags", spec.tags);
  entry.Put("depends_on", spec.depends_on);
  PutOutput(entry, spec, default_filename);
  return entry.Take();
}

}  // namespace aigc::report
