// What an error of the service means for us: reference section 7 as data (runner/api/data/*.tsv,
// embedded), because vendors change their texts. Decisions in pipeline/ look at the class only.
// Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace aigc::api {

enum class ErrorClass {
  kRate,         // refused: too many requests a second; not accepted
  kConcurrency,  // refused or failed: too many tasks at once
  kBusy,       // refused for now: the service is short of something; not accepted, longer back-off
  kAmbiguous,  // may have been accepted
  kDuplicate,  // this SessionId was used before: the first send arrived
  kPermanent,  // this task is wrong as it is
  kContent,    // refused by content policy: never retried by itself
  kTransient,  // a new attempt may cure it
  kTransientOnce,  // one new attempt may cure it
  kUnknown,        // nothing known: at most two new attempts
  kUnknownTask,    // no such task id, or older than the visibility window
  kAuth,           // nothing will work: stop
  kClock,          // signature expired: correct the clock once, then kAuth
  kAccount,        // stop submitting, go on polling: balance, quota, application
};
std::string_view Name(ErrorClass error_class);

struct Verdict {
  ErrorClass error_class = ErrorClass::kUnknown;
  std::string_view advice{};  // for people: what to do; may be empty; lives as long as the program
  bool guessed = false;       // RequestLimitExceeded whose text names neither rate nor concurrency
};

// An Error of an API answer (7.2). `code` is matched whole first, then up to its first dot; some
// rows also look at the message through the pattern data (duplicate by text; rate or concurrency by
// text, kConcurrency when it names neither: with nothing of ours in flight the caller may know
// better). `create` tells create actions from queries (unknown codes: permanent for the former,
// transient for the latter).
Verdict ClassifyApiError(std::string_view code, std::string_view message, bool create);

// A task that finished with ErrCode ≠ 0 or a non-empty ErrCodeExt (7.3, then 7.4), or was ABORTED
// (0 and empty: kPermanent, since whoever cancelled it did not want it tried again).
Verdict ClassifyTaskError(int err_code, std::string_view err_code_ext, std::string_view message);

// A short stable code for the report's error_code column: ErrCodeExt, else the number, else
// "aborted".
std::string TaskErrorCode(int err_code, std::string_view err_code_ext);

}  // namespace aigc::api
