// What the process's exit status says: part of the product, users script against it. Pure
// functions, any thread.
#pragma once

#include "base/result.h"
#include "pipeline/loop.h"

namespace aigc::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitTasksFailed = 1;  // the run ended and a task failed, is lost or skipped
inline constexpr int kExitUsage = 2;        // usage or manifest; nothing was sent
inline constexpr int kExitCredentials = 3;  // missing, refused, or not allowed to use the API
inline constexpr int kExitStopped = 4;      // on purpose: budget, --stop-after, account
inline constexpr int kExitState = 5;        // the state cannot be used
inline constexpr int kExitLocal = 6;        // disk full, no permission
inline constexpr int kExitUnreachable = 7;  // the service could not be reached, or not trusted
inline constexpr int kExitDefect = 70;      // a defect of this program (sysexits.h EX_SOFTWARE)
inline constexpr int kExitInterrupted = 130;
inline constexpr int kExitTerminated = 143;

int ExitCodeOf(ErrorCode code);
// `signal`: the one that interrupted the run, 0 when none did.
int ExitCodeOf(const pipeline::RunResult& result, int signal);

}  // namespace aigc::cli
