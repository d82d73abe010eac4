// What a run may cost, settled before it begins: which prices, which budget, and what cannot be
// priced.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/price_list.h"
#include "catalog/prices.h"
#include "cli/command.h"
#include "manifest/problem.h"
#include "manifest/settings.h"
#include "pipeline/plan.h"
#include "store/store.h"

namespace aigc::cli {

struct Pricing {
  catalog::Prices prices;
  std::string source;  // changes when the prices may have: store::MoneyTerms::source
};

// The prices of --prices, else those of `prices:` in the manifest (relative to `folder`), else the
// catalog's, which nobody confirmed. Shows what is wrong with a price list, all of it; kUsage when
// it cannot be used.
Result<Pricing> LoadPricing(const Context& context, const catalog::Catalog& catalog,
                            const manifest::Settings& settings, const std::string& folder);

// What is wrong with the price list `text`, with its places, as a manifest's problems are shown.
std::vector<manifest::Problem> PriceListProblems(const std::vector<catalog::PriceProblem>& problems,
                                                 const std::string& text, const std::string& name);

// Flags over manifest. kUsage for a --budget that is no amount.
Result<store::MoneyTerms> SettleMoney(const manifest::Settings& settings, const Options& options,
                                      const Pricing& pricing);

// The same for a batch that is resumed without its manifest's files: its estimates stay as they are
// (prices: none) unless --prices names a list, or an older version left it without any.
struct ResumedMoney {
  store::MoneyTerms terms;
  std::optional<catalog::Prices> prices;
};
Result<ResumedMoney> ResumeMoney(const Context& context, const catalog::Catalog& catalog,
                                 const manifest::Settings& settings, store::StoreReader& store);

// Writes the terms, and new estimates for all unfinished tasks where the prices are others than
// before. Inside a turn. `prices` null: as before. kUsage for a batch with costs in another
// currency.
Status RecordMoney(store::Store& store, const store::MoneyTerms& terms,
                   const catalog::Prices* prices);

// kUsage under a budget when selected tasks have no known cost and that was not allowed: which, and
// what to do. `prices` may be null: then it says not why.
Status RefuseUnpriced(store::StoreReader& store, const store::Selection& selection,
                      const catalog::Prices* prices);

// What to say of a plan that the budget will not see to its end; empty when it will. `state` is
// what was spent and reserved before.
std::string BudgetNote(const pipeline::Workload& work, const store::MoneyTerms& terms,
                       const store::MoneyState& state);

// Prices specs for a plan, and remembers why some could not be priced.
class PlanPricer {
 public:
  explicit PlanPricer(const catalog::Prices& prices) : prices_(prices) {}
  std::optional<Money> operator()(const TaskSpec& spec);
  // "CNY 12.50 (unverified), unknown for 3 of 10 tasks: no price for Kling/2.1"
  std::string CostText(const pipeline::Workload& work) const;

 private:
  const catalog::Prices& prices_;
  std::map<std::string, std::int64_t> reasons_;
};

}  // namespace aigc::cli
