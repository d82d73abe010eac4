#include "serve/create_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"

namespace aigc::serve {
namespace {

constexpr char kModel[] = "Hailuo";
constexpr char kVersion[] = "2.3";
constexpr double kDuration = 6;
constexpr char kResolution[] = "768P";
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMostNamed = 20;  // in a Warning

// Takes a field out of the task; false when it is none that can be.
bool Drop(TaskSpec& spec, const std::string& field) {
  if (field == "duration") return std::exchange(spec.duration, std::nullopt).has_value();
  if (field == "resolution") return !std::exchange(spec.resolution, "").empty();
  if (field == "aspect_ratio") return !std::exchange(spec.aspect_ratio, "").empty();
  if (field == "scene_type") return !std::exchange(spec.scene_type, "").empty();
  if (field == "audio") return std::exchange(spec.audio, std::nullopt).has_value();
  if (field == "enhance") return std::exchange(spec.enhance, std::nullopt).has_value();
  if (field == "enhance_prompt")
    return std::exchange(spec.enhance_prompt, std::nullopt).has_value();
  if (field == "frame_interpolate") {
    return std::exchange(spec.frame_interpolate, std::nullopt).has_value();
  }
  return false;
}

// The call's name of a task's field.
std::string CallName(const std::string& field) {
  if (field == "audio") return "audio_generation";
  if (field == "enhance") return "enhance_switch";
  if (field == "model") return "model_name";
  if (field == "first_frame" || field == "inputs" || field == "references") return "file_id";
  return field;
}

// The field that the model makes nothing of; none when it takes all that is said.
std::optional<catalog::Finding> Useless(const TaskSpec& spec, const catalog::Catalog& catalog,
                                        const std::vector<catalog::Finding>& findings) {
  const catalog::Model* model = catalog.Find(spec.kind, spec.model, spec.version);
  for (const catalog::Finding& finding : findings) {
    if (finding.severity == catalog::Severity::kError) return finding;
    if (model == nullptr) continue;
    const bool useless = (finding.field == "frame_interpolate" && !model->frame_interpolate) ||
                         (finding.field == "audio" && model->audio == catalog::Support::kNo) ||
                         (finding.field == "aspect_ratio" && model->aspect_ratios.unsupported) ||
                         (finding.field == "resolution" && model->resolutions.unsupported);
    if (useless) return finding;
  }
  return std::nullopt;
}

void DropUseless(CreateCall& call, const catalog::Catalog& catalog) {
  while (true) {
    const auto finding = Useless(call.spec, catalog, catalog.Check(call.spec));
    if (!finding) return;
    if (!Drop(call.spec, finding->field)) {
      call.errors.push_back({CallName(finding->field), finding->message});
      return;
    }
    call.dropped.push_back(CallName(finding->field) + ": " + finding->message);
  }
}

}  // namespace

CreateCall ReadCreateCall(const std::string& text, const catalog::Catalog& catalog) {
  CreateCall call;
  JsonBody body = JsonBody::Read(text);
  TaskSpec& spec = call.spec;
  spec.prompt = body.Text("prompt").value_or("");
  const auto file_id = body.Text("file_id", kMaxName);
  const auto model = body.Text("model_name", kMaxName);
  const auto version = body.Text("model_version", kMaxName);
  // Another model's version is not guessed: one that has only one is filled in by the catalog.
  spec.model = model.value_or(kModel);
  spec.version = version.value_or(EqualsIgnoreCase(spec.model, kModel) ? kVersion : "");
  spec.duration = body.Number("duration").value_or(kDuration);
  spec.resolution = body.Text("resolution", kMaxName).value_or(kResolution);
  spec.aspect_ratio = body.Text("aspect_ratio", kMaxName).value_or("");
  spec.audio = body.Flag("audio_generation");
  spec.enhance = body.Flag("enhance_switch");
  spec.enhance_prompt = body.Flag("enhance_prompt").value_or(true);
  spec.frame_interpolate = body.Flag("frame_interpolate");
  spec.scene_type = body.Text("scene_type", kMaxName).value_or("");
  if (const auto priority = body.Number("tasks_priority")) {
    if (*priority != std::floor(*priority) || std::abs(*priority) > 10) {
      body.Complain("tasks_priority", "must be a whole number from -10 to 10");
    } else {
      spec.priority = static_cast<int>(*priority);
    }
  }
  if (file_id && !file_id->empty()) {
    Input input;
    input.source.type = SourceType::kFileId;
    input.source.text = *file_id;
    spec.inputs.push_back(std::move(input));
  }
  for (const std::string& name : body.Unread()) {
    call.dropped.push_back(Excerpt(name, 40) + ": no such field");
  }
  call.errors = body.errors();
  if (!call.errors.empty()) return call;
  if (spec.model.empty()) call.errors.push_back({"model_name", "must not be empty"});
  if (*spec.duration <= 0) call.errors.push_back({"duration", "must be above 0"});
  if (!call.errors.empty()) return call;
  catalog.Normalise(spec);
  DropUseless(call, catalog);
  if (call.errors.empty() && spec.version.empty()) {
    call.errors.push_back({"model_version", "this model needs a version"});
  }
  return call;
}

std::string WarningText(const std::vector<std::string>& dropped) {
  std::string text;
  for (std::size_t i = 0; i < std::min(dropped.size(), kMostNamed); ++i) {
    text += (i == 0 ? "" : "; ") + dropped[i];
  }
  if (dropped.size() > kMostNamed)
    text += fmt::format("; and {} more", dropped.size() - kMostNamed);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) c = '?';
    if (c == '"' || c == '\\') c = '\'';
  }
  return "299 aigc-batch \"dropped: " + text + "\"";
}

}  // namespace aigc::serve
