// One model version as the catalog describes it. Plain values; absent means "not documented".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "task/task_spec.h"

namespace aigc::catalog {

enum class Standing {
  kListed,    // documented
  kUnlisted,  // not documented, seen to work elsewhere: use with a warning
  kRemoved,   // was documented once: use with a warning
};
std::string_view Name(Standing standing);

enum class Support {
  kYes,
  kNo,
  kConditional,        // under conditions, which the model's rules say
  kConflicting,        // sources disagree: use with a warning
  kUnknown,            // nothing documented
  kSubjectsOnly,       // references: through `subjects`, not as files
  kMotionControlOnly,  // video input: only with scene_type motion_control
};
std::string_view Name(Support support);

// How a video is made from its inputs. kVideoInput only says whether videos are taken at all; a
// task that has one is of mode kReference.
enum class Mode { kTextToVideo, kFirstFrame, kFirstLastFrame, kReference, kVideoInput };
std::string_view Name(Mode mode);

// Whole seconds of video.
struct Durations {
  std::vector<int> values;                // these, or
  std::optional<int> min, max;            // all from min to max
  std::optional<int> warn_min, warn_max;  // documented for the family only: with a warning
  std::optional<int> standard;            // what the service takes when none is said
  bool known() const { return !values.empty() || min.has_value(); }
};

// A closed list of texts: resolutions, aspect ratios.
struct Choices {
  std::vector<std::string> values;
  std::vector<std::string> warn_values;  // plausible, not documented for this version
  std::string standard;                  // what the service takes when none is said; may be empty
  std::vector<Mode> applies_to;  // aspect ratios: where they have an effect; empty: everywhere
  bool unsupported = false;      // the field has no effect
  bool known() const { return !values.empty() || !warn_values.empty() || unsupported; }
};

// Files beside the first and last frame.
struct References {
  std::optional<int> images_min, images_max, images_max_with_video;
  std::optional<int> videos_max, audios_max, total_max;
  bool counts_subjects = false;              // subjects count as images
  bool audio_alone = true;                   // audio without a picture or video is taken
  bool needs_text_name = false;              // each image needs a `text` naming it
  std::vector<std::string> reference_types;  // of images; empty: not documented
};

// One side of a rule; all members that are set must hold.
struct Condition {
  std::vector<Mode> modes;
  std::vector<std::string> resolutions;
  std::vector<int> durations;
  std::optional<int> duration_max;
  std::optional<bool> audio, has_first_frame, has_last_frame;
  std::optional<int> images_min, images_max, videos, videos_min;
  std::vector<std::string> video_reference_types;
  std::vector<std::string> scene_types;
  std::vector<std::string> storage_modes;
  std::string all_files_usage;
  // These need the picture, or the inner JSON of ext_info: shown to people, not checked.
  std::vector<std::string> image_sizes;
  std::optional<double> area_factor_max;
  bool forbidden = false;  // never holds
};

// Whenever `when` holds, `require` must hold too.
struct Rule {
  std::string id;
  bool error = false;  // known to fail; else likely to fail or to be ignored
  Condition when, require;
  std::string message;
};

// One row of a price list that nobody official confirmed.
struct PriceRow {
  std::optional<bool> audio, reference_video;
  std::vector<Mode> modes;
  std::vector<std::pair<std::string, double>> by_tier;  // resolution → price for one unit
};
struct UnverifiedPrice {
  std::string currency, unit;
  std::vector<PriceRow> rows;
  bool empty() const { return rows.empty(); }
};

struct OutputCount {
  int min = 1;
  int max = 1;
};

struct Model {
  Kind kind = Kind::kVideo;
  std::string model, version;
  Standing standing = Standing::kListed;
  std::map<Mode, Support> modes;  // videos only; absent: unknown
  Durations durations;
  Choices resolutions, aspect_ratios;
  Support audio = Support::kUnknown;
  References references;
  std::optional<int> prompt_max_chars;  // longer prompts are known to fail
  std::vector<std::string> scene_types;
  bool off_peak = false, frame_interpolate = false,
       logo = false;                        // videos: the switch has an effect
  std::optional<OutputCount> output_count;  // images only
  std::vector<std::string> output_formats;  // images only
  std::vector<Rule> rules;
  UnverifiedPrice price;
  std::string replaced_by;  // "GG/3.0"
  std::vector<std::string> notes;
  Support SupportOf(Mode mode) const {
    const auto at = modes.find(mode);
    return at == modes.end() ? Support::kUnknown : at->second;
  }
  std::string full_name() const { return model + "/" + version; }
};

// What holds for every model.
struct CommonLimits {
  int prompt_warn_chars = 0;  // code points; the service's limit is not documented
  int negative_prompt_warn_chars = 0;
  int media_name_max_chars = 0;
  std::vector<std::string> audio_families;       // accept AudioGeneration whatever the version
  std::vector<std::string> video_input_regions;  // InputRegion of videos; empty: not checked
};

}  // namespace aigc::catalog
