// The work that `run` and `resume` share, once it is settled what to do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "catalog/prices.h"
#include "cli/command.h"
#include "manifest/settings.h"
#include "pipeline/limits.h"
#include "store/store.h"

namespace aigc::cli {

struct BatchRun {
  std::unique_ptr<store::Store> store;  // locked, its batch recorded, its tasks planned
  store::BatchRecord record;
  manifest::Settings manifest;
  pipeline::Limits limits;  // as manifest and flags say, without what `set` put above them
  std::optional<std::int64_t> budget_micros{};  // the same of the budget
  Credentials credentials;                      // not with --sim
  std::shared_ptr<const catalog::Catalog> catalog;
  std::optional<catalog::Prices> prices;  // that the tasks were priced with, where that is known
};

// Connects (to the service, or to a simulator of its own with --sim), runs the loop to its end,
// writes the manifest's report and prints the summary. Interrupted by SIGINT and SIGTERM.
Result<int> RunBatch(const Context& context, const Settings& settings, BatchRun run);

// What a state of this batch belongs to: endpoint() and `sub_app_id`, or the simulator.
std::string BatchEndpoint(const Context& context, const Settings& settings);

// --scenario without --sim, and other flags that do not go together.
Status CheckFlags(const Options& options);

}  // namespace aigc::cli
