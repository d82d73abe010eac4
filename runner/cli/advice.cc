#include "cli/advice.h"

#include <charconv>

#include "api/error_class.h"

namespace aigc::cli {

std::string AdviceFor(std::string_view code) {
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
  int number = 0;
  const auto [end, failed] = std::from_chars(code.data(), code.data() + code.size(), number);
  if (failed == std::errc{} && end == code.data() + code.size()) {
    return std::string(api::ClassifyTaskError(number, {}, {}).advice);
  }
  // Task codes have no dot; the families of the API's codes are known with and without one.
  if (code.find('.') == std::string_view::npos) {
    const auto verdict = api::ClassifyTaskError(0, code, {});
    if (!verdict.advice.empty()) return std::string(verdict.advice);
  }
  return std::string(api::ClassifyApiError(code, {}, /*create=*/true).advice);
}

}  // namespace aigc::cli
