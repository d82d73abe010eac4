#include "cli/serve_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/random.h"
#include "cli/batch_control.h"
#include "cli/catalog_choice.h"
#include "cli/connection.h"
#include "cli/listeners.h"
#include "cli/machine.h"
#include "cli/progress.h"
#include "cli/settle.h"
#include "cli/steer.h"
#include "files/file_source.h"
#include "files/posix_inbox.h"
#include "files/posix_output_folder.h"
#include "pipeline/plan.h"
#include "store/sqlite_account.h"
#include "store/sqlite_store.h"

namespace aigc::cli {
namespace {

// What `resume serve` reads.
constexpr char kManifestText[] = "manifest: 1\nname: serve\ntasks: []\n";
constexpr auto kNextTry = std::chrono::minutes{1};

Error Stopping() { return {ErrorCode::kInterrupted, "the server is stopping"}; }

// Notices to the terminal, tasks to the desk.
class DeskListener final : public pipeline::Observer {
 public:
  DeskListener(serve::Desk& desk, Console& console) : desk_(desk), console_(console) {}
  void OnTask(const pipeline::TaskEvent& event) override {
    desk_.OnTask(event);
    if (const std::string text = FailureText(event); !text.empty()) console_.Error(text);
  }
  void OnProgress(const pipeline::Progress&) override {}
  void OnNotice(WallTime, pipeline::Severity severity, std::string_view text) override {
    if (severity == pipeline::Severity::kWarning) console_.ShowWarning(text);
  }

 private:
  serve::Desk& desk_;
  Console& console_;
};

}  // namespace

ServeBatch::ServeBatch(const Context& context, const Clock& clock)
    : context_(context), clock_(clock), desk_(clock) {}

ServeBatch::~ServeBatch() { Stop(); }

Result<std::unique_ptr<ServeBatch>> ServeBatch::Make(const Context& context, Settings& settings,
                                                     const Clock& clock) {
  const Options& options = context.options;
  AIGC_RETURN_IF_ERROR(CheckFlags(options));
  std::unique_ptr<ServeBatch> batch(new ServeBatch(context, clock));
  batch->manifest_.name = kServeBatch;
  batch->state_folder_ = settings.state_folder();
  batch->endpoint_ = BatchEndpoint(context, settings);
  BatchRun& run = batch->run_;
  AIGC_ASSIGN_OR_RETURN(run.catalog, ChosenCatalog(context));
  AIGC_ASSIGN_OR_RETURN(run.limits, SettleLimits({}, options));
  AIGC_ASSIGN_OR_RETURN(batch->pricing_, LoadPricing(context, *run.catalog, {}, ""));
  AIGC_ASSIGN_OR_RETURN(batch->terms_, SettleMoney({}, options, *batch->pricing_));
  AIGC_ASSIGN_OR_RETURN(run.record.output_dir, SettleOutputFolder(batch->manifest_, options));
  auto sub_app_id = settings.SubAppId(std::nullopt);
  if (!sub_app_id.ok() && options.sim) sub_app_id = kSimulatedSubAppId;
  if (!options.sim) {
    AIGC_ASSIGN_OR_RETURN(run.credentials, settings.FindCredentials());
    for (const std::string& warning : settings.TakeWarnings()) context.console.ShowWarning(warning);
  }
  if (!sub_app_id.ok()) return std::move(sub_app_id).error();
  run.record.sub_app_id = *sub_app_id;
  batch->settings_ = std::make_unique<Settings>(std::move(settings));
  batch->desk_.OnWork([raw = batch.get()] { raw->Wake(); });
  return batch;
}

std::optional<std::int64_t> ServeBatch::PriceOf(const TaskSpec& spec) const {
  const catalog::Estimate estimate = pricing_->prices.EstimateOf(spec);
  return estimate.cost ? std::optional(estimate.cost->micros) : std::nullopt;
}

void ServeBatch::Start() {
  thread_ = std::thread([this] { Work(); });
}

void ServeBatch::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (loop_ != nullptr) loop_->RequestStop();
  }
  wake_.notify_all();
  desk_.Close(Stopping());
  if (thread_.joinable()) thread_.join();
}

void ServeBatch::Wake() {
  {
    const std::lock_guard lock(mutex_);
    awake_ = true;
    if (loop_ != nullptr) loop_->Wake();
  }
  wake_.notify_all();
}

// False when the server stops.
bool ServeBatch::WaitForWork(bool at_most_a_minute) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stopping_ || awake_; };
  if (at_most_a_minute) {
    wake_.wait_for(lock, kNextTry, ready);
  } else {
    wake_.wait(lock, ready);
  }
  awake_ = false;
  return !stopping_;
}

// Opens or makes the state, and settles whose it is and what it may cost, as `run` does.
Status ServeBatch::Open() {
  AIGC_ASSIGN_OR_RETURN(run_.store, store::OpenForRun(state_folder_, kServeBatch));
  store::Store& store = *run_.store;
  const pipeline::BatchIdentity identity{kServeBatch, endpoint_, run_.record.sub_app_id,
                                         MachineMark()};
  const std::string output_dir = run_.record.output_dir;
  const auto before = store.Batch();
  if (before.ok()) {
    if (before->manifest_text != kManifestText) {
      return Error{ErrorCode::kStateForeign,
                   "the batch serve of this state folder was made from a manifest",
                   before->manifest_path,
                   "give that manifest another name, or the server another folder (--state)"};
    }
    run_.record = *before;
    if (context_.options.take_over) run_.record.machine = identity.machine;
    AIGC_RETURN_IF_ERROR(pipeline::CheckIdentity(run_.record, identity));
    if (context_.options.output) run_.record.output_dir = output_dir;
  } else {
    if (before.error().code != ErrorCode::kNotFound) return before.error();
    run_.record.uuid = NewUuid();
    run_.record.name = kServeBatch;
    run_.record.endpoint = identity.endpoint;
    run_.record.machine = identity.machine;
    run_.record.created_at = clock_.Now();
    run_.record.folder = std::filesystem::current_path().string();
    run_.record.manifest_path = run_.record.folder + "/" + kServeBatch;
    run_.record.manifest_text = kManifestText;
  }
  // A budget by `set` stands above none, but not above --budget. The loop puts limits into force.
  run_.budget_micros = terms_.budget_micros;
  store::MoneyTerms terms = terms_;
  pipeline::Limits limits = run_.limits;
  AIGC_ASSIGN_OR_RETURN(const store::Steering steering, store.ReadSteering());
  UseSteering(steering, context_.options, limits, terms);
  AIGC_RETURN_IF_ERROR(store.BeginTurn());
  Status put = store.PutBatch(run_.record);
  if (put.ok()) put = RecordMoney(store, terms, &pricing_->prices);
  if (put.ok()) put = DropLeftCalls();
  if (!put.ok()) {
    store.AbandonTurn();
    return put;
  }
  AIGC_RETURN_IF_ERROR(store.CommitTurn());
  if (!context_.options.no_download) {
    AIGC_RETURN_IF_ERROR(PrepareOutputFolder(run_.record.folder, run_.record.output_dir));
  }
  if (context_.options.sim) {
    AIGC_ASSIGN_OR_RETURN(simulator::Scenario scenario, LoadScenario(context_.options.scenario));
    AIGC_ASSIGN_OR_RETURN(
        simulation_, Simulation::Start(state_folder_, kServeBatch, std::move(scenario), clock_));
  }
  desk_.Attach(store);
  return {};
}

// Calls of an earlier server that were never sent: whoever asked was told so, or is gone.
Status ServeBatch::DropLeftCalls() {
  AIGC_ASSIGN_OR_RETURN(const auto marks, run_.store->FindTasks({}, {TaskState::kPending}));
  pipeline::BatchCommand command;
  command.action = pipeline::BatchCommand::Action::kCancel;
  command.why = "not sent when the server before this one ended";
  for (const store::TaskMark& mark : marks) {
    AIGC_ASSIGN_OR_RETURN(const store::TaskRow row, run_.store->RowOf(mark.key));
    // A later generation is one that a person wanted again.
    if (row.submissions == 0 && row.generation == 1) command.tasks.push_back(row.id);
  }
  if (command.tasks.empty()) return {};
  command.given = std::chrono::floor<Seconds>(clock_.Now());
  command.id = NewCommandId(command.given);
  const auto carried = pipeline::CarryOut(*run_.store, command, clock_.Now());
  return carried.ok() ? Status{} : Status{carried.error()};
}

Result<pipeline::RunResult> ServeBatch::RunLoop() {
  ConnectionOptions connection =
      simulation_
          ? SimulatedConnection(*simulation_)
          : RealConnection(context_.options, *settings_, run_.record.endpoint, run_.credentials);
  connection.sub_app_id = run_.record.sub_app_id;
  connection.limits = run_.limits;
  // New for each run of the loop: what an aborted one left on the wire must not reach the next.
  AIGC_ASSIGN_OR_RETURN(const auto exchange, Connect(connection, clock_));
  const auto folder = files::MakePosixOutputFolder(run_.record.folder);
  const auto inbox = files::MakePosixInbox(InboxFolder(state_folder_, kServeBatch));
  Random random(EntropySeed());
  Listeners listeners;
  if (context_.options.log_file) {
    AIGC_ASSIGN_OR_RETURN(auto log, LogFile::Open(*context_.options.log_file));
    listeners.Add(std::move(log));
  }
  listeners.Add(std::make_unique<DeskListener>(desk_, context_.console));

  // Pace and slots are the account's, whoever runs on it. Without, the calls go on by themselves.
  const std::string secret_id = context_.options.sim ? std::string() : run_.credentials.secret_id;
  const auto account = store::OpenAccount(
      state_folder_, store::AccountId(secret_id, run_.record.endpoint), kServeBatch, BootMark());
  if (!account.ok()) context_.console.ShowWarning(Describe(account.error()));

  pipeline::LoopOptions options;
  options.account = account.ok() ? account->get() : nullptr;
  options.limits = run_.limits;
  options.fixed = LimitsSaid(context_.options);
  options.budget_micros = run_.budget_micros;
  options.on_limits = [&exchange](const pipeline::Limits& limits) { WidenFor(*exchange, limits); };
  options.download = !context_.options.no_download;
  options.sub_app_id = run_.record.sub_app_id;
  options.batch_uuid = run_.record.uuid;
  options.batch_name = run_.record.name;
  options.output.dir = run_.record.output_dir;
  options.output.filename = pipeline::kDefaultFilename;
  // Every call has an id of its own, so a state that was lost makes nothing be paid for again.
  options.recovery = pipeline::Recovery::kOff;
  options.fill = [catalog = run_.catalog](TaskSpec& spec) {
    if (!spec.audio && catalog->AudioKnown(spec.kind, spec.model, spec.version)) spec.audio = false;
  };
  options.open_input = files::OpenFileSource;
  options.inbox = inbox.get();
  options.intake = &desk_;
  options.server_mark = run_.record.server_mark;
  pipeline::Loop loop(*run_.store, *exchange, *folder, clock_, random, listeners,
                      std::move(options));
  {
    const std::lock_guard lock(mutex_);
    loop_ = &loop;
    if (stopping_) loop.RequestStop();
  }
  auto result = loop.Run();
  {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }
  return result;
}

void ServeBatch::Work() {
  const auto known = store::ListBatches(state_folder_);
  const bool there = known.ok() && std::any_of(known->begin(), known->end(), [](const auto& batch) {
                       return batch.name == kServeBatch;
                     });
  bool wait = !there;
  while (true) {
    if (wait && !WaitForWork(/*at_most_a_minute=*/run_.store != nullptr)) break;
    wait = true;
    if (run_.store == nullptr) {
      if (Status opened = Open(); !opened.ok()) {
        run_.store.reset();
        context_.console.ShowError(opened.error());
        (void)desk_.Fail(opened.error());
        continue;
      }
    }
    const auto result = RunLoop();
    const Error cause = !result.ok() ? result.error()
                        : result->reason == pipeline::StopReason::kInterrupted ||
                                result->reason == pipeline::StopReason::kFinished
                            ? Stopping()
                            : result->cause;
    if (!result.ok() || cause.code != ErrorCode::kInterrupted) context_.console.ShowError(cause);
    if (!result.ok()) run_.store->AbandonTurn();
    if (const Status told = desk_.Fail(cause); !told.ok()) context_.console.ShowError(told.error());
  }
  (void)desk_.Fail(Stopping());
}

}  // namespace aigc::cli
