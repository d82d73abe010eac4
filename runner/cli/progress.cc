#include "cli/progress.h"

#include <fmt/format.h>

#include <chrono>

#include "base/text.h"
#include "cli/live_tally.h"

namespace aigc::cli {
namespace {

constexpr Micros kPlainEvery = Seconds{10};
// Faster than this nobody reads, and the state has better to do. What changed shows a moment later.
constexpr Micros kLiveEvery = Millis{500};
// Counting a selection walks over its tasks: about 0.1 s for a million of them.
constexpr std::int64_t kMany = 5'000;
constexpr Micros kReadManyEvery = Seconds{1};
constexpr std::int64_t kVeryMany = 100'000;
constexpr Micros kReadVeryManyEvery = Seconds{10};

}  // namespace

std::string FailureText(const pipeline::TaskEvent& event) {
  const bool bad = event.to == TaskState::kFailed || event.to == TaskState::kLost ||
                   event.to == TaskState::kSkipped;
  if (!bad || event.from == event.to) return {};
  std::string text = fmt::format("{}: {}", event.id, Name(event.to));
  if (!event.error_code.empty()) text += fmt::format(": {}", event.error_code);
  if (!event.error_message.empty()) {
    text += fmt::format(": {}", Excerpt(event.error_message, 300));
  } else if (!event.why.empty()) {
    text += fmt::format(": {}", event.why);
  }
  if (!event.request_id.empty()) text += fmt::format(" (RequestId {})", event.request_id);
  if (!event.advice.empty()) text += fmt::format("\n  hint: {}", event.advice);
  return text;
}

void LiveScreen::Show(const LiveView& view) {
  const std::lock_guard lock(mutex_);
  shown_ = view;
  const Console::Size size = console_.size();
  console_.Live(RenderLive(view, {size.columns, size.rows, console_.color(), console_.ascii()}));
}

void LiveScreen::Redraw() {
  std::optional<LiveView> view;
  {
    const std::lock_guard lock(mutex_);
    view = shown_;
  }
  if (view) Show(*view);
}

void LiveScreen::Continue() {
  console_.ForgetLive();
  Redraw();
}

void ProgressLines::OnTask(const pipeline::TaskEvent& event) {
  if (const std::string text = FailureText(event); !text.empty()) {
    console_.Error(Printable(text));
  } else if (console_.verbose()) {
    console_.Info(
        fmt::format("{}: {} → {}: {}", event.id, Name(event.from), Name(event.to), event.why));
  }
}

// The rest of the view is of this very turn, so only the state is read seldom.
void ProgressLines::Read(const pipeline::Progress& progress) {
  if (!stale_) return;
  const std::int64_t total = TallyOf(view_.counts).total;
  const Micros every = total >= kVeryMany ? kReadVeryManyEvery
                       : total >= kMany   ? kReadManyEvery
                                          : Micros{0};
  if (read_at_ && progress.ticks - *read_at_ < every) return;
  read_at_ = progress.ticks;
  // A state that cannot be read stops the loop at its next turn; the view keeps what it has.
  if (read_(progress.at, view_).ok()) stale_ = false;
}

void ProgressLines::OnProgress(const pipeline::Progress& progress) {
  if (console_.quiet()) return;
  const bool live = console_.live_terminal();
  // Times pass on the screen also while nothing changes.
  stale_ = stale_ || progress.changed || live;
  if (!started_) started_ = progress.ticks;
  if (shown_ && progress.ticks - *shown_ < (live ? kLiveEvery : kPlainEvery)) return;
  shown_ = progress.ticks;
  Read(progress);
  view_.now = progress.at;
  view_.elapsed = std::chrono::duration_cast<Seconds>(progress.ticks - *started_);
  TakeProgress(progress, view_);
  if (live) {
    screen_.Show(view_);
  } else {
    console_.Info(ProgressText(view_));
  }
}

void ProgressLines::OnNotice(WallTime /*at*/, pipeline::Severity severity, std::string_view text) {
  if (severity == pipeline::Severity::kWarning) {
    console_.ShowWarning(text);
  } else if (severity == pipeline::Severity::kInfo || console_.verbose()) {
    console_.Info(text);
  }
}

}  // namespace aigc::cli
