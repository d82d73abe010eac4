// The few members of a stored spec that every row of a report shows, read without building a tree:
// a report of a million rows spends most of its time here. Pure, any thread.
#pragma once

#include <string_view>

#include "base/result.h"
#include "task/task_spec.h"

namespace aigc::report {

// Of `json` (task/task_spec.h SpecJson) only id, kind, model, version, prompt, negative_prompt,
// duration, resolution, aspect_ratio, count, tags and depends_on; all else keeps its default. What
// it does not read at a glance goes to ParseSpec(), whose errors are handed on.
Result<TaskSpec> ParseSpecCells(std::string_view json);

}  // namespace aigc::report
