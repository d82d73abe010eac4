#include "cli/advice.h"

#include <charconv>
#include <optional>

#include "api/error_class.h"

namespace aigc::cli {
namespace {

// What the tables say of a code: finished tasks have numbers and words without a dot, the API's
// answers words with one (whose families are known with and without it).
api::Verdict VerdictOn(std::string_view code, std::string_view message) {
  int number = 0;
  const auto [end, failed] = std::from_chars(code.data(), code.data() + code.size(), number);
  if (failed == std::errc{} && end == code.data() + code.size()) {
    return api::ClassifyTaskError(number, {}, message);
  }
  if (code.find('.') == std::string_view::npos) {
    const api::Verdict verdict = api::ClassifyTaskError(0, code, message);
    if (!verdict.advice.empty()) return verdict;
  }
  return api::ClassifyApiError(code, message, /*create=*/true);
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
  if (code == "need_failed") {
    return "what it needs did not succeed; once that is made, this follows by itself";
  }
  return std::string(VerdictOn(code, message).advice);
}

bool IsContentRefusal(std::string_view code, std::string_view message) {
  return !code.empty() && VerdictOn(code, message).error_class == api::ErrorClass::kContent;
}

}  // namespace aigc::cli
