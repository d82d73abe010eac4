// What `plan` tells and what `run` writes before it begins: one plan for both.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/manifest_load.h"
#include "cli/run_batch.h"

namespace aigc::cli {

// Writes the manifest's tasks with their estimates, `run.record` and `terms` into
// `run.store`, in one turn: whole or not at all.
// On a terminal it shows the plan first and asks before money is spent; what succeeded before and
// would be made again needs a yes there or --yes anywhere. kUsage, with nothing written, when the
// answer is no.
Status PlanForRun(const Context& context, const LoadedManifest& loaded, const BatchRun& run,
                  const store::MoneyTerms& terms);

}  // namespace aigc::cli
