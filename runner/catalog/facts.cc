#include "catalog/facts.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace aigc::catalog {
namespace {

// The service takes an image without Usage for the first frame; other files have no such role.
bool IsFirstFrame(const Input& input) {
  return input.usage == "FirstFrame" || (input.usage.empty() && input.category == Category::kImage);
}

Mode ModeOf(const TaskSpec& spec, const Facts& facts) {
  if (facts.has_last_frame) return Mode::kFirstLastFrame;
  if (facts.has_first_frame) return Mode::kFirstFrame;
  return spec.inputs.empty() && spec.subjects.empty() ? Mode::kTextToVideo : Mode::kReference;
}

bool Contains(const std::vector<std::string>& values, std::string_view value) {
  return std::any_of(values.begin(), values.end(),
                     [value](const std::string& one) { return EqualsIgnoreCase(one, value); });
}

// Collects the parts of a condition: false wins, then unknown.
class Verdict {
 public:
  void Add(std::optional<bool> part) {
    if (part == false) {
      value_ = false;
    } else if (!part && value_ != false) {
      value_ = std::nullopt;
    }
  }
  std::optional<bool> value() const { return value_; }

 private:
  std::optional<bool> value_ = true;
};

std::optional<bool> ResolutionIn(const std::vector<std::string>& values, const Facts& facts) {
  if (facts.resolution.empty()) return std::nullopt;
  return Contains(values, facts.resolution);
}

std::optional<bool> AnyVideoIs(const std::vector<std::string>& types, const TaskSpec& spec) {
  return std::any_of(spec.inputs.begin(), spec.inputs.end(), [&types](const Input& input) {
    if (input.category != Category::kVideo) return false;
    // The service takes a video without ReferenceType for the one to be edited.
    return Contains(types, input.reference_type.empty() ? "base" : input.reference_type);
  });
}

void AddCounts(Verdict& verdict, const Condition& condition, const Facts& facts) {
  if (condition.has_first_frame) verdict.Add(*condition.has_first_frame == facts.has_first_frame);
  if (condition.has_last_frame) verdict.Add(*condition.has_last_frame == facts.has_last_frame);
  if (condition.images_min) verdict.Add(facts.images >= *condition.images_min);
  if (condition.images_max) verdict.Add(facts.images <= *condition.images_max);
  if (condition.videos) verdict.Add(facts.videos == *condition.videos);
  if (condition.videos_min) verdict.Add(facts.videos >= *condition.videos_min);
}

}  // namespace

Facts FactsOf(const TaskSpec& spec, const Model& model) {
  Facts facts;
  for (const Input& input : spec.inputs) {
    if (input.category == Category::kVideo) ++facts.videos;
    if (input.category == Category::kAudio) ++facts.audios;
    if (spec.kind == Kind::kImage) {
      ++facts.images;
      ++facts.reference_images;
    } else if (input.usage == "LastFrame") {
      facts.has_last_frame = true;
    } else if (IsFirstFrame(input)) {
      facts.has_first_frame = true;
      ++facts.images;
    } else if (input.category == Category::kImage) {
      ++facts.images;
      ++facts.reference_images;
    }
  }
  if (model.references.counts_subjects) {
    facts.images += static_cast<int>(spec.subjects.size());
    facts.reference_images += static_cast<int>(spec.subjects.size());
  }
  if (spec.kind == Kind::kVideo && spec.scene_type.empty()) facts.mode = ModeOf(spec, facts);
  facts.resolution = spec.resolution.empty() ? std::string_view(model.resolutions.standard)
                                             : std::string_view(spec.resolution);
  if (!spec.duration) {
    facts.duration = model.durations.standard;
  } else if (*spec.duration >= 0 && *spec.duration < 1e6) {
    facts.duration = static_cast<int>(std::ceil(*spec.duration));
  }
  facts.audio = spec.audio.value_or(false);
  return facts;
}

std::optional<bool> Holds(const Condition& condition, const TaskSpec& spec, const Facts& facts) {
  Verdict verdict;
  if (!condition.modes.empty()) {
    verdict.Add(facts.mode && std::find(condition.modes.begin(), condition.modes.end(),
                                        *facts.mode) != condition.modes.end());
  }
  if (!condition.resolutions.empty()) verdict.Add(ResolutionIn(condition.resolutions, facts));
  if (!condition.durations.empty()) {
    const auto& values = condition.durations;
    verdict.Add(facts.duration ? std::optional(std::find(values.begin(), values.end(),
                                                         *facts.duration) != values.end())
                               : std::nullopt);
  }
  if (condition.duration_max) {
    verdict.Add(facts.duration ? std::optional(*facts.duration <= *condition.duration_max)
                               : std::nullopt);
  }
  if (condition.audio) verdict.Add(*condition.audio == facts.audio);
  AddCounts(verdict, condition, facts);
  if (!condition.video_reference_types.empty()) {
    verdict.Add(AnyVideoIs(condition.video_reference_types, spec));
  }
  if (!condition.scene_types.empty()) {
    verdict.Add(Contains(condition.scene_types, spec.scene_type));
  }
  if (!condition.storage_modes.empty()) {
    verdict.Add(
        Contains(condition.storage_modes, spec.storage.empty() ? "Temporary" : spec.storage));
  }
  if (!condition.all_files_usage.empty()) {
    verdict.Add(std::all_of(spec.inputs.begin(), spec.inputs.end(), [&](const Input& input) {
      return input.usage == condition.all_files_usage;
    }));
  }
  if (!condition.image_sizes.empty() || condition.area_factor_max) verdict.Add(std::nullopt);
  if (condition.forbidden) verdict.Add(false);
  return verdict.value();
}

std::string_view FieldOf(const Condition& require) {
  if (!require.resolutions.empty()) return "resolution";
  if (!require.durations.empty() || require.duration_max) return "duration";
  if (require.audio) return "audio";
  if (require.has_last_frame) return "last_frame";
  if (require.has_first_frame) return "first_frame";
  if (require.images_max || require.images_min) return "references";
  if (!require.storage_modes.empty()) return "storage";
  if (!require.all_files_usage.empty()) return "inputs";
  return "";
}

std::string Alternatives(const std::vector<std::string>& values, std::size_t limit) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == limit) return text + " …";
    if (i > 0) text += i + 1 == values.size() ? " or " : ", ";
    text += values[i];
  }
  return text;
}

}  // namespace aigc::catalog
