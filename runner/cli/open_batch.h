// A batch's state, opened to look at it while a run may go on.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "store/store.h"

namespace aigc::cli {

struct OpenBatch {
  std::string name;
  std::unique_ptr<store::StoreReader> store;
};

// kNotFound with the nearest known name when there is none of that name.
Result<std::unique_ptr<store::StoreReader>> OpenForLooking(const std::string& folder,
                                                           const std::string& name);
// The one that the command line means.
Result<OpenBatch> OpenTheBatch(const Context& context);

}  // namespace aigc::cli
