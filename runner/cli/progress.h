// How a run goes on, on standard error: a live block on a terminal; elsewhere a plain line now and
// then, so that a log stays readable. Every failure and notice gets its own line in both.
//
// On the loop's thread, as pipeline/observer.h says; Redraw() and Continue() on any.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "cli/console.h"
#include "cli/live_source.h"
#include "cli/live_view.h"
#include "pipeline/observer.h"

namespace aigc::cli {

// "fox: failed: CODE: message" with the advice and request id below; for tasks that ended badly.
// Empty for any other event.
std::string FailureText(const pipeline::TaskEvent& event);

// A view on the terminal of `console`, drawn again when that changes its size.
class LiveScreen {
 public:
  explicit LiveScreen(Console& console) : console_(console) {}
  ~LiveScreen() { console_.Live({}); }
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  void Show(const LiveView& view);
  void Redraw();    // the terminal has another size; nothing before the first Show()
  void Continue();  // the process was stopped and goes on

 private:
  std::mutex mutex_;
  Console& console_;
  std::optional<LiveView> shown_;
};

class ProgressLines final : public pipeline::Observer {
 public:
  // `console` and `screen` must outlive it.
  ProgressLines(Console& console, LiveScreen& screen, std::string batch, ReadView read)
      : console_(console), screen_(screen), read_(std::move(read)) {
    view_.batch = std::move(batch);
  }

  void OnTask(const pipeline::TaskEvent& event) override;
  void OnProgress(const pipeline::Progress& progress) override;
  void OnNotice(WallTime at, pipeline::Severity severity, std::string_view text) override;

 private:
  void Read(const pipeline::Progress& progress);

  Console& console_;
  LiveScreen& screen_;
  ReadView read_;
  LiveView view_;
  bool stale_ = true;
  std::optional<SteadyTime> started_, shown_, read_at_;
};

}  // namespace aigc::cli
