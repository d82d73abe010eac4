#include "base/result.h"

namespace aigc {

std::string_view Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kManifest:
      return "manifest";
    case ErrorCode::kCredentials:
      return "credentials";
    case ErrorCode::kAccount:
      return "account";
    case ErrorCode::kBudget:
      return "budget";
    case ErrorCode::kStateLocked:
      return "state_locked";
    case ErrorCode::kStateDamaged:
      return "state_damaged";
    case ErrorCode::kStateNewer:
      return "state_newer";
    case ErrorCode::kStateForeign:
      return "state_foreign";
    case ErrorCode::kStateMissing:
      return "state_missing";
    case ErrorCode::kStateUnusable:
      return "state_unusable";
    case ErrorCode::kDiskFull:
      return "disk_full";
    case ErrorCode::kNoPermission:
      return "no_permission";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kUnreachable:
      return "unreachable";
    case ErrorCode::kUntrusted:
      return "untrusted";
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kInterrupted:
      return "interrupted";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Describe(const Error& error) {
  std::string text;
  if (!error.context.empty()) text = error.context + ": ";
  text += error.message;
  if (!error.hint.empty()) text += "\n  hint: " + error.hint;
  return text;
}

}  // namespace aigc
