#include "manifest/problem.h"

#include <fmt/format.h>

#include <algorithm>

#include "manifest/code_points.h"

namespace aigc::manifest {
namespace {

// Blanks that end under character number `caret` of `line`. A tab is repeated as a tab, so that
// both lines agree wherever the terminal has its tab stops.
std::string Indent(const std::string& line, int caret) {
  std::string out;
  std::size_t at = 0;
  for (int i = 1; i < caret && at < line.size(); ++i) {
    const CodePoint point = DecodeAt(line, at);
    at += point.length;
    if (point.value == '\t') {
      out += '\t';
    } else {
      out.append(static_cast<std::size_t>(TerminalWidth(point.value)), ' ');
    }
  }
  return out;
}

std::string Count(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void RenderOne(std::string& out, const Problem& problem, int gutter, bool color) {
  const bool is_error = problem.severity == Severity::kError;
  const char* bold = color ? "\x1B[1m" : "";
  const char* tint = !color ? "" : is_error ? "\x1B[1;31m" : "\x1B[1;35m";
  const char* mark = color ? "\x1B[1;32m" : "";
  const char* off = color ? "\x1B[0m" : "";
  std::string where = problem.file;
  if (problem.place.line > 0) {
    where += fmt::format(":{}:{}", problem.place.line, problem.place.column);
  }
  out += fmt::format("{}{}:{} {}{}:{} {}{}{}\n", bold, where, off, tint,
                     is_error ? "error" : "warning", off, bold, problem.message, off);
  if (problem.caret > 0) {
    out += fmt::format("  {:>{}} | {}\n", problem.place.line, gutter, problem.source_line);
    out += fmt::format("  {:>{}} | {}{}^{}\n", "", gutter,
                       Indent(problem.source_line, problem.caret), mark, off);
  }
  if (!problem.hint.empty()) out += fmt::format("  hint: {}\n", problem.hint);
}

}  // namespace

std::size_t CountErrors(const std::vector<Problem>& problems) {
  return static_cast<std::size_t>(
      std::count_if(problems.begin(), problems.end(),
                    [](const Problem& problem) { return problem.severity == Severity::kError; }));
}

std::string Render(const std::vector<Problem>& problems, bool color) {
  if (problems.empty()) return "";
  std::string out;
  for (const Problem& problem : problems) {
    const auto digits = fmt::formatted_size("{}", problem.place.line);
    RenderOne(out, problem, std::max(4, static_cast<int>(digits)), color);
  }
  const std::size_t errors = CountErrors(problems);
  out += Count(errors, "error") + ", " + Count(problems.size() - errors, "warning") + "\n";
  return out;
}

}  // namespace aigc::manifest
