#include "cli/watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "cli/advice.h"
#include "cli/events.h"
#include "cli/exit_code.h"
#include "cli/live_source.h"
#include "cli/live_tally.h"
#include "cli/next_steps.h"
#include "cli/progress.h"
#include "cli/settle.h"
#include "cli/signals.h"
#include "manifest/settings.h"
#include "report/summary.h"
#include "store/sqlite_store.h"

namespace aigc::cli {
namespace {

constexpr Millis kLookEvery = Seconds{1};
constexpr Micros kPlainEvery = Seconds{10};

Result<bool> IsRunning(const std::string& folder, const std::string& name) {
  AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(folder));
  return std::any_of(batches.begin(), batches.end(), [&](const store::BatchFile& batch) {
    return batch.name == name && batch.running;
  });
}

// As its manifest says; flags of that run are not known here.
pipeline::Limits LimitsOf(const store::BatchRecord& record) {
  const auto manifest = manifest::LoadSettings(record.manifest_text, record.manifest_path);
  if (!manifest.ok()) return {};
  const auto limits = SettleLimits(manifest->limits, Options{});
  return limits.ok() ? *limits : pipeline::Limits{};
}

class Watch {
 public:
  Watch(const Context& context, LiveScreen& screen, store::StoreReader& store, LiveView view,
        pipeline::Limits limits)
      : context_(context),
        screen_(screen),
        source_(store, {}),
        view_(std::move(view)),
        limits_(std::move(limits)) {}

  // Whether all tasks have ended.
  Result<bool> Look(bool running) {
    AIGC_RETURN_IF_ERROR(source_.Read(clock_.Now(), view_));
    AssumeLimits(limits_, view_);
    view_.note = running ? ""
                         : "no run is going on; to carry on: " +
                               CommandFor(context_.options, "resume", view_.batch);
    if (!running) view_.eta = {};
    Show();
    const LiveTally tally = TallyOf(view_.counts);
    return tally.ended == tally.total;
  }

 private:
  void Show() {
    Console& console = context_.console;
    if (console.live_terminal()) screen_.Show(view_);
    if (shown_ && clock_.Ticks() - *shown_ < kPlainEvery) return;
    shown_ = clock_.Ticks();
    if (context_.options.json) {
      (void)console.Out(ProgressEvent(view_, 0) + "\n").ok();
    } else if (!console.live_terminal()) {
      console.Info(ProgressText(view_));
    }
  }

  const Context& context_;
  LiveScreen& screen_;
  LiveSource source_;
  LiveView view_;
  const pipeline::Limits limits_;
  const SystemClock clock_;
  std::optional<SteadyTime> shown_;
};

Status PrintSummary(const Context& context, store::StoreReader& store) {
  if (context.console.quiet()) return {};
  AIGC_ASSIGN_OR_RETURN(const report::Summary summary, report::Summarise(store, {}, AdviceFor));
  return context.console.Out(report::RenderSummary(summary, AdviceFor) +
                             RetryText(context.options, summary));
}

}  // namespace

Result<int> WatchBatch(const Context& context, const std::string& folder, const std::string& name,
                       store::StoreReader& store) {
  AIGC_ASSIGN_OR_RETURN(const store::BatchRecord record, store.Batch());
  int signal = 0;
  {
    LiveScreen screen(context.console);
    SignalWatcher signals({.first = {},
                           .second = {},
                           .resized = [&] { screen.Redraw(); },
                           .continued = [&] { screen.Continue(); }});
    LiveView view;
    view.batch = name;
    Watch watch(context, screen, store, std::move(view), LimitsOf(record));
    bool seen = false;
    while (signal == 0) {
      // Asked before the state is read: what the run did last is then seen.
      AIGC_ASSIGN_OR_RETURN(const bool running, IsRunning(folder, name));
      AIGC_ASSIGN_OR_RETURN(const bool ended, watch.Look(running));
      seen = seen || running;
      if (!running && (seen || ended)) break;
      if (context.console.out_closed()) return kExitDone;
      signal = signals.WaitFor(kLookEvery);
    }
  }
  const int exit_code = signal == 0 ? kExitDone : 128 + signal;
  if (!context.options.json) {
    AIGC_RETURN_IF_ERROR(PrintSummary(context, store));
    return exit_code;
  }
  AIGC_ASSIGN_OR_RETURN(const report::Summary summary, report::Summarise(store, {}, AdviceFor));
  JsonWriter json = BeginEvent("done", SystemClock().Now());
  json.Key("exit_code").Int(exit_code);
  json.Key("reason").String(
      Name(signal == 0 ? pipeline::StopReason::kFinished : pipeline::StopReason::kInterrupted));
  json.Key("summary").Raw(report::SummaryJson(summary, AdviceFor)).EndObject();
  AIGC_RETURN_IF_ERROR(context.console.Out(json.Take() + "\n"));
  return exit_code;
}

Result<std::optional<report::RunningNow>> FindRun(const std::string& folder,
                                                  const std::string& name,
                                                  store::StoreReader& store) {
  AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(folder));
  const auto batch = std::find_if(batches.begin(), batches.end(),
                                  [&](const auto& one) { return one.name == name && one.running; });
  if (batch == batches.end()) return std::optional<report::RunningNow>{};
  AIGC_ASSIGN_OR_RETURN(const store::BatchRecord record, store.Batch());
  LiveView view;
  AIGC_RETURN_IF_ERROR(LiveSource(store, {}).Read(SystemClock().Now(), view));
  AssumeLimits(LimitsOf(record), view);
  report::RunningNow run;
  run.pid = batch->pid;
  run.in_flight = static_cast<std::int64_t>(view.slots_used);
  if (view.slots) run.window = static_cast<std::int64_t>(*view.slots);
  run.sent = view.sent;
  run.ended = view.ended;
  run.left = pipeline::EtaText(view.eta);
  if (view.eta.known) run.least_and_most = {view.eta.low, view.eta.high};
  return std::optional(std::move(run));
}

Result<std::string> RunningBatch(const std::string& folder) {
  AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(folder));
  std::string found;
  int running = 0;
  for (const store::BatchFile& batch : batches) {
    if (!batch.running) continue;
    found = batch.name;
    ++running;
  }
  if (running == 1) return found;
  return Error{ErrorCode::kUsage,
               running == 0 ? "--watch needs a batch: no run is going on"
                            : fmt::format("--watch needs a batch: {} runs are going on", running),
               folder, "aigc-batch list shows the batches"};
}

}  // namespace aigc::cli
