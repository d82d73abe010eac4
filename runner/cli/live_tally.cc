#include "cli/live_tally.h"

namespace aigc::cli {

LiveTally TallyOf(const store::StateCounts& counts) {
  LiveTally tally;
  for (const auto& [state, count] : counts) {
    tally.total += count;
    if (IsFinal(state)) tally.ended += count;
    switch (state) {
      case TaskState::kPending:
      case TaskState::kWaitingRetry:
        tally.waiting += count;
        break;
      case TaskState::kBlocked:
        tally.waiting += count;
        tally.blocked += count;
        break;
      case TaskState::kSubmitting:
      case TaskState::kRunning:
        tally.running += count;
        break;
      case TaskState::kDownloading:
        tally.fetching += count;
        break;
      case TaskState::kSucceeded:
        tally.succeeded += count;
        break;
      case TaskState::kFailed:
        tally.failed += count;
        break;
      case TaskState::kSkipped:
        tally.skipped += count;
        break;
      case TaskState::kCancelled:
        tally.cancelled += count;
        break;
      case TaskState::kLost:
        tally.lost += count;
        break;
    }
  }
  return tally;
}

}  // namespace aigc::cli
