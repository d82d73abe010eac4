#include "catalog/prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "catalog/facts.h"

namespace aigc::catalog {
namespace {

constexpr std::size_t kReasonsShown = 3;

std::string NameOf(const TaskSpec& spec) {
  return spec.version.empty() ? spec.model : spec.model + "/" + spec.version;
}

// Whether the task's `api` members may change what is charged for. They are JSON of our own writer,
// so a member's name is spelt one way only.
bool ChangesThePrice(const std::string& api) {
  constexpr std::array<std::string_view, 11> kMembers = {
      "\"ModelName\":",    "\"ModelVersion\":",    "\"Duration\":",         "\"Resolution\":",
      "\"OffPeak\":",      "\"AudioGeneration\":", "\"OutputImageCount\":", "\"FileInfos\":",
      "\"SubjectInfos\":", "\"SceneType\":",       "\"LastFrameUrl\":"};
  return !api.empty() && std::any_of(kMembers.begin(), kMembers.end(), [&](std::string_view name) {
    return api.find(name) != std::string::npos;
  });
}

enum class Fit { kNo, kYes, kUnknown };

struct Fitting {
  Fit fit = Fit::kYes;
  std::string why{};     // kUnknown
  bool assumed = false;  // kYes, with the model's standard resolution
};

// Everything but the resolution, which a price list leaves out or names for each price.
Fit FitsUse(const Price& price, const TaskSpec& spec, const Facts& facts) {
  if (price.kind && *price.kind != spec.kind) return Fit::kNo;
  if (price.audio && *price.audio != facts.audio) return Fit::kNo;
  if (price.off_peak && *price.off_peak != spec.off_peak.value_or(false)) return Fit::kNo;
  if (price.reference_video && *price.reference_video != (facts.videos > 0)) return Fit::kNo;
  if (price.modes.empty()) return Fit::kYes;
  if (!facts.mode) return Fit::kUnknown;
  const bool listed =
      std::find(price.modes.begin(), price.modes.end(), *facts.mode) != price.modes.end();
  return listed ? Fit::kYes : Fit::kNo;
}

Fitting Fits(const Price& price, const TaskSpec& spec, const Facts& facts) {
  const auto named = [&price](std::string_view resolution) {
    return std::any_of(price.resolutions.begin(), price.resolutions.end(),
                       [&](const std::string& one) { return EqualsIgnoreCase(one, resolution); });
  };
  const bool any_resolution = price.resolutions.empty();
  if (!any_resolution && !facts.resolution.empty() && !named(facts.resolution)) return {Fit::kNo};
  switch (FitsUse(price, spec, facts)) {
    case Fit::kNo:
      return {Fit::kNo};
    case Fit::kUnknown:
      return {Fit::kUnknown,
              fmt::format("which price {} has with a scene_type is not known", NameOf(spec))};
    case Fit::kYes:
      break;
  }
  if (any_resolution) return {};
  if (facts.resolution.empty()) {
    return {Fit::kUnknown, fmt::format("{} has a price for each resolution, the task says none, "
                                       "and the standard one is not documented",
                                       NameOf(spec))};
  }
  return {Fit::kYes, {}, spec.resolution.empty()};
}

struct Quantity {
  std::optional<std::int64_t> thousandths{};
  std::string why{};  // without one
  bool assumed = false;
};

Quantity QuantityOf(PriceUnit unit, const TaskSpec& spec, const Model& model, const Facts& facts) {
  switch (unit) {
    case PriceUnit::kTask:
      return {1000};
    case PriceUnit::kPicture:
      return {std::int64_t{1000} * std::max(1, spec.count.value_or(1))};
    case PriceUnit::kSecond:
      break;
  }
  if (spec.duration) {
    if (!(*spec.duration >= 0 && *spec.duration < 1e6)) {
      return {{}, fmt::format("the duration of {} makes no sense", NameOf(spec))};
    }
    return {std::llround(*spec.duration * 1000)};
  }
  if (facts.videos > 0) {
    return {{},
            fmt::format("how long {} makes its video depends on the input video, and the task "
                        "says no duration",
                        NameOf(spec))};
  }
  if (model.durations.standard) {
    return {std::int64_t{1000} * *model.durations.standard, {}, true};
  }
  return {{},
          fmt::format("{} is charged by the second, the task says no duration, and the "
                      "standard one is not documented",
                      NameOf(spec))};
}

}  // namespace

std::string_view Name(PriceUnit unit) {
  switch (unit) {
    case PriceUnit::kSecond:
      return "second";
    case PriceUnit::kPicture:
      return "picture";
    case PriceUnit::kTask:
      return "task";
  }
  return "task";
}

Prices::Prices(const Catalog& catalog, PriceList list, bool verified)
    : catalog_(&catalog),
      currency_(std::move(list.currency)),
      prices_(std::move(list.prices)),
      verified_(verified) {
  for (std::size_t i = 0; i < prices_.size(); ++i) {
    const Price& price = prices_[i];
    if (price.version.empty()) {
      by_family_[ToLower(price.model)].push_back(i);
    } else {
      by_version_[ToLower(price.model + "/" + price.version)].push_back(i);
    }
  }
}

Prices Prices::OfCatalog(const Catalog& catalog) {
  PriceList list;
  for (const Model& model : catalog.models()) {
    const UnverifiedPrice& from = model.price;
    if (from.empty()) continue;
    if (list.currency.empty()) list.currency = from.currency;
    if (from.currency != list.currency) continue;  // one batch, one currency
    for (const PriceRow& row : from.rows) {
      for (const auto& [resolution, amount] : row.by_tier) {
        Price price{model.model, model.version, model.kind};
        for (const PriceUnit unit : {PriceUnit::kSecond, PriceUnit::kPicture, PriceUnit::kTask}) {
          if (Name(unit) == from.unit) price.unit = unit;
        }
        price.resolutions = {resolution};
        price.modes = row.modes;
        price.audio = row.audio;
        price.reference_video = row.reference_video;
        price.micros = std::llround(amount * 1e6);  // to the millionth
        list.prices.push_back(std::move(price));
      }
    }
  }
  return {catalog, std::move(list), /*verified=*/false};
}

Estimate Prices::EstimateOf(const TaskSpec& spec) const {
  if (ChangesThePrice(spec.api)) {
    return {{}, fmt::format("`api` changes what {} is charged by", NameOf(spec))};
  }
  static const Model kUnknown;
  const Model* found = catalog_->Find(spec.kind, spec.model, spec.version);
  const Model& model = found == nullptr ? kUnknown : *found;
  const Facts facts = FactsOf(spec, model);

  static const Places kNone;
  const auto places = [](const auto& index, const std::string& key) -> const Places& {
    const auto at = index.find(key);
    return at == index.end() ? kNone : at->second;
  };
  const std::string family = ToLower(spec.model);
  const Places& whole = places(by_family_, family);
  const Places& single = places(by_version_, family + "/" + ToLower(spec.version));
  bool other_uses = false;  // the model has a price, for something else
  // Both lists together in the order of the price list.
  for (auto a = whole.begin(), b = single.begin(); a != whole.end() || b != single.end();) {
    const bool take_a = b == single.end() || (a != whole.end() && *a < *b);
    const Price& price = prices_[take_a ? *a++ : *b++];
    const Fitting fitting = Fits(price, spec, facts);
    if (fitting.fit == Fit::kNo) {
      other_uses = other_uses || !price.kind || *price.kind == spec.kind;
      continue;
    }
    if (fitting.fit == Fit::kUnknown) return {{}, fitting.why};
    const Quantity quantity = QuantityOf(price.unit, spec, model, facts);
    if (!quantity.thousandths) return {{}, quantity.why};
    const auto micros = Multiply(price.micros, *quantity.thousandths);
    if (!micros) return {{}, fmt::format("the price of {} makes no sense", NameOf(spec))};
    return {Money{*micros, currency_}, {}, fitting.assumed || quantity.assumed};
  }
  std::string why = "no price for " + NameOf(spec);
  if (spec.kind == Kind::kImage) why += " (image)";
  if (other_uses && !facts.resolution.empty()) why.append(" at ").append(facts.resolution);
  if (other_uses) why += " as it is used here";
  return {{}, std::move(why)};
}

std::string CostText(const CostSum& sum) {
  std::string text;
  if (sum.unknown < sum.tasks || sum.tasks == 0) {
    text = MoneyText(sum.known);
    if (!sum.verified) text += " (unverified)";
  }
  if (sum.unknown == 0) return text;
  if (text.empty()) {
    text = "unknown";
  } else {
    text += fmt::format(", unknown for {} of {} tasks", sum.unknown, sum.tasks);
  }
  for (std::size_t i = 0; i < sum.reasons.size(); ++i) {
    if (i == kReasonsShown) return text + "; …";
    text += (i == 0 ? ": " : "; ") + sum.reasons[i];
  }
  return text;
}

}  // namespace aigc::catalog
