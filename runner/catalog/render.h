// The catalog for people and programs: what `models` prints. Pure functions, any thread. Text ends
// in a line end; JSON is one line without it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"

namespace aigc::catalog {

// The models that `name` means: "Kling/2.1", "Kling", or "2.1" alone, without case; empty: all but
// removed ones. kNotFound, with the nearest name as hint, when there is none.
Result<std::vector<const Model*>> Select(const Catalog& catalog, std::string_view name);

// One line for each model.
std::string RenderModels(const Catalog& catalog, const std::vector<const Model*>& models);
// Everything about one model.
std::string RenderModel(const Catalog& catalog, const Model& model);
// {"as_of": …, "models": […]} with everything about each.
std::string ModelsJson(const Catalog& catalog, const std::vector<const Model*>& models);

}  // namespace aigc::catalog
