// How a run goes on, on standard error: one live line on a terminal; elsewhere a plain line now and
// then, so that a log stays readable. Every failure and notice gets its own line in both.
//
// On the loop's thread, as pipeline/observer.h says.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/console.h"
#include "pipeline/observer.h"
#include "store/store.h"

namespace aigc::cli {

// How many tasks of the run are in which state: asked when something is to be shown.
using CountStates = std::function<Result<store::StateCounts>()>;

// "12/200 done, 1 failed, 8 of 10 generating, 2 downloading, 177 waiting (1m5s)".
std::string ProgressText(const store::StateCounts& counts, const pipeline::Progress& progress,
                         Millis elapsed);
// `text` cut to `width` terminal cells, with "…" when it was cut. ASCII text.
std::string FitLine(const std::string& text, std::size_t width);
// "fox: failed: CODE: message" with the advice and request id below; for tasks that ended badly.
// Empty for any other event.
std::string FailureText(const pipeline::TaskEvent& event);

class ProgressLines final : public pipeline::Observer {
 public:
  ProgressLines(Console& console, CountStates count)
      : console_(console), count_(std::move(count)) {}
  ~ProgressLines() override;  // takes the live line away

  void OnTask(const pipeline::TaskEvent& event) override;
  void OnProgress(const pipeline::Progress& progress) override;
  void OnNotice(WallTime at, pipeline::Severity severity, std::string_view text) override;

 private:
  void Count(const pipeline::Progress& progress);

  Console& console_;
  CountStates count_;
  store::StateCounts counts_;
  bool stale_ = true;
  std::optional<SteadyTime> started_, shown_, counted_;
};

}  // namespace aigc::cli
