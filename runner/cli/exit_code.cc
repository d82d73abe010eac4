#include "cli/exit_code.h"

#include <csignal>

namespace aigc::cli {

int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kManifest:
    case ErrorCode::kInvalid:
    case ErrorCode::kNotFound:
      return kExitUsage;
    case ErrorCode::kCredentials:
      return kExitCredentials;
    case ErrorCode::kAccount:
    case ErrorCode::kBudget:
      return kExitStopped;
    case ErrorCode::kStateLocked:
    case ErrorCode::kStateDamaged:
    case ErrorCode::kStateNewer:
    case ErrorCode::kStateForeign:
    case ErrorCode::kStateMissing:
    case ErrorCode::kStateUnusable:
      return kExitState;
    case ErrorCode::kDiskFull:
    case ErrorCode::kNoPermission:
    case ErrorCode::kIo:
      return kExitLocal;
    case ErrorCode::kUnreachable:
    case ErrorCode::kUntrusted:
      return kExitUnreachable;
    case ErrorCode::kInterrupted:
      return kExitInterrupted;
    case ErrorCode::kInternal:
      return kExitDefect;
  }
  return kExitDefect;
}

int ExitCodeOf(const pipeline::RunResult& result, int signal) {
  switch (result.reason) {
    case pipeline::StopReason::kFinished:
      break;
    case pipeline::StopReason::kInterrupted:
      return signal == SIGTERM ? kExitTerminated : kExitInterrupted;
    case pipeline::StopReason::kCredentials:
      return kExitCredentials;
    case pipeline::StopReason::kAccount:
    case pipeline::StopReason::kStopAfter:
    case pipeline::StopReason::kBudget:
    case pipeline::StopReason::kCanary:
    case pipeline::StopReason::kPaused:
      return kExitStopped;
    case pipeline::StopReason::kUnreachable:
    case pipeline::StopReason::kUntrusted:
      return kExitUnreachable;
    case pipeline::StopReason::kLocal:
      return kExitLocal;
    case pipeline::StopReason::kListed:
      return kExitState;
  }
  for (const auto& [state, count] : result.counts) {
    if (state != TaskState::kSucceeded && count > 0) return kExitTasksFailed;
  }
  return kExitDone;
}

}  // namespace aigc::cli
