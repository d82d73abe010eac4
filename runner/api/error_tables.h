// The error data of runner/api/data, read into memory. Private to the room; apart from
// error_class.h so that tests can feed broken data and go through every row.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/error_class.h"
#include "base/result.h"

namespace aigc::api {

// All string views point into the texts given to ReadErrorTables.
struct CodeRow {
  std::string_view code;
  std::optional<ErrorClass> create;  // none: 'limit', the message tells rate from concurrency
  ErrorClass query = ErrorClass::kUnknown;
  bool maybe_duplicate = false;
  std::string_view advice;
};

struct TaskRow {
  std::string_view code;
  ErrorClass error_class = ErrorClass::kUnknown;
  bool look_at_message = false;
  std::string_view advice;
};

enum class PatternScope { kLimit, kDuplicate, kTask };
struct PatternRow {
  PatternScope scope = PatternScope::kTask;
  ErrorClass error_class = ErrorClass::kUnknown;
  std::string_view pattern;
  std::string_view advice;
};

struct ErrorTables {
  std::vector<CodeRow> codes;  // sorted by code
  std::vector<TaskRow> tasks;  // sorted by code
  std::vector<PatternRow> patterns;
};

// Fails with kInvalid, naming file and line, on a row with the wrong number of columns, an unknown
// word, a repeated or empty code, or without a row '*'.
Result<ErrorTables> ReadErrorTables(std::string_view codes, std::string_view tasks,
                                    std::string_view patterns);

// The embedded data. A test proves that it reads.
const Result<ErrorTables>& EmbeddedErrorTables();

// Pattern language of message_patterns.tsv.
bool FitsPattern(std::string_view pattern, std::string_view message);

}  // namespace aigc::api
