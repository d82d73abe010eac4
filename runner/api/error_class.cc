#include "api/error_class.h"

#include <algorithm>

#include "api/error_tables.h"

namespace aigc::api {
namespace {

// The row of the whole code, else of its part before the first dot, else '*'.
template <typename Row>
const Row* FindRow(const std::vector<Row>& rows, std::string_view code) {
  const auto exact = [&rows](std::string_view wanted) -> const Row* {
    const auto it =
        std::lower_bound(rows.begin(), rows.end(), wanted,
                         [](const Row& row, std::string_view key) { return row.code < key; });
    return it != rows.end() && it->code == wanted ? &*it : nullptr;
  };
  if (const Row* row = exact(code)) return row;
  if (const auto dot = code.find('.'); dot != std::string_view::npos) {
    if (const Row* row = exact(code.substr(0, dot))) return row;
  }
  return exact("*");
}

const PatternRow* FindPattern(const ErrorTables& tables, PatternScope scope,
                              std::string_view message) {
  for (const PatternRow& row : tables.patterns) {
    if (row.scope == scope && FitsPattern(row.pattern, message)) return &row;
  }
  return nullptr;
}

}  // namespace

std::string_view Name(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kRate:
      return "rate";
    case ErrorClass::kConcurrency:
      return "concurrency";
    case ErrorClass::kBusy:
      return "busy";
    case ErrorClass::kAmbiguous:
      return "ambiguous";
    case ErrorClass::kDuplicate:
      return "duplicate";
    case ErrorClass::kPermanent:
      return "permanent";
    case ErrorClass::kContent:
      return "content";
    case ErrorClass::kTransient:
      return "transient";
    case ErrorClass::kTransientOnce:
      return "transient_once";
    case ErrorClass::kUnknown:
      return "unknown";
    case ErrorClass::kUnknownTask:
      return "unknown_task";
    case ErrorClass::kAuth:
      return "auth";
    case ErrorClass::kClock:
      return "clock";
    case ErrorClass::kAccount:
      return "account";
  }
  return "unknown";
}

Verdict ClassifyApiError(std::string_view code, std::string_view message, bool create) {
  const auto& tables = EmbeddedErrorTables();
  const CodeRow* row = tables.ok() ? FindRow(tables->codes, code) : nullptr;
  if (!row) return {};
  if (!create) return {row->query, row->advice};
  if (!row->create) {
    const PatternRow* limit = FindPattern(*tables, PatternScope::kLimit, message);
    return {limit ? limit->error_class : ErrorClass::kConcurrency, row->advice, limit == nullptr};
  }
  if (row->maybe_duplicate) {
    const PatternRow* fits = FindPattern(*tables, PatternScope::kDuplicate, message);
    if (fits && fits->error_class == ErrorClass::kDuplicate) {
      return {ErrorClass::kDuplicate, fits->advice};
    }
  }
  return {*row->create, row->advice};
}

Verdict ClassifyTaskError(int err_code, std::string_view err_code_ext, std::string_view message) {
  const auto& tables = EmbeddedErrorTables();
  const std::string number = std::to_string(err_code);
  const std::string_view code = err_code_ext.empty() ? std::string_view(number) : err_code_ext;
  const TaskRow* row = tables.ok() ? FindRow(tables->tasks, code) : nullptr;
  if (!row) return {};
  if (row->look_at_message) {
    if (const PatternRow* fits = FindPattern(*tables, PatternScope::kTask, message)) {
      return {fits->error_class, fits->advice};
    }
  }
  return {row->error_class, row->advice};
}

std::string TaskErrorCode(int err_code, std::string_view err_code_ext) {
  if (!err_code_ext.empty()) return std::string(err_code_ext);
  return err_code == 0 ? "aborted" : std::to_string(err_code);
}

}  // namespace aigc::api
