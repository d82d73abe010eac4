// aigc-batch status --watch: the live block of a run, for one that goes on in another process.
// Reads the state, changes nothing.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "report/summary.h"
#include "store/store.h"

namespace aigc::cli {

// Shows batch `name` of the state folder until its run ends, or until all its tasks have ended; it
// waits for a run to begin when there is none. Then, and after Ctrl-C, the summary is printed. Off
// a terminal a line every ten seconds; with --json the events "progress" and "done". Returns the
// exit status: 0, or 128 + the signal.
Result<int> WatchBatch(const Context& context, const std::string& folder, const std::string& name,
                       store::StoreReader& store);

// What is told of a run that goes on of this batch; none when there is none.
Result<std::optional<report::RunningNow>> FindRun(const std::string& folder,
                                                  const std::string& name,
                                                  store::StoreReader& store);

// The batch that `status --watch` without a name means: the one that a run goes on of. kUsage when
// there is none or more than one.
Result<std::string> RunningBatch(const std::string& folder);

}  // namespace aigc::cli
