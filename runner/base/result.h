// Errors as values. Every call of this project that can fail returns a Result<T> (or Status, which
// is Result<void>); exceptions of foreign libraries are turned into an Error at the edge of the
// room that uses the library.
//
// Decisions depend on Error::code alone; message, context and hint are for people. None of them may
// hold a secret: credentials live in Secret (secret.h), which cannot be formatted.
//
// Thread-safe as any value type: const access from anywhere, no sharing of mutable ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace aigc {

// The closed list of what can go wrong. cli/exit_code.h maps it to the exit status of the program.
enum class ErrorCode {
  kUsage,          // wrong command line or setting
  kManifest,       // the manifest has errors
  kCredentials,    // missing, refused, or not allowed to use the API
  kAccount,        // the account cannot go on: balance, quota, application
  kBudget,         // the user's own budget leaves no room
  kStateLocked,    // another run holds the state
  kStateDamaged,   // the state file is not readable as one
  kStateNewer,     // written by a newer version of this program
  kStateForeign,   // belongs to another account, endpoint or machine
  kStateMissing,   // gone although the service knows this batch
  kStateUnusable,  // the state folder cannot be used (network file system, no permission)
  kDiskFull,
  kNoPermission,
  kIo,           // any other failure of the local disk
  kUnreachable,  // the service or a host could not be reached
  kUntrusted,    // certificate not trusted or wrong host name
  kInvalid,      // input that cannot be understood
  kNotFound,
  kInterrupted,
  kInternal,  // a defect of this program
};

// A stable lower-case name ("state_locked"), for JSON output and tests.
std::string_view Name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;    // what happened, one sentence, no final stop
  std::string context{};  // where: file:line:column, task, endpoint; may be empty
  std::string hint{};     // what the user can do; may be empty
};

// "context: message" and, on a second line, "  hint: …".
std::string Describe(const Error& error);

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit from both sides, so that `return value;` and `return Error{…};` work.
  Result(T value) : data_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : data_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return data_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok() for the value, !ok() for the error.
  T& value() & { return std::get<0>(data_); }
  const T& value() const& { return std::get<0>(data_); }
  T&& value() && { return std::get<0>(std::move(data_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const& { return std::get<1>(data_); }
  Error&& error() && { return std::get<1>(std::move(data_)); }

 private:
  std::variant<T, Error> data_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace aigc

#define AIGC_CONCAT_INNER(a, b) a##b
#define AIGC_CONCAT(a, b) AIGC_CONCAT_INNER(a, b)

// Returns the error of `expression` from the enclosing function.
#define AIGC_RETURN_IF_ERROR(expression)                                                           \
  do {                                                                                             \
    if (auto aigc_status = (expression); !aigc_status.ok()) return std::move(aigc_status).error(); \
  } while (false)

// AIGC_ASSIGN_OR_RETURN(auto x, Compute()); declares or assigns x, or returns the error.
#define AIGC_ASSIGN_OR_RETURN(target, expression)                  \
  auto AIGC_CONCAT(aigc_result_, __LINE__) = (expression);         \
  if (!AIGC_CONCAT(aigc_result_, __LINE__).ok())                   \
    return std::move(AIGC_CONCAT(aigc_result_, __LINE__)).error(); \
  target = std::move(AIGC_CONCAT(aigc_result_, __LINE__)).value()
