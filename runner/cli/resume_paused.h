// `resume` of a batch that is paused: it ends the pause, here or in the run that goes on.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "store/store.h"

namespace aigc::cli {

// Whether this command line ends a pause of the batch.
Result<bool> EndsPause(const Context& context, store::StoreReader& store);
// With the batch's lock held.
Status EndPause(const Context& context, const Settings& settings, store::Store& store,
                const std::string& name);
// While a run goes on: tells it.
Result<int> ResumeRunning(const Context& context);

}  // namespace aigc::cli
