// The states of a task and which may follow which. The names are part of the product (CSV, JSON,
// status). Pure functions, any thread.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace aigc {

enum class TaskState {
  kPending,     // may be submitted as soon as there is room
  kBlocked,     // waits for another task's output
  kSubmitting,  // an attempt is begun: its send may be on the wire, or its outcome is being looked
                // up
  kRunning,     // accepted by the service, its task id is known
  kWaitingRetry,  // will be submitted (again) at its due time
  kDownloading,   // generated, files are being fetched
  kSucceeded,
  kFailed,
  kSkipped,  // a task it needs failed
  kCancelled,
  kLost,  // accepted or maybe accepted, and beyond finding
};

inline constexpr std::array<TaskState, 11> kAllTaskStates = {
    TaskState::kPending,      TaskState::kBlocked,     TaskState::kSubmitting, TaskState::kRunning,
    TaskState::kWaitingRetry, TaskState::kDownloading, TaskState::kSucceeded,  TaskState::kFailed,
    TaskState::kSkipped,      TaskState::kCancelled,   TaskState::kLost};

std::string_view Name(TaskState state);  // "waiting_retry"
std::optional<TaskState> ParseTaskState(std::string_view name);

// True for succeeded, failed, skipped, cancelled and lost.
bool IsFinal(TaskState state);
// Submitting and running tasks occupy one of the account's generation slots.
bool HoldsSlot(TaskState state);
// The transition table. A transition that is not in it is a defect; the store refuses to write it.
bool MayFollow(TaskState from, TaskState to);

}  // namespace aigc
