#include "catalog/catalog.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text.h"

namespace aigc::catalog {
namespace {

// Whether `a` comes before `b` (-1), after it (1), or is the same without case (0).
int Compare(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (lower(a[i]) != lower(b[i])) return lower(a[i]) < lower(b[i]) ? -1 : 1;
  }
  if (a.size() == b.size()) return 0;
  return a.size() < b.size() ? -1 : 1;
}

bool IsBefore(const Model& one, Kind kind, std::string_view model, std::string_view version) {
  if (one.kind != kind) return one.kind < kind;
  if (const int order = Compare(one.model, model); order != 0) return order < 0;
  return Compare(one.version, version) < 0;
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
  by_name_.resize(models_.size());
  std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
  std::stable_sort(by_name_.begin(), by_name_.end(), [this](std::size_t a, std::size_t b) {
    return IsBefore(models_[a], models_[b].kind, models_[b].model, models_[b].version);
  });
}

const Model* Catalog::Find(Kind kind, std::string_view model, std::string_view version) const {
  const auto at = std::partition_point(by_name_.begin(), by_name_.end(), [&](std::size_t one) {
    return IsBefore(models_[one], kind, model, version);
  });
  if (at == by_name_.end()) return nullptr;
  const Model& found = models_[*at];
  const bool same = found.kind == kind && Compare(found.model, model) == 0 &&
                    Compare(found.version, version) == 0;
  return same ? &found : nullptr;
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
