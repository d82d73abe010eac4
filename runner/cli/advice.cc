#include "cli/advice.h"

#include <charconv>
#include <optional>

#include "api/error_class.h"

namespace aigc::cli {

namespace {

// Of a code that finished tasks have: a number, or a word. Those of the API's answers have a dot,
// but for some that both may be.
std::optional<api::Verdict> TaskVerdict(std::string_view code, std::string_view message) {
  int number = 0;
  const auto [end, failed] = std::from_chars(code.data(), code.data() + code.size(), number);
  if (failed == std::errc{} && end == code.data() + code.size()) {
    return api::ClassifyTaskError(number, {}, message);
  }
  if (code.empty() || code.find('.') != std::string_view::npos) return std::nullopt;
  return api::ClassifyTaskError(0, code, message);
}

}  // namespace

std::string AdviceFor(std::string_view code, std::string_view message) {
  if (code.empty()) return {};
  if (code == "overdue") {
    return "the service still worked on it after task_timeout; later runs of the same manifest "
           "look at it again for 72 h and take a late result";
  }
  if (code == "expired_output") {
    return "make the task that it reads again (change it, or give its file under another name), "
           "and "
           "run the later stages within 7 days of the earlier ones";
  }
  if (code == "missing_output") {
    return "let the task that it reads make more outputs (count), or take another one";
  }
  const auto verdict = TaskVerdict(code, message);
  if (verdict && !verdict->advice.empty()) return std::string(verdict->advice);
  return std::string(api::ClassifyApiError(code, message, /*create=*/true).advice);
}

bool IsContentRefusal(std::string_view code, std::string_view message) {
  const auto verdict = TaskVerdict(code, message);
  return verdict && verdict->error_class == api::ErrorClass::kContent;
}

}  // namespace aigc::cli
