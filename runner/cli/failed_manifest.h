// `report --manifest-of-failed FILE`: what report/manifest_of_failed.h needs to know from the
// manifest's settings, the disk and the error tables.
#pragma once

#include <string>

#include "base/result.h"
#include "report/manifest_of_failed.h"
#include "report/row_filter.h"
#include "store/store.h"

namespace aigc::cli {

struct FailedManifestWish {
  report::RowFilter filter{};
  bool without_refused = false;
  bool with_lost = false;
};

// Writes FILE, whole or not at all; not at all when there is no task to write. The new batch is
// called NAME-failed and keeps the old one's settings, with what is left of its budget. Paths of
// local files stay as they are when FILE lies in the batch's folder, else they become absolute.
Result<report::ManifestOfFailedCounts> WriteFailedManifest(store::StoreReader& store,
                                                           const store::Selection& selection,
                                                           const FailedManifestWish& wish,
                                                           const std::string& path);

}  // namespace aigc::cli
