#include "cli/run_batch.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <mutex>

#include "base/clock.h"
#include "base/random.h"
#include "catalog/catalog.h"
#include "cli/advice.h"
#include "cli/batch_control.h"
#include "cli/command_line.h"
#include "cli/connection.h"
#include "cli/events.h"
#include "cli/exit_code.h"
#include "cli/listeners.h"
#include "cli/live_source.h"
#include "cli/machine.h"
#include "cli/next_steps.h"
#include "cli/pricing.h"
#include "cli/progress.h"
#include "cli/report_file.h"
#include "cli/settle.h"
#include "cli/signals.h"
#include "cli/simulation.h"
#include "cli/steer.h"
#include "files/file_source.h"
#include "files/posix_inbox.h"
#include "files/posix_output_folder.h"
#include "pipeline/loop.h"
#include "report/summary.h"
#include "store/sqlite_account.h"

namespace aigc::cli {
namespace {

// Between the signal thread and a loop that begins later and ends earlier.
class StopButton {
 public:
  void Press() {
    const std::lock_guard lock(mutex_);
    pressed_ = true;
    if (loop_ != nullptr) loop_->RequestStop();
  }
  void Attach(pipeline::Loop* loop) {
    const std::lock_guard lock(mutex_);
    loop_ = loop;
    if (loop_ != nullptr && pressed_) loop_->RequestStop();
  }

 private:
  std::mutex mutex_;
  pipeline::Loop* loop_ = nullptr;
  bool pressed_ = false;
};

store::Selection SelectionOf(const Options& options) {
  store::Selection selection;
  selection.globs = options.tasks;
  selection.tags = options.tags;
  return selection;
}

bool FetchesOnly(const Options& options) { return options.command == "download"; }

pipeline::Recovery RecoveryOf(const Options& options) {
  if (FetchesOnly(options) || options.fresh) return pipeline::Recovery::kOff;
  return options.recover ? pipeline::Recovery::kAdopt : pipeline::Recovery::kCheck;
}

// `download` is done when everything that succeeded is on disk; what did not succeed is not its
// matter.
int ExitCodeOfFetch(const pipeline::RunResult& result) {
  const auto left = result.counts.find(TaskState::kDownloading);
  const bool whole = left == result.counts.end() || left->second == 0;
  return whole && result.failed == 0 && result.unfetched == 0 ? kExitDone : kExitTasksFailed;
}

Status CheckSelection(store::Store& store, const store::Selection& selection) {
  if (selection.empty()) return {};
  AIGC_ASSIGN_OR_RETURN(const store::StateCounts counts, store.Counts(selection));
  for (const auto& [state, count] : counts) {
    if (count > 0) return {};
  }
  return Error{ErrorCode::kUsage,
               "--task and --tag select no task of this batch",
               {},
               "patterns hold for the whole id: * stands for any text, ? for one character"};
}

Result<std::unique_ptr<Listeners>> MakeListeners(const Context& context, const std::string& batch,
                                                 LiveSource& source, LiveScreen& screen) {
  const ReadView read = [&source](WallTime now, LiveView& view) { return source.Read(now, view); };
  auto listeners = std::make_unique<Listeners>();
  if (context.options.log_file) {
    AIGC_ASSIGN_OR_RETURN(auto log, LogFile::Open(*context.options.log_file));
    listeners->Add(std::move(log));
  }
  if (context.options.json) listeners->Add(std::make_unique<JsonEvents>(context.console, read));
  listeners->Add(std::make_unique<ProgressLines>(context.console, screen, batch, read));
  return listeners;
}

// Some model versions make sound, which costs more, unless they are told not to.
void FillIn(TaskSpec& spec, const catalog::Catalog& catalog) {
  if (!spec.audio && catalog.AudioKnown(spec.kind, spec.model, spec.version)) spec.audio = false;
}

Result<pipeline::RunResult> RunLoop(const Context& context, const Settings& settings, BatchRun& run,
                                    int& signal) {
  SystemClock clock;
  Random random(EntropySeed());
  StopButton stop;
  Console& console = context.console;
  LiveSource source(*run.store, SelectionOf(context.options));
  LiveScreen screen(console);
  // Before any thread is started: they inherit that the signals are the watcher's.
  SignalWatcher signals(
      {.first =
           [&](int) {
             console.Error("stopping: nothing new is submitted; once more to leave at once");
             stop.Press();
           },
       .second =
           [&] {
             console.LastWords("left at once; nothing is lost, carry on with: " +
                               SameCommand(context.options));
           },
       .resized = [&] { screen.Redraw(); },
       .continued = [&] { screen.Continue(); }});
  std::unique_ptr<Simulation> simulation;
  ConnectionOptions options;
  if (context.options.sim) {
    AIGC_ASSIGN_OR_RETURN(simulator::Scenario scenario, LoadScenario(context.options.scenario));
    AIGC_ASSIGN_OR_RETURN(simulation, Simulation::Start(settings.state_folder(), run.record.name,
                                                        std::move(scenario), clock));
    options = SimulatedConnection(*simulation);
  } else {
    options = RealConnection(context.options, settings, run.record.endpoint, run.credentials);
  }
  options.sub_app_id = run.record.sub_app_id;
  options.limits = run.limits;
  AIGC_ASSIGN_OR_RETURN(const auto exchange, Connect(options, clock));
  const auto folder = files::MakePosixOutputFolder(run.record.folder);
  AIGC_ASSIGN_OR_RETURN(const auto listeners,
                        MakeListeners(context, run.record.name, source, screen));

  // Without it the run learns for itself, and knows nothing of others.
  const std::string secret_id = context.options.sim ? std::string() : run.credentials.secret_id;
  auto account =
      store::OpenAccount(settings.state_folder(), store::AccountId(secret_id, run.record.endpoint),
                         run.record.name, BootMark());
  if (!account.ok()) context.console.ShowWarning(Describe(account.error()));

  pipeline::LoopOptions loop_options;
  loop_options.account = account.ok() ? account->get() : nullptr;
  loop_options.limits = run.limits;
  loop_options.fixed = LimitsSaid(context.options);
  loop_options.budget_micros = run.budget_micros;
  loop_options.on_limits = [&exchange](const pipeline::Limits& limits) {
    WidenFor(*exchange, limits);
  };
  loop_options.selection = SelectionOf(context.options);
  loop_options.download = !context.options.no_download;
  loop_options.sub_app_id = run.record.sub_app_id;
  loop_options.batch_uuid = run.record.uuid;
  loop_options.batch_name = run.record.name;
  loop_options.output.dir = run.record.output_dir;
  loop_options.output.filename = run.manifest.output.filename.empty()
                                     ? pipeline::kDefaultFilename
                                     : run.manifest.output.filename;
  loop_options.fetch_only = FetchesOnly(context.options);
  loop_options.recovery = RecoveryOf(context.options);
  loop_options.fill = [catalog = run.catalog](TaskSpec& spec) { FillIn(spec, *catalog); };
  loop_options.open_input = files::OpenFileSource;
  loop_options.server_mark = run.record.server_mark;
  const auto inbox = files::MakePosixInbox(InboxFolder(settings.state_folder(), run.record.name));
  loop_options.inbox = inbox.get();
  pipeline::Loop loop(*run.store, *exchange, *folder, clock, random, *listeners,
                      std::move(loop_options));
  stop.Attach(&loop);
  auto result = loop.Run();
  stop.Attach(nullptr);
  signal = signals.received();
  return result;
}

// The manifest's own report, in the format that its name asks for.
Status WriteOwnReport(const BatchRun& run, bool sim) {
  if (run.manifest.output.report.empty()) return {};
  const auto path = std::filesystem::path(run.record.folder) / run.manifest.output.report;
  ReportWish wish;
  wish.format = FormatOfFile(path.string());
  wish.sim = sim;
  wish.now = SystemClock().Now();
  return WriteReportFile(*run.store, {}, wish, path.string());
}

std::string PlaceOf(const BatchRun& run, const std::string& path) {
  return (std::filesystem::path(run.record.folder) / path).lexically_normal().string();
}

// Where the results and the report lie.
std::string PlacesText(const BatchRun& run) {
  std::string text = fmt::format("files   {}\n", PlaceOf(run, run.record.output_dir));
  if (!run.manifest.output.report.empty()) {
    text += fmt::format("report  {}\n", PlaceOf(run, run.manifest.output.report));
  }
  return text;
}

Status TellLaunch(const Context& context, BatchRun& run) {
  if (!context.options.json) return {};
  AIGC_ASSIGN_OR_RETURN(const store::StateCounts counts,
                        run.store->Counts(SelectionOf(context.options)));
  JsonWriter json = BeginEvent("launch", SystemClock().Now());
  json.Key("program").String(VersionText()).Key("command").String(context.options.command);
  json.Key("batch").String(run.record.name).Key("simulated").Bool(context.options.sim);
  json.Key("endpoint").String(run.record.endpoint).Key("counts").BeginObject();
  for (const auto& [state, count] : counts) json.Key(aigc::Name(state)).Int(count);
  return context.console.Out(json.EndObject().EndObject().Take() + "\n");
}

// How a run ended.
struct Ending {
  int exit_code = kExitDone;
  std::string_view reason;
  const Error* cause = nullptr;  // none: it went to its end, or was interrupted
  Millis took{};
};

Status TellDone(const Context& context, const BatchRun& run, const Ending& ending,
                const report::Summary* summary) {
  JsonWriter json = BeginEvent("done", SystemClock().Now());
  json.Key("exit_code").Int(ending.exit_code).Key("reason").String(ending.reason);
  json.Key("seconds").Double(static_cast<double>(ending.took.count()) / 1000);
  if (ending.cause != nullptr) {
    json.Key("error").BeginObject().Key("message").String(ending.cause->message);
    if (!ending.cause->context.empty()) json.Key("context").String(ending.cause->context);
    if (!ending.cause->hint.empty()) json.Key("hint").String(ending.cause->hint);
    json.EndObject();
  }
  json.Key("files").String(PlaceOf(run, run.record.output_dir));
  if (!run.manifest.output.report.empty()) {
    json.Key("report").String(PlaceOf(run, run.manifest.output.report));
  }
  if (summary != nullptr) json.Key("summary").Raw(report::SummaryJson(*summary, AdviceFor));
  return context.console.Out(json.EndObject().Take() + "\n");
}

Status PrintSummary(const Context& context, const Settings& settings, BatchRun& run,
                    const Ending& ending) {
  const Options& options = context.options;
  if (context.console.quiet() && ending.exit_code == kExitDone && !options.json) return {};
  AIGC_ASSIGN_OR_RETURN(report::Summary summary,
                        report::Summarise(*run.store, SelectionOf(options), AdviceFor));
  summary.account = store::GlanceAtAccount(settings.state_folder(), run.record.name);
  summary.account_at = SystemClock().Ticks();
  if (options.json) return TellDone(context, run, ending, &summary);
  summary.took = ending.took;
  return context.console.Out(report::RenderSummary(summary, AdviceFor) +
                             RetryText(options, summary) + PlacesText(run));
}

void SayHowToCarryOn(const Context& context, int exit_code) {
  if (exit_code == kExitDone) return;
  // Ended, or not to be carried on before a person has decided.
  if (exit_code == kExitTasksFailed || exit_code == kExitState) return;
  context.console.Info("carry on with: " + SameCommand(context.options));
}

}  // namespace

std::string BatchEndpoint(const Context& context, const Settings& settings) {
  return context.options.sim ? std::string(kSimulatedEndpoint) : settings.endpoint();
}

Status CheckFlags(const Options& options) {
  if (options.scenario && !options.sim) {
    return Error{ErrorCode::kUsage, "--scenario goes with --sim only"};
  }
  if (options.recover && options.fresh) {
    return Error{ErrorCode::kUsage, "--recover and --fresh exclude each other"};
  }
  if (options.sim && options.endpoint) {
    return Error{ErrorCode::kUsage, "--endpoint and --sim exclude each other"};
  }
  return {};
}

Result<int> RunBatch(const Context& context, const Settings& settings, BatchRun run) {
  AIGC_RETURN_IF_ERROR(CheckSelection(*run.store, SelectionOf(context.options)));
  if (!FetchesOnly(context.options)) {
    AIGC_RETURN_IF_ERROR(RefuseUnpriced(*run.store, SelectionOf(context.options),
                                        run.prices ? &*run.prices : nullptr));
  }
  if (!context.options.no_download) {
    AIGC_RETURN_IF_ERROR(PrepareOutputFolder(run.record.folder, run.record.output_dir));
  }
  AIGC_RETURN_IF_ERROR(TellLaunch(context, run));
  const SystemClock clock;
  const SteadyTime began = clock.Ticks();
  const auto took = [&] { return std::chrono::duration_cast<Millis>(clock.Ticks() - began); };
  int signal = 0;
  const auto ran = RunLoop(context, settings, run, signal);
  if (!ran.ok()) {
    if (context.options.json) {
      (void)TellDone(context, run, {ExitCodeOf(ran.error().code), "error", &ran.error(), took()},
                     nullptr)
          .ok();
    }
    return ran.error();
  }
  const pipeline::RunResult& result = *ran;
  const bool fetched =
      FetchesOnly(context.options) && result.reason == pipeline::StopReason::kFinished;
  const bool has_cause = result.reason != pipeline::StopReason::kFinished &&
                         result.reason != pipeline::StopReason::kInterrupted;
  if (has_cause) context.console.ShowError(result.cause);
  const Status reported = WriteOwnReport(run, context.options.sim);
  if (!reported.ok()) context.console.ShowError(reported.error());
  int exit_code = fetched ? ExitCodeOfFetch(result) : ExitCodeOf(result, signal);
  // The run itself decides; a report that could not be written only where all else went well.
  if (exit_code == kExitDone && !reported.ok()) exit_code = ExitCodeOf(reported.error().code);
  const Status printed =
      PrintSummary(context, settings, run,
                   {exit_code, Name(result.reason), has_cause ? &result.cause : nullptr, took()});
  if (!printed.ok() && !context.console.out_closed()) context.console.ShowError(printed.error());
  // `run` would only find it paused again: the error says what ends that.
  if (result.reason != pipeline::StopReason::kPaused) SayHowToCarryOn(context, exit_code);
  return exit_code;
}

}  // namespace aigc::cli
