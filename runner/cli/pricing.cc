#include "cli/pricing.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/digest.h"
#include "manifest/posix_file_reader.h"
#include "manifest/problem_list.h"
#include "manifest/source_text.h"

namespace aigc::cli {
namespace {

constexpr std::uint64_t kMaxPriceList = 16ULL * 1024 * 1024;
constexpr std::size_t kModelsShown = 5;

// The path as people know it, and where the file is.
struct ListPath {
  std::string shown, path;
};

ListPath PathOf(const Context& context, const manifest::Settings& settings,
                const std::string& folder) {
  if (context.options.prices) return {*context.options.prices, *context.options.prices};
  if (settings.prices.empty()) return {};
  const std::string path = (std::filesystem::path(folder) / settings.prices).string();
  return {settings.prices, path};
}

}  // namespace

std::vector<manifest::Problem> PriceListProblems(const std::vector<catalog::PriceProblem>& problems,
                                                 const std::string& text, const std::string& name) {
  const manifest::SourceText source(text, name);
  manifest::ProblemList list(source);
  for (const catalog::PriceProblem& problem : problems) {
    if (problem.severity == catalog::Severity::kError) {
      list.Error(problem.offset, problem.message, problem.hint);
    } else {
      list.Warning(problem.offset, problem.message, problem.hint);
    }
  }
  return list.Sorted();
}

Result<Pricing> LoadPricing(const Context& context, const catalog::Catalog& catalog,
                            const manifest::Settings& settings, const std::string& folder) {
  const ListPath list = PathOf(context, settings, folder);
  if (list.path.empty()) {
    return Pricing{catalog::Prices::OfCatalog(catalog), "catalog " + catalog.as_of()};
  }
  manifest::PosixFileReader reader;
  auto content = reader.Read(list.path, kMaxPriceList);
  if (!content.ok()) {
    return Error{ErrorCode::kUsage, "the price list " + content.error().message, list.shown,
                 "--prices is relative to the working folder, `prices:` to the manifest's"};
  }
  if (content->size > kMaxPriceList) {
    return Error{ErrorCode::kUsage, "the price list is larger than 16 MB", list.shown};
  }
  catalog::PriceListResult read = catalog::ReadPriceList(content->bytes, catalog);
  if (!read.problems.empty() && !(context.console.quiet() && read.list)) {
    const auto problems = PriceListProblems(read.problems, content->bytes, list.shown);
    context.console.Error(manifest::Render(problems, context.console.color()));
  }
  if (!read.list) {
    return Error{ErrorCode::kUsage, "nothing was sent, the price list has errors", list.shown};
  }
  return Pricing{catalog::Prices(catalog, *std::move(read.list), /*verified=*/true),
                 "list " + Sha256Hex(content->bytes)};
}

Result<store::MoneyTerms> SettleMoney(const manifest::Settings& settings, const Options& options,
                                      const Pricing& pricing) {
  store::MoneyTerms terms;
  terms.currency = pricing.prices.currency();
  terms.source = pricing.source;
  terms.verified = pricing.prices.verified();
  terms.budget_micros = settings.limits.budget_micros;
  terms.allow_unpriced = settings.allow_unpriced || options.allow_unpriced;
  if (options.budget) {
    terms.budget_micros = ParseAmount(*options.budget);
    if (terms.budget_micros.value_or(0) <= 0) {
      return Error{ErrorCode::kUsage,
                   "--budget must be an amount above 0",
                   {},
                   "write it as 500 or 12.50: digits, at most six decimals, no currency"};
    }
  }
  return terms;
}

Result<ResumedMoney> ResumeMoney(const Context& context, const catalog::Catalog& catalog,
                                 const manifest::Settings& settings, store::StoreReader& store) {
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState before, store.Money());
  const bool again = context.options.prices.has_value() || before.terms.source.empty();
  // Only --prices names a file that must be there.
  manifest::Settings without_files = settings;
  without_files.prices.clear();
  AIGC_ASSIGN_OR_RETURN(Pricing pricing, LoadPricing(context, catalog, without_files, ""));
  ResumedMoney money;
  AIGC_ASSIGN_OR_RETURN(money.terms, SettleMoney(settings, context.options, pricing));
  if (again) {
    money.prices = std::move(pricing.prices);
  } else {
    money.terms.currency = before.terms.currency;
    money.terms.source = before.terms.source;
    money.terms.verified = before.terms.verified;
  }
  return money;
}

Status RecordMoney(store::Store& store, const store::MoneyTerms& terms,
                   const catalog::Prices* prices) {
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState before, store.Money());
  AIGC_RETURN_IF_ERROR(store.SetMoneyTerms(terms));
  if (prices == nullptr || before.terms.source == terms.source) return {};
  return store.ForEachUnfinished([&](const store::TaskRow& row, const std::string& json) -> Status {
    AIGC_ASSIGN_OR_RETURN(const TaskSpec spec, ParseSpec(json));
    const catalog::Estimate estimate = prices->EstimateOf(spec);
    return store.SetEstimate(row.key,
                             estimate.cost ? std::optional(estimate.cost->micros) : std::nullopt);
  });
}

Status RefuseUnpriced(store::StoreReader& store, const store::Selection& selection,
                      const catalog::Prices* prices) {
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store.Money());
  if (!money.terms.budget_micros || money.terms.allow_unpriced) return {};
  AIGC_ASSIGN_OR_RETURN(const auto models, store.Unpriced(selection));
  if (models.empty()) return {};
  std::int64_t tasks = 0;
  std::string list;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const store::UnpricedModel& model = models[i];
    tasks += model.tasks;
    if (i > kModelsShown) continue;
    if (i == kModelsShown) {
      list += "; …";
      continue;
    }
    // The first task of the model says why.
    std::string why = "it was planned without a price";
    if (const auto row = store.FindTask(model.first); row.ok() && prices != nullptr) {
      AIGC_ASSIGN_OR_RETURN(const std::string json, store.SpecOf(row->key));
      AIGC_ASSIGN_OR_RETURN(const TaskSpec spec, ParseSpec(json));
      why = prices->EstimateOf(spec).why;
    }
    list += fmt::format("{}{} of {}/{} ({}: {})", i == 0 ? "" : "; ", model.tasks, model.model,
                        model.version, model.first, why);
  }
  return Error{ErrorCode::kUsage,
               fmt::format("under a budget the cost of every task must be known, and that of {} "
                           "task{} is not: {}. Nothing was sent",
                           tasks, tasks == 1 ? "" : "s", list),
               "budget",
               "add a row for it to a price list (`prices:` or --prices), or let such tasks pass "
               "uncounted with allow_unpriced: true or --allow-unpriced"};
}

std::string BudgetNote(const pipeline::Workload& work, const store::MoneyTerms& terms,
                       const store::MoneyState& state) {
  if (!terms.budget_micros || work.submissions == 0) return "";
  const auto text = [&](std::int64_t micros) { return MoneyText({micros, terms.currency}); };
  if (work.unpriced > 0 && !terms.allow_unpriced) {
    return fmt::format(
        "a run will be refused: it has a budget, and the cost of {} task{} is not known "
        "(allow_unpriced: true lets them pass)",
        work.unpriced, work.unpriced == 1 ? "" : "s");
  }
  const std::int64_t left =
      std::max<std::int64_t>(0, *terms.budget_micros - state.spent_micros - state.reserved_micros);
  if (work.cost_micros <= left) return "";
  return fmt::format("the budget will not be enough: {} of {} is left", text(left),
                     text(*terms.budget_micros));
}

std::optional<Money> PlanPricer::operator()(const TaskSpec& spec) {
  catalog::Estimate estimate = prices_.EstimateOf(spec);
  if (!estimate.cost) ++reasons_[estimate.why];
  return std::move(estimate.cost);
}

std::string PlanPricer::CostText(const pipeline::Workload& work) const {
  catalog::CostSum sum;
  sum.known = {work.cost_micros, prices_.currency()};
  sum.verified = prices_.verified();
  sum.tasks = work.submissions;
  sum.unknown = work.unpriced;
  if (work.unpriced > 0) {
    for (const auto& [reason, tasks] : reasons_) sum.reasons.push_back(reason);
  }
  return catalog::CostText(sum);
}

}  // namespace aigc::cli
