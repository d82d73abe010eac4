#include "task/task_state.h"

namespace aigc {

std::string_view Name(TaskState state) {
  switch (state) {
    case TaskState::kPending:
      return "pending";
    case TaskState::kBlocked:
      return "blocked";
    case TaskState::kSubmitting:
      return "submitting";
    case TaskState::kRunning:
      return "running";
    case TaskState::kWaitingRetry:
      return "waiting_retry";
    case TaskState::kDownloading:
      return "downloading";
    case TaskState::kSucceeded:
      return "succeeded";
    case TaskState::kFailed:
      return "failed";
    case TaskState::kSkipped:
      return "skipped";
    case TaskState::kCancelled:
      return "cancelled";
    case TaskState::kLost:
      return "lost";
  }
  return "pending";
}

std::optional<TaskState> ParseTaskState(std::string_view name) {
  for (const TaskState state : kAllTaskStates) {
    if (Name(state) == name) return state;
  }
  return std::nullopt;
}

bool IsFinal(TaskState state) {
  using enum TaskState;
  return state == kSucceeded || state == kFailed || state == kSkipped || state == kCancelled ||
         state == kLost;
}

bool HoldsSlot(TaskState state) {
  return state == TaskState::kSubmitting || state == TaskState::kRunning;
}

bool MayFollow(TaskState from, TaskState to) {
  using enum TaskState;
  switch (from) {
    case kPending:
      return to == kSubmitting || to == kBlocked || to == kSkipped || to == kCancelled;
    case kBlocked:
      // Failed: a file that it needs cannot be uploaded.
      return to == kPending || to == kFailed || to == kSkipped || to == kCancelled;
    case kSubmitting:
      // Back to pending: refused for rate or concurrency, nothing was accepted, same submission
      // later.
      return to == kRunning || to == kPending || to == kWaitingRetry || to == kFailed ||
             to == kCancelled || to == kLost;
    case kRunning:
      return to == kDownloading || to == kSucceeded || to == kWaitingRetry || to == kFailed ||
             to == kCancelled || to == kLost;
    case kWaitingRetry:
      // Blocked: the output of another task that it takes must be found anew.
      return to == kSubmitting || to == kPending || to == kBlocked || to == kFailed ||
             to == kCancelled || to == kSkipped;
    case kDownloading:
      return to == kSucceeded || to == kFailed || to == kRunning;
    case kSucceeded:
      return to == kDownloading || to == kPending;  // files gone; made again
    case kFailed:
      // Made again, or an overdue task that finished after all.
      return to == kPending || to == kBlocked || to == kRunning || to == kDownloading ||
             to == kSucceeded;
    case kSkipped:
      return to == kPending || to == kBlocked;
    case kCancelled:
      return to == kPending || to == kBlocked || to == kRunning;
    case kLost:
      return to == kPending || to == kRunning || to == kSucceeded || to == kDownloading;
  }
  return false;
}

}  // namespace aigc
