// What `plan --recover` adds to a plan: the tasks of this batch that the service still lists, and
// that a run with --recover would adopt in place of paying for them again. Asks the service; writes
// nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/times.h"
#include "cli/command.h"
#include "cli/manifest_load.h"
#include "pipeline/limits.h"
#include "pipeline/plan.h"
#include "store/store.h"

namespace aigc::cli {

struct Adoption {
  std::string id;       // of the manifest's task
  std::string task_id;  // the service's
  WallTime created{};
  bool finished = false;  // else it still waits or generates
  bool failed = false;    // all that is listed of it failed: the failure counts as an attempt
};

struct RecoveryView {
  std::size_t listed = 0;           // of this batch, unknown to the state
  bool lists_generations = true;    // false: the service showed none of any batch
  std::vector<Adoption> adoptions;  // in the manifest's order
};

// After planner.Compare(); takes what is adopted out of what the planner counts as to be submitted.
// kCredentials, kUnreachable, kUntrusted and kAccount as a run.
Result<RecoveryView> FindAdoptions(const Context& context, Settings& settings,
                                   const LoadedManifest& loaded, store::StoreReader* reader,
                                   const pipeline::Limits& limits, pipeline::Planner& planner);

// A few lines; all adoptions where `detailed`, else the first few.
std::string RecoveryText(const RecoveryView& view, bool detailed);
// {"listed":…,"adopted":…,"tasks":[{"id","task_id","accepted_at","finished","failed"}]}
std::string RecoveryJson(const RecoveryView& view);

}  // namespace aigc::cli
