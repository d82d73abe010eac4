// Reads what a live screen shows from a batch's state: that of this process's run, or of another's.
// On one thread, that of the store.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "cli/live_view.h"
#include "pipeline/limits.h"
#include "pipeline/observer.h"
#include "store/store.h"

namespace aigc::cli {

// Where the usual generation times come from: this batch's own, or what else was learnt of them.
using LearntTimes = std::function<Result<std::vector<store::GenerationTime>>()>;

// Fills in what a state tells: counts, money, times, failures. On failure the view keeps what it
// has.
using ReadView = std::function<Status(WallTime now, LiveView& view)>;

class LiveSource {
 public:
  // `store` must outlive it. Without `learnt`: those of the batch itself.
  LiveSource(store::StoreReader& store, store::Selection selection, LearntTimes learnt = {});
  Status Read(WallTime now, LiveView& view);

 private:
  Status ReadRarely(WallTime now, LiveView& view);

  store::StoreReader& store_;
  const store::Selection selection_;
  const LearntTimes learnt_;
  std::optional<WallTime> learnt_at_, expiry_at_;  // when they were read last
  std::optional<WallTime> result_expires_, task_leaves_;
};

// What only the run itself knows: slots, pace, whether it is stopping. Estimates what is left.
void TakeProgress(const pipeline::Progress& progress, LiveView& view);
// The same for a run elsewhere: from the settings it was begun with.
void AssumeLimits(const pipeline::Limits& limits, LiveView& view);

}  // namespace aigc::cli
