#include "cli/open_batch.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "store/sqlite_store.h"

namespace aigc::cli {

Result<std::unique_ptr<store::StoreReader>> OpenForLooking(const std::string& folder,
                                                           const std::string& name) {
  auto opened = store::OpenForReading(folder, name);
  if (opened.ok() || opened.error().code != ErrorCode::kNotFound) return opened;
  AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(folder));
  std::vector<std::string_view> names;
  names.reserve(batches.size());
  for (const store::BatchFile& batch : batches) names.push_back(batch.name);
  const auto nearest = Nearest(name, names);
  return Error{ErrorCode::kNotFound, fmt::format("there is no batch {}", Excerpt(name, 80)), folder,
               nearest
                   ? fmt::format("did you mean {}?", *nearest)
                   : "aigc-batch list shows what there is; --state and --sim say where to look"};
}

Result<OpenBatch> OpenTheBatch(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(const Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(std::string name, BatchName(context));
  AIGC_ASSIGN_OR_RETURN(auto store, OpenForLooking(settings.state_folder(), name));
  return OpenBatch{std::move(name), std::move(store)};
}

}  // namespace aigc::cli
