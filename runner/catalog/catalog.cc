#include "catalog/catalog.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace aigc::catalog {
namespace {

std::string KeyOf(Kind kind, std::string_view model, std::string_view version) {
  std::string key(Name(kind));
  key.append("/").append(model).append("/").append(version);
  return ToLower(key);
}

// The spelling of `text` in `choices`, or `text` itself.
void Respell(const Choices& choices, std::string& text) {
  for (const auto* values : {&choices.values, &choices.warn_values}) {
    for (const std::string& value : *values) {
      if (EqualsIgnoreCase(value, text)) {
        text = value;
        return;
      }
    }
  }
}

}  // namespace

Catalog::Catalog(std::string as_of, CommonLimits limits, std::vector<Model> models)
    : as_of_(std::move(as_of)), limits_(std::move(limits)), models_(std::move(models)) {
  for (std::size_t i = 0; i < models_.size(); ++i) {
    index_.emplace(KeyOf(models_[i].kind, models_[i].model, models_[i].version), i);
  }
}

const Model* Catalog::Find(Kind kind, std::string_view model, std::string_view version) const {
  const auto at = index_.find(KeyOf(kind, model, version));
  return at == index_.end() ? nullptr : &models_[at->second];
}

void Catalog::Normalise(TaskSpec& spec) const {
  const Model* found = nullptr;
  int versions = 0;  // listed ones of the family
  if (!spec.version.empty()) {
    found = Find(spec.kind, spec.model, spec.version);
  } else {
    for (const Model& model : models_) {
      if (model.kind != spec.kind || model.standing != Standing::kListed ||
          !EqualsIgnoreCase(model.model, spec.model)) {
        continue;
      }
      found = &model;
      ++versions;
    }
    if (versions != 1) found = nullptr;
  }
  if (found == nullptr) return;
  spec.model = found->model;
  spec.version = found->version;
  Respell(found->resolutions, spec.resolution);
  Respell(found->aspect_ratios, spec.aspect_ratio);
}

bool Catalog::AudioKnown(Kind kind, std::string_view model, std::string_view version) const {
  if (kind != Kind::kVideo) return false;
  const auto& families = limits_.audio_families;
  if (std::any_of(families.begin(), families.end(),
                  [model](const std::string& family) { return EqualsIgnoreCase(family, model); })) {
    return true;
  }
  const Model* found = Find(kind, model, version);
  return found != nullptr && found->audio != Support::kNo && found->audio != Support::kUnknown;
}

}  // namespace aigc::catalog
