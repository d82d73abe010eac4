// The words of `set`, and which models `pause` may name.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "pipeline/batch_command.h"
#include "pipeline/limits.h"
#include "store/store.h"

namespace aigc::cli {

// "max_in_flight=4" and the like, each value checked as a manifest's is. kUsage with the nearest
// known name; warnings are shown.
Result<std::vector<pipeline::BatchCommand::Setting>> ReadSettings(
    const std::vector<std::string>& words, Console& console);

// kUsage for a model that no task of the batch is of.
Status CheckModels(store::StoreReader& store, const std::vector<std::string>& models);

// Puts what `set` left in the state above the manifest's limits and budget, but not above flags.
void UseSteering(const store::Steering& steering, const Options& options, pipeline::Limits& limits,
                 store::MoneyTerms& terms);

// The limits that flags of this run fixed, by the names `set` has for them.
std::set<std::string> LimitsSaid(const Options& options);

}  // namespace aigc::cli
