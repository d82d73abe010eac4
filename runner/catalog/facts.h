// What a check needs to know of a task, counted once. Private to this room. Facts refer to texts of
// the task and the model.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/model.h"

namespace aigc::catalog {

struct Facts {
  // None for images and for tasks with a scene type: how these use their files is not documented.
  std::optional<Mode> mode;
  bool has_first_frame = false;
  bool has_last_frame = false;
  int images = 0;            // all but the last frame; subjects too where the model counts them
  int reference_images = 0;  // without first and last frame; subjects as above
  int videos = 0;
  int audios = 0;
  std::string_view resolution;  // with the model's default filled in; empty: unknown
  std::optional<int> duration;  // whole seconds, with the model's default filled in
  bool audio = false;           // off is the service's default
};

Facts FactsOf(const TaskSpec& spec, const Model& model);

// Whether a condition holds for a task; none when that cannot be told from the manifest.
std::optional<bool> Holds(const Condition& condition, const TaskSpec& spec, const Facts& facts);

// The manifest's name of the field that a broken requirement is about; empty: the task as a whole.
std::string_view FieldOf(const Condition& require);

// "5", "5 or 10", "a, b or c"; at most `limit` of them, then "…".
std::string Alternatives(const std::vector<std::string>& values, std::size_t limit = 12);

}  // namespace aigc::catalog
