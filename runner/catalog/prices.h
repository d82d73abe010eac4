// What a task will cost: from the user's own price list (price_list.h), else from the catalog's
// unverified prices, never from both. An estimate is known or unknown; unknown is not 0.
//
// The prices are tried in the order of the list, and the first that fits counts. Where the manifest
// cannot say whether one fits (no resolution said, and the model's standard not documented), the
// cost is unknown rather than guessed.
//
// A Prices is read-only once made: any number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/money.h"
#include "catalog/catalog.h"
#include "task/task_spec.h"

namespace aigc::catalog {

enum class PriceUnit { kSecond, kPicture, kTask };
std::string_view Name(PriceUnit unit);  // "second", "picture", "task"

// One price and what it is for. What is absent or empty does not matter.
struct Price {
  std::string model, version;  // version empty: all of the family
  std::optional<Kind> kind{};
  PriceUnit unit = PriceUnit::kSecond;
  std::vector<std::string> resolutions{};
  std::vector<Mode> modes{};
  std::optional<bool> audio{}, off_peak{}, reference_video{};
  std::int64_t micros = 0;  // for one unit
};

struct PriceList {
  std::string currency;  // of all of them
  std::vector<Price> prices;
};

struct Estimate {
  std::optional<Money> cost;  // none: unknown
  // Unknown: why, about the model and not the task ("no price for Kling/2.1"). Known: empty.
  std::string why{};
  // The model's standard length or resolution was counted with, since the task says none.
  bool assumed = false;
};

class Prices {
 public:
  // `catalog` must outlive it; it knows what a model does when a task says nothing.
  Prices(const Catalog& catalog, PriceList list, bool verified);
  // The catalog's own.
  static Prices OfCatalog(const Catalog& catalog);

  const std::string& currency() const { return currency_; }  // empty: no price at all
  bool verified() const { return verified_; }                // from the user's own list
  // `spec` is normalised (Catalog::Normalise).
  Estimate EstimateOf(const TaskSpec& spec) const;

 private:
  using Places = std::vector<std::size_t>;  // in prices_, ascending
  const Catalog* catalog_;
  std::string currency_;
  std::vector<Price> prices_;
  bool verified_;
  std::unordered_map<std::string, Places> by_family_;   // "kling": those without a version
  std::unordered_map<std::string, Places> by_version_;  // "kling/2.1"
};

// The cost of several tasks as people read it: "CNY 12.50 (unverified)", "CNY 2.50, unknown for 3
// of 10 tasks: no price for Kling/2.1", "unknown: no price for Kling/2.1".
struct CostSum {
  Money known{};
  bool verified = false;
  std::int64_t tasks = 0;            // priced or not
  std::int64_t unknown = 0;          // of them
  std::vector<std::string> reasons;  // why, as Estimate::why; may be empty
};
std::string CostText(const CostSum& sum);

}  // namespace aigc::catalog
