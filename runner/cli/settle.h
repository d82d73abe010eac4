// Flags over manifest over the program's defaults, for what bounds a run and where results go.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "manifest/settings.h"
#include "pipeline/limits.h"
#include "pipeline/output_name.h"

namespace aigc::cli {

// kUsage for a flag that makes no sense. The budget is settled by pricing.h.
Result<pipeline::Limits> SettleLimits(const manifest::Limits& manifest, const Options& options);

// Where the results of the batch go: relative to the manifest's folder, or absolute. --output is
// relative to the working directory, as everything on a command line is.
Result<std::string> SettleOutputFolder(const manifest::Settings& manifest, const Options& options);

// Makes the folder and sees whether it can be written to, before anything is paid for. Not for
// folders that depend on the task. kIo, kNoPermission or kDiskFull.
Status PrepareOutputFolder(const std::string& base, const std::string& folder);

}  // namespace aigc::cli
