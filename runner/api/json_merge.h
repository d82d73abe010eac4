// Merging of two JSON objects, for the `api` member of a task. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aigc::api {

// `extra` laid over `base`: its members replace those of the same name, objects under the same name
// merge all the way down, an explicit null removes ours (unset members are never sent, reference
// 1.3). Members of `base` keep their places, new ones follow in the order of `extra`. Same texts
// give the same bytes. kInvalid when either is not one JSON object, or nested deeper than 32.
Result<std::string> MergeJson(std::string_view base, std::string_view extra);

}  // namespace aigc::api
