// Which catalog a command goes by, and what the catalog has to say about a manifest's tasks.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "cli/command.h"
#include "manifest/manifest.h"

namespace aigc::cli {

// The file that --catalog names, else the built-in one. kUsage, with file:line:column where it is
// known, for a file that cannot be read or is no catalog.
Result<std::shared_ptr<const catalog::Catalog>> ChosenCatalog(const Context& context);

// For manifest::LoadOptions::check_spec: corrects the spelling of a task, then says what speaks
// against it. `catalog` must outlive it.
std::function<void(TaskSpec&, bool, std::vector<manifest::Finding>&)> SpecCheck(
    const catalog::Catalog& catalog);

}  // namespace aigc::cli
