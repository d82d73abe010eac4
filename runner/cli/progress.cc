#include "cli/progress.h"

#include <fmt/format.h>

#include <chrono>

#include "base/text.h"

namespace aigc::cli {
namespace {

constexpr Micros kPlainEvery = Seconds{10};
// Faster than this the eye sees no difference and the terminal costs more than the run.
constexpr Micros kLiveEvery = Millis{100};
// Counting reads an index entry for each task: about 0.1 s for a million of them.
constexpr std::int64_t kMany = 5'000;
constexpr Micros kCountManyEvery = Seconds{1};
constexpr std::int64_t kVeryMany = 100'000;
constexpr Micros kCountVeryManyEvery = Seconds{10};

std::int64_t Of(const store::StateCounts& counts, TaskState state) {
  const auto found = counts.find(state);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

std::string ProgressText(const store::StateCounts& counts, const pipeline::Progress& progress,
                         Millis elapsed) {
  std::int64_t total = 0;
  std::int64_t ended = 0;
  for (const auto& [state, count] : counts) {
    total += count;
    if (IsFinal(state)) ended += count;
  }
  std::string text = fmt::format("{}/{} done", ended, total);
  const auto add = [&](std::int64_t count, const char* what) {
    if (count > 0) text += fmt::format(", {} {}", count, what);
  };
  add(Of(counts, TaskState::kFailed), "failed");
  add(Of(counts, TaskState::kLost), "lost");
  add(Of(counts, TaskState::kSkipped), "skipped");
  add(Of(counts, TaskState::kCancelled), "cancelled");
  if (progress.window > 0) {
    text += fmt::format(", {} of {} generating", progress.in_flight, progress.window);
  } else {
    add(static_cast<std::int64_t>(progress.in_flight), "generating");
  }
  add(Of(counts, TaskState::kDownloading), "downloading");
  add(Of(counts, TaskState::kPending) + Of(counts, TaskState::kBlocked) +
          Of(counts, TaskState::kWaitingRetry),
      "waiting");
  if (progress.paused) text += ", paused";
  return text + fmt::format(" ({})", elapsed < Seconds{1} ? "0s" : FormatDuration(elapsed));
}

std::string FitLine(const std::string& text, std::size_t width) {
  // The last column is left free: some terminals wrap as soon as it is written.
  if (width < 2) return {};
  if (text.size() < width) return text;
  return text.substr(0, width - 2) + "…";
}

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

ProgressLines::~ProgressLines() { console_.Live(""); }

void ProgressLines::OnTask(const pipeline::TaskEvent& event) {
  if (const std::string text = FailureText(event); !text.empty()) {
    console_.Error(Printable(text));
  } else if (console_.verbose()) {
    console_.Info(
        fmt::format("{}: {} → {}: {}", event.id, Name(event.from), Name(event.to), event.why));
  }
}

void ProgressLines::Count(const pipeline::Progress& progress) {
  if (!stale_) return;
  std::int64_t total = 0;
  for (const auto& [state, count] : counts_) total += count;
  const Micros every = total >= kVeryMany ? kCountVeryManyEvery
                       : total >= kMany   ? kCountManyEvery
                                          : Micros{0};
  if (counted_ && progress.ticks - *counted_ < every) return;
  counted_ = progress.ticks;
  // A state that cannot be read stops the loop at its next turn; the line keeps what it has.
  if (auto counts = count_(); counts.ok()) {
    counts_ = *std::move(counts);
    stale_ = false;
  }
}

void ProgressLines::OnProgress(const pipeline::Progress& progress) {
  if (console_.quiet()) return;
  stale_ = stale_ || progress.changed;
  if (!started_) started_ = progress.ticks;
  const Micros every = console_.live_terminal() ? kLiveEvery : kPlainEvery;
  if (shown_ && progress.ticks - *shown_ < every) return;
  shown_ = progress.ticks;
  Count(progress);
  const std::string text = ProgressText(
      counts_, progress, std::chrono::duration_cast<Seconds>(progress.ticks - *started_));
  if (console_.live_terminal()) {
    console_.Live(FitLine(text, console_.width()));
  } else {
    console_.Info(text);
  }
}

void ProgressLines::OnNotice(WallTime /*at*/, pipeline::Severity severity, std::string_view text) {
  if (severity == pipeline::Severity::kWarning) {
    console_.ShowWarning(text);
  } else {
    console_.Info(text);
  }
}

}  // namespace aigc::cli
