#include "api/error_tables.h"

#include <algorithm>

#include "base/text.h"
#include "embedded_errordata.h"

namespace aigc::api {
namespace {

using Columns = std::vector<std::string_view>;

constexpr std::array kClasses = {
    ErrorClass::kRate,      ErrorClass::kConcurrency, ErrorClass::kBusy,
    ErrorClass::kAmbiguous, ErrorClass::kDuplicate,   ErrorClass::kPermanent,
    ErrorClass::kContent,   ErrorClass::kTransient,   ErrorClass::kTransientOnce,
    ErrorClass::kUnknown,   ErrorClass::kUnknownTask, ErrorClass::kAuth,
    ErrorClass::kClock,     ErrorClass::kAccount,
};

std::optional<ErrorClass> ClassNamed(std::string_view name) {
  for (const ErrorClass error_class : kClasses) {
    if (Name(error_class) == name) return error_class;
  }
  return std::nullopt;
}

std::optional<bool> Choice(std::string_view word, std::string_view yes, std::string_view no) {
  if (word == yes) return true;
  if (word == no) return false;
  return std::nullopt;
}

// Calls `take` with the columns of each row; it returns an empty text or what is wrong.
template <typename Take>
Status EachRow(std::string_view file, std::string_view text, std::size_t columns,
               const Take& take) {
  std::size_t number = 0;
  for (const std::string_view line : Split(text, '\n')) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const Columns row = Split(line, '\t');
    const std::string_view wrong =
        row.size() == columns ? take(row) : std::string_view("wrong number of columns");
    if (!wrong.empty()) {
      return Error{ErrorCode::kInvalid, std::string(wrong),
                   std::string(file) + ":" + std::to_string(number)};
    }
  }
  return {};
}

std::string_view TakeCode(const Columns& row, std::vector<CodeRow>& out) {
  const auto create = ClassNamed(row[1]);
  const auto query = ClassNamed(row[2]);
  const auto duplicate = Choice(row[3], "duplicate", "-");
  const bool limit = row[1] == "limit" && row[3] == "limit";
  if (row[0].empty()) return "empty code";
  if (!query || (!limit && (!create || !duplicate))) return "unknown word";
  out.push_back({row[0], create, *query, duplicate.value_or(false), row[4]});
  return {};
}

std::string_view TakeTask(const Columns& row, std::vector<TaskRow>& out) {
  const auto error_class = ClassNamed(row[1]);
  const auto look = Choice(row[2], "yes", "no");
  if (row[0].empty()) return "empty code";
  if (!error_class || !look) return "unknown word";
  out.push_back({row[0], *error_class, *look, row[3]});
  return {};
}

std::string_view TakePattern(const Columns& row, std::vector<PatternRow>& out) {
  std::optional<PatternScope> scope;
  if (row[0] == "limit") scope = PatternScope::kLimit;
  if (row[0] == "duplicate") scope = PatternScope::kDuplicate;
  if (row[0] == "task") scope = PatternScope::kTask;
  const auto error_class = ClassNamed(row[1]);
  if (!scope || !error_class) return "unknown word";
  if (Trim(row[2]).empty()) return "empty pattern";
  out.push_back({*scope, *error_class, row[2], row[3]});
  return {};
}

template <typename Row>
Status SortByCode(std::string_view file, std::vector<Row>& rows) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.code < b.code; });
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].code == rows[i - 1].code) {
      return Error{ErrorCode::kInvalid, "repeated code " + std::string(rows[i].code),
                   std::string(file)};
    }
  }
  const bool has_rest =
      std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.code == "*"; });
  if (!has_rest) return Error{ErrorCode::kInvalid, "no row '*'", std::string(file)};
  return {};
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether `pattern` begins at `at`, which may be -1 and may reach one beyond the end: there stand
// the blanks that '~' also matches.
bool FitsAt(std::string_view pattern, std::string_view message, std::ptrdiff_t at) {
  for (const char wanted : pattern) {
    const bool inside = at >= 0 && at < static_cast<std::ptrdiff_t>(message.size());
    const char found = inside ? message[static_cast<std::size_t>(at)] : ' ';
    if (wanted == '~') {
      if (found != ' ') return false;
    } else if (!inside) {
      return false;
    } else if (wanted == '#') {
      if (!IsDigit(found)) return false;
    } else if (!EqualsIgnoreCase({&wanted, 1}, {&found, 1})) {
      return false;
    }
    ++at;
  }
  return true;
}

bool FitsSomewhere(std::string_view pattern, std::string_view message) {
  if (pattern.find_first_of("~#") == std::string_view::npos) {
    return ContainsIgnoreCase(message, pattern);
  }
  for (std::ptrdiff_t at = -1; at < static_cast<std::ptrdiff_t>(message.size()); ++at) {
    if (FitsAt(pattern, message, at)) return true;
  }
  return false;
}

}  // namespace

bool FitsPattern(std::string_view pattern, std::string_view message) {
  const auto parts = Split(pattern, '&');
  return std::all_of(parts.begin(), parts.end(), [message](std::string_view part) {
    return FitsSomewhere(Trim(part), message);
  });
}

Result<ErrorTables> ReadErrorTables(std::string_view codes, std::string_view tasks,
                                    std::string_view patterns) {
  constexpr std::string_view kCodes = "error_codes.tsv";
  constexpr std::string_view kTasks = "task_errors.tsv";
  constexpr std::string_view kPatterns = "message_patterns.tsv";
  ErrorTables out;
  AIGC_RETURN_IF_ERROR(
      EachRow(kCodes, codes, 5, [&out](const Columns& row) { return TakeCode(row, out.codes); }));
  AIGC_RETURN_IF_ERROR(
      EachRow(kTasks, tasks, 4, [&out](const Columns& row) { return TakeTask(row, out.tasks); }));
  AIGC_RETURN_IF_ERROR(EachRow(kPatterns, patterns, 4, [&out](const Columns& row) {
    return TakePattern(row, out.patterns);
  }));
  AIGC_RETURN_IF_ERROR(SortByCode(kCodes, out.codes));
  AIGC_RETURN_IF_ERROR(SortByCode(kTasks, out.tasks));
  return out;
}

const Result<ErrorTables>& EmbeddedErrorTables() {
  static const Result<ErrorTables> tables = [] {
    const auto files = embedded::ErrorData();
    return ReadErrorTables(files[0].text, files[1].text, files[2].text);
  }();
  return tables;
}

}  // namespace aigc::api
