// What speaks against a task. One function for each field, in the order in which findings are
// given; what the model's own rules say comes last.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <utility>

#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/facts.h"

namespace aigc::catalog {
namespace {

class Checker {
 public:
  Checker(const Catalog& catalog, const Model& model, const TaskSpec& spec,
          const CheckOptions& options)
      : catalog_(catalog),
        model_(model),
        spec_(spec),
        options_(options),
        facts_(FactsOf(spec, model)),
        name_(model.full_name()) {}

  std::vector<Finding> Run() {
    Rules();  // first, since a rule says more than the general check that it overlaps with
    std::vector<Finding> rules = std::exchange(findings_, {});
    StandingOfModel();
    Modes();
    Prompts();
    Duration();
    Choice("resolution", spec_.resolution, model_.resolutions);
    AspectRatio();
    Switches();
    ReferenceCounts();
    ReferenceTraits();
    SceneType();
    if (spec_.kind == Kind::kImage) ImageOutputs();
    MediaName();
    InputRegion();
    findings_.insert(findings_.end(), rules.begin(), rules.end());
    return std::move(findings_);
  }

 private:
  void Add(Severity severity, std::string_view field, std::string message, std::string hint = "") {
    findings_.push_back({severity, std::string(field), std::move(message), std::move(hint)});
  }
  void Warn(std::string_view field, std::string message, std::string hint = "") {
    Add(Severity::kWarning, field, std::move(message), std::move(hint));
  }
  // Says nothing of a model that is not documented as a whole, which is said once.
  void Undocumented(std::string_view field, std::string message) {
    if (model_.standing == Standing::kListed) Warn(field, std::move(message));
  }
  // A value that this catalog does not know, and that the manifest may ask to let pass.
  void Unknown(std::string_view field, std::string message, std::string hint) {
    Add(options_.allow_unknown ? Severity::kWarning : Severity::kError, field, std::move(message),
        std::move(hint));
  }

  void StandingOfModel() {
    if (model_.standing == Standing::kListed) return;
    Warn("model",
         name_ + (model_.standing == Standing::kRemoved
                      ? " is no longer documented; the service may refuse it"
                      : " is not documented; the service may refuse it"),
         model_.replaced_by.empty() ? "" : "use " + model_.replaced_by);
  }

  // --- inputs ---
  void Modes() {
    if (!facts_.mode) return;
    if (facts_.has_last_frame && !facts_.has_first_frame) {
      Add(Severity::kError, "last_frame", "a last frame needs a first frame", "add first_frame");
      return;
    }
    if (facts_.videos > 0) ModeSupport(Mode::kVideoInput, "inputs", "a video as input");
    switch (*facts_.mode) {
      case Mode::kTextToVideo:
        return ModeSupport(Mode::kTextToVideo, "", "a video from text alone");
      case Mode::kFirstFrame:
        return ModeSupport(Mode::kFirstFrame, "first_frame", "a first frame");
      case Mode::kFirstLastFrame:
        return ModeSupport(Mode::kFirstLastFrame, "last_frame", "a last frame");
      case Mode::kReference:
        if (facts_.reference_images > 0 || facts_.videos == 0) {
          ModeSupport(Mode::kReference, "references", "references");
        }
        return;
      case Mode::kVideoInput:
        return;
    }
  }

  void ModeSupport(Mode mode, std::string_view field, const char* what) {
    if (ruled_out_.count(mode) > 0) return;
    const auto warn = [&](const std::string& message) { Warn(field, message); };
    switch (model_.SupportOf(mode)) {
      case Support::kYes:
      case Support::kConditional:  // the rules tell
        return;
      case Support::kNo:
        return warn(name_ + " does not take " + what + ", as far as is known");
      case Support::kConflicting:
        return warn("sources disagree whether " + name_ + " takes " + what);
      case Support::kUnknown:
        return Undocumented(field, "it is not documented whether " + name_ + " takes " + what);
      case Support::kSubjectsOnly:
        if (facts_.reference_images > 0) warn(name_ + " takes references as subjects only");
        return;
      case Support::kMotionControlOnly:
        return warn(name_ + " takes a video only with scene_type motion_control");
    }
  }

  void ReferenceCounts() {
    const References& known = model_.references;
    const int max = facts_.videos > 0 && known.images_max_with_video
                        ? *known.images_max_with_video
                        : known.images_max.value_or(facts_.reference_images);
    // A model that takes none at all was reported with its modes.
    if (facts_.reference_images > max && !images_ruled_ &&
        (max > 0 || spec_.kind == Kind::kImage)) {
      Unknown("references",
              fmt::format("{} takes at most {} reference image{}, not {}", name_, max,
                          max == 1 ? "" : "s", facts_.reference_images),
              "use fewer");
    }
    if (spec_.kind == Kind::kImage && known.images_min &&
        facts_.reference_images < *known.images_min) {
      Add(Severity::kError, "references",
          fmt::format("{} needs at least {} reference image{}", name_, *known.images_min,
                      *known.images_min == 1 ? "" : "s"));
    }
    if (known.videos_max && *known.videos_max > 0 && facts_.videos > *known.videos_max) {
      Unknown("inputs",
              fmt::format("{} takes at most {} video{}, not {}", name_, *known.videos_max,
                          *known.videos_max == 1 ? "" : "s", facts_.videos),
              "use fewer");
    }
    if (known.audios_max && facts_.audios > *known.audios_max) {
      Unknown("inputs",
              fmt::format("{} takes at most {} audio files, not {}", name_, *known.audios_max,
                          facts_.audios),
              "use fewer");
    }
    if (known.total_max && static_cast<int>(spec_.inputs.size()) > *known.total_max) {
      Unknown("inputs",
              fmt::format("{} takes at most {} files in all, not {}", name_, *known.total_max,
                          spec_.inputs.size()),
              "use fewer");
    }
  }

  void ReferenceTraits() {
    const References& known = model_.references;
    if (!known.audio_alone && facts_.audios > 0 && facts_.images + facts_.videos == 0) {
      Add(Severity::kError, "inputs", name_ + " takes audio only beside a picture or a video",
          "add one");
    }
    const auto is_reference = [this](const Input& input) {
      return input.category == Category::kImage &&
             (input.usage == "Reference" || spec_.kind == Kind::kImage);
    };
    for (const Input& input : spec_.inputs) {
      if (!is_reference(input)) continue;
      if (known.needs_text_name && input.text.empty()) {
        Warn("inputs",
             name_ + " wants a text for each reference, which the prompt refers to as @text");
      }
      if (!known.reference_types.empty() && !input.reference_type.empty() &&
          std::find(known.reference_types.begin(), known.reference_types.end(),
                    input.reference_type) == known.reference_types.end()) {
        Unknown("inputs",
                fmt::format("{} does not know the reference_type \"{}\"", name_,
                            Excerpt(input.reference_type, 40)),
                "use " + Alternatives(known.reference_types));
      }
    }
  }

  void SceneType() {
    if (spec_.scene_type.empty()) return;
    const auto& known = model_.scene_types;
    if (std::find(known.begin(), known.end(), spec_.scene_type) != known.end()) return;
    Unknown(
        "scene_type",
        fmt::format("{} does not know the scene_type \"{}\"", name_, Excerpt(spec_.scene_type, 40)),
        known.empty() ? "remove it" : "use " + Alternatives(known));
  }

  // --- texts ---
  void Prompts() {
    const auto length = static_cast<std::int64_t>(CountCodePoints(spec_.prompt));
    if (length == 0 && spec_.inputs.empty() && spec_.subjects.empty() && spec_.scene_type.empty() &&
        spec_.ext_info.empty()) {
      Add(Severity::kError, "prompt",
          "neither a prompt nor an input: nothing to make a " + std::string(Name(spec_.kind)) +
              " of",
          "add a prompt");
    }
    if (model_.prompt_max_chars) {
      if (length > *model_.prompt_max_chars) {
        Add(Severity::kError, "prompt",
            fmt::format("a prompt of {} characters; {} fails above {}", length, name_,
                        *model_.prompt_max_chars),
            "shorten it");
      }
    } else {
      Length("prompt", length, catalog_.limits().prompt_warn_chars);
    }
    Length("negative_prompt", static_cast<std::int64_t>(CountCodePoints(spec_.negative_prompt)),
           catalog_.limits().negative_prompt_warn_chars);
  }

  void Length(std::string_view field, std::int64_t length, int limit) {
    if (limit == 0 || length <= limit) return;
    Warn(field, fmt::format("{} has {} characters; above {} the service may refuse or cut it",
                            field, length, limit));
  }

  void MediaName() {
    const int limit = catalog_.limits().media_name_max_chars;
    const std::size_t length = CountCodePoints(spec_.media_name);
    if (limit == 0 || length <= static_cast<std::size_t>(limit)) return;
    Add(Severity::kError, "media_name",
        fmt::format("media_name has {} characters; the service takes {}", length, limit),
        "shorten it");
  }

  void InputRegion() {
    const auto& known = catalog_.limits().video_input_regions;
    if (spec_.kind != Kind::kVideo || spec_.input_region.empty() || known.empty()) return;
    if (std::find(known.begin(), known.end(), spec_.input_region) != known.end()) return;
    Unknown("input_region",
            fmt::format("{} is no region for the inputs of videos", spec_.input_region),
            "use " + ToLower(Alternatives(known)));
  }

  // --- output settings ---
  void Duration() {
    if (!spec_.duration) return;
    const double seconds = *spec_.duration;
    const Durations& known = model_.durations;
    if (spec_.kind == Kind::kImage) return Warn("duration", "duration has no effect on an image");
    if (!known.known()) {
      return Undocumented("duration", "it is not documented which durations " + name_ + " takes");
    }
    const bool whole = seconds == std::floor(seconds);
    const auto in = [seconds](std::optional<int> min, std::optional<int> max) {
      return min && max && seconds >= *min && seconds <= *max;
    };
    const bool listed = std::any_of(known.values.begin(), known.values.end(),
                                    [seconds](int value) { return seconds == value; });
    if (whole && (listed || in(known.min, known.max))) return;
    std::vector<std::string> values;
    for (const int value : known.values) values.push_back(std::to_string(value));
    const std::string usual =
        known.min ? fmt::format("{} to {}", *known.min, *known.max) : Alternatives(values);
    if (whole && in(known.warn_min, known.warn_max)) {
      return Warn("duration",
                  fmt::format("{} s is documented for the family of {} only", seconds, name_),
                  "use " + usual);
    }
    Unknown("duration", fmt::format("{} does not take {} s", name_, seconds),
            "use " + usual + (whole ? "" : ", whole seconds"));
  }

  void Choice(std::string_view field, const std::string& value, const Choices& known) {
    if (value.empty()) return;
    if (known.unsupported) {
      return Warn(field, fmt::format("{} has no effect on {}", field, name_), "remove it");
    }
    if (!known.known()) {
      return Undocumented(
          field, fmt::format("it is not documented which {} {} takes",
                             field == "resolution" ? "resolutions" : "aspect ratios", name_));
    }
    const auto has = [&value](const std::vector<std::string>& values) {
      return std::find(values.begin(), values.end(), value) != values.end();
    };
    if (has(known.values)) return;
    if (has(known.warn_values)) {
      return Warn(field, fmt::format("{} is not documented for {}", value, name_),
                  known.values.empty() ? "" : "use " + Alternatives(known.values));
    }
    Unknown(field, fmt::format("{} does not take \"{}\"", name_, Excerpt(value, 40)),
            "use " + Alternatives(known.values.empty() ? known.warn_values : known.values));
  }

  void AspectRatio() {
    Choice("aspect_ratio", spec_.aspect_ratio, model_.aspect_ratios);
    const auto& modes = model_.aspect_ratios.applies_to;
    if (spec_.aspect_ratio.empty() || modes.empty() || !facts_.mode ||
        std::find(modes.begin(), modes.end(), *facts_.mode) != modes.end()) {
      return;
    }
    Warn("aspect_ratio", "aspect_ratio has no effect here: the picture decides", "remove it");
  }

  void Switches() {
    if (spec_.kind != Kind::kVideo) return;
    if (spec_.audio == true) {
      if (model_.audio == Support::kNo) {
        Warn("audio", name_ + " makes no sound, as far as is known");
      } else if (model_.audio == Support::kConflicting) {
        Warn("audio", "sources disagree whether " + name_ + " makes sound");
      } else if (model_.audio == Support::kUnknown) {
        Undocumented("audio", "it is not documented whether " + name_ + " makes sound");
      }
    }
    // Where nothing at all is documented, a switch may work.
    if (model_.standing != Standing::kListed) return;
    const auto no_effect = [this](std::string_view field, std::optional<bool> wish, bool works) {
      if (wish == true && !works) {
        Warn(field, fmt::format("{} has no effect on {}", field, name_), "remove it");
      }
    };
    no_effect("off_peak", spec_.off_peak, model_.off_peak);
    no_effect("frame_interpolate", spec_.frame_interpolate, model_.frame_interpolate);
    no_effect("logo", spec_.logo, model_.logo);
  }

  void ImageOutputs() {
    if (spec_.count && model_.output_count) {
      const OutputCount& known = *model_.output_count;
      if (known.max == 1 && *spec_.count > 1) {
        Warn("count", "count has no effect on " + name_ + ", which makes one image", "remove it");
      } else if (*spec_.count < known.min || *spec_.count > known.max) {
        Unknown("count", fmt::format("{} does not make {} images at once", name_, *spec_.count),
                fmt::format("use {} to {}", known.min, known.max));
      }
    }
    const auto& formats = model_.output_formats;
    if (!spec_.format.empty() && !formats.empty() &&
        std::find(formats.begin(), formats.end(), spec_.format) == formats.end()) {
      Unknown("format", fmt::format("{} does not make \"{}\"", name_, Excerpt(spec_.format, 40)),
              "use " + Alternatives(formats));
    }
  }

  // --- rules ---
  void Rules() {
    for (const Rule& rule : model_.rules) {
      if (Holds(rule.when, spec_, facts_) != true) continue;
      if (Holds(rule.require, spec_, facts_) != false) continue;
      Add(rule.error ? Severity::kError : Severity::kWarning, FieldOf(rule.require),
          name_ + ": " + rule.message);
      if (rule.require.forbidden) {
        ruled_out_.insert(rule.when.modes.begin(), rule.when.modes.end());
      }
      images_ruled_ = images_ruled_ || rule.require.images_max.has_value();
    }
  }

  const Catalog& catalog_;
  const Model& model_;
  const TaskSpec& spec_;
  const CheckOptions options_;
  const Facts facts_;
  const std::string name_;
  std::vector<Finding> findings_;
  std::set<Mode> ruled_out_;   // reported by a rule
  bool images_ruled_ = false;  // the number of images is reported by a rule
};

// Letters and digits in lower case.
std::string LettersOf(std::string_view name) {
  std::string letters = ToLower(name);
  std::erase_if(letters, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  return letters;
}

Finding UnknownModel(const Catalog& catalog, const TaskSpec& spec) {
  const std::string name = spec.version.empty() ? spec.model : spec.model + "/" + spec.version;
  const Kind other = spec.kind == Kind::kVideo ? Kind::kImage : Kind::kVideo;
  if (catalog.Find(other, spec.model, spec.version) != nullptr) {
    return {Severity::kError, "model",
            fmt::format("{} makes {}s, not {}s", name, Name(other), Name(spec.kind)),
            fmt::format("write kind: {}, or choose another model", Name(other))};
  }
  std::vector<std::string> names;
  std::vector<std::string> versions;
  for (const Model& model : catalog.models()) {
    if (model.kind != spec.kind || model.standing == Standing::kRemoved) continue;
    names.push_back(model.full_name());
    if (EqualsIgnoreCase(model.model, spec.model)) versions.push_back(model.full_name());
  }
  if (spec.version.empty() && !versions.empty()) {
    return {Severity::kError, "model", name + " needs a version", "use " + Alternatives(versions)};
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto near = Nearest(name, candidates);
  // In a known family only a slip of the pen ("Kling/21") is guessed: versions look all alike.
  const bool is_slip = near && (versions.empty() || LettersOf(*near) == LettersOf(name));
  std::string hint = "`aigc-batch models` lists the known ones";
  if (is_slip) {
    hint = fmt::format("did you mean {}?", *near);
  } else if (!versions.empty()) {
    hint = "known are " + Alternatives(versions);
  }
  return {Severity::kWarning, "model",
          fmt::format("the catalog of {} does not know the {} model {}", catalog.as_of(),
                      Name(spec.kind), Excerpt(name, 60)),
          std::move(hint)};
}

}  // namespace

std::vector<Finding> Catalog::Check(const TaskSpec& spec, const CheckOptions& options) const {
  std::vector<Finding> findings;
  if (const Model* model = Find(spec.kind, spec.model, spec.version)) {
    findings = Checker(*this, *model, spec, options).Run();
  } else if (!spec.model.empty()) {
    findings.push_back(UnknownModel(*this, spec));
  }
  if (!spec.api.empty()) {
    for (Finding& finding : findings) finding.severity = Severity::kWarning;
  }
  return findings;
}

}  // namespace aigc::catalog
