// aigc-batch run MANIFEST and resume BATCH: everything that is settled before the work begins.
#include <fmt/format.h>

#include "base/clock.h"
#include "base/random.h"
#include "cli/catalog_choice.h"
#include "cli/command.h"
#include "cli/command_plan.h"
#include "cli/machine.h"
#include "cli/manifest_load.h"
#include "cli/pricing.h"
#include "cli/resume_paused.h"
#include "cli/run_batch.h"
#include "cli/settle.h"
#include "cli/simulation.h"
#include "cli/steer.h"
#include "pipeline/plan.h"
#include "store/sqlite_store.h"

namespace aigc::cli {
namespace {

Result<Credentials> CredentialsFor(const Context& context, Settings& settings) {
  if (context.options.sim) return Credentials{};
  auto credentials = settings.FindCredentials();
  for (const std::string& warning : settings.TakeWarnings()) context.console.ShowWarning(warning);
  return credentials;
}

Result<std::int64_t> SubAppIdFor(const Context& context, const Settings& settings,
                                 std::optional<std::int64_t> manifest) {
  auto id = settings.SubAppId(manifest);
  if (!id.ok() && context.options.sim) return kSimulatedSubAppId;
  return id;
}

Status PutBatch(store::Store& store, const store::BatchRecord& record,
                const store::MoneyTerms& terms, const catalog::Prices* prices) {
  AIGC_RETURN_IF_ERROR(store.BeginTurn());
  Status put = store.PutBatch(record);
  if (put.ok()) put = RecordMoney(store, terms, prices);
  if (!put.ok()) {
    store.AbandonTurn();
    return put;
  }
  return store.CommitTurn();
}

// The batch's record for this run: a new one, or that of earlier runs brought up to date.
// kStateForeign when it belongs to another endpoint, application or machine.
Result<store::BatchRecord> RecordFor(const pipeline::BatchIdentity& identity, bool take_over,
                                     const LoadedManifest& loaded,
                                     const Result<store::BatchRecord>& before,
                                     std::string output_dir) {
  store::BatchRecord record;
  if (before.ok()) {
    record = *before;
    if (take_over) record.machine = identity.machine;
    AIGC_RETURN_IF_ERROR(pipeline::CheckIdentity(record, identity));
  } else {
    if (before.error().code != ErrorCode::kNotFound) return before.error();
    record.uuid = NewUuid();
    record.name = identity.name;
    record.endpoint = identity.endpoint;
    record.sub_app_id = identity.sub_app_id;
    record.machine = identity.machine;
    record.created_at = SystemClock().Now();
  }
  record.manifest_path = loaded.folder + "/" + loaded.path.substr(loaded.path.rfind('/') + 1);
  record.folder = loaded.folder;
  record.manifest_text = loaded.text;
  record.output_dir = std::move(output_dir);
  return record;
}

// A budget by `set` stands above the manifest's.
Status UseBudgetSet(const Context& context, BatchRun& run, store::MoneyTerms& terms) {
  run.budget_micros = terms.budget_micros;
  AIGC_ASSIGN_OR_RETURN(const store::Steering steering, run.store->ReadSteering());
  pipeline::Limits limits = run.limits;  // the loop puts the others into force
  UseSteering(steering, context.options, limits, terms);
  return {};
}

}  // namespace

Result<int> RunCommand(const Context& context) {
  if (context.options.dry_run) return PlanCommand(context);
  AIGC_RETURN_IF_ERROR(CheckFlags(context.options));
  AIGC_ASSIGN_OR_RETURN(Settings settings, LoadSettings(context));
  BatchRun run;
  AIGC_ASSIGN_OR_RETURN(run.credentials, CredentialsFor(context, settings));
  AIGC_ASSIGN_OR_RETURN(const LoadedManifest loaded, LoadManifest(context));
  run.manifest = loaded.manifest->settings();
  run.catalog = loaded.catalog;
  AIGC_ASSIGN_OR_RETURN(run.limits, SettleLimits(run.manifest.limits, context.options));
  AIGC_ASSIGN_OR_RETURN(Pricing pricing,
                        LoadPricing(context, *run.catalog, run.manifest, loaded.folder));
  AIGC_ASSIGN_OR_RETURN(store::MoneyTerms terms,
                        SettleMoney(run.manifest, context.options, pricing));
  run.prices = std::move(pricing.prices);
  AIGC_ASSIGN_OR_RETURN(const std::int64_t sub_app_id,
                        SubAppIdFor(context, settings, run.manifest.sub_app_id));
  AIGC_ASSIGN_OR_RETURN(std::string output_dir, SettleOutputFolder(run.manifest, context.options));

  const pipeline::BatchIdentity identity{run.manifest.name, BatchEndpoint(context, settings),
                                         sub_app_id, MachineMark()};
  AIGC_ASSIGN_OR_RETURN(run.store, store::OpenForRun(settings.state_folder(), run.manifest.name));
  AIGC_RETURN_IF_ERROR(UseBudgetSet(context, run, terms));
  const auto before = run.store->Batch();
  AIGC_ASSIGN_OR_RETURN(run.record, RecordFor(identity, context.options.take_over, loaded, before,
                                              std::move(output_dir)));
  AIGC_RETURN_IF_ERROR(PlanForRun(context, loaded, run, terms));
  return RunBatch(context, settings, std::move(run));
}

Result<int> ResumeCommand(const Context& context) {
  AIGC_RETURN_IF_ERROR(CheckFlags(context.options));
  AIGC_ASSIGN_OR_RETURN(Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(const std::string name, BatchName(context));
  BatchRun run;
  AIGC_ASSIGN_OR_RETURN(run.catalog, ChosenCatalog(context));
  AIGC_ASSIGN_OR_RETURN(run.credentials, CredentialsFor(context, settings));
  auto opened = store::OpenForRun(settings.state_folder(), name, {.create = false});
  if (!opened.ok() && opened.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, fmt::format("there is no batch {}", name),
                 settings.state_folder(),
                 "aigc-batch list shows what there is; --state and --sim say where to look"};
  }
  if (!opened.ok() && opened.error().code == ErrorCode::kStateLocked) {
    const auto reader = store::OpenForReading(settings.state_folder(), name);
    if (!reader.ok()) return std::move(opened).error();
    AIGC_ASSIGN_OR_RETURN(const bool ends, EndsPause(context, **reader));
    if (ends) return ResumeRunning(context);
  }
  if (!opened.ok()) return std::move(opened).error();
  run.store = *std::move(opened);
  AIGC_ASSIGN_OR_RETURN(run.record, run.store->Batch());
  // What the user does not say now is as it was; what is said must agree.
  const bool says_endpoint = context.options.sim || settings.endpoint_given();
  const pipeline::BatchIdentity identity{
      run.record.name, says_endpoint ? BatchEndpoint(context, settings) : run.record.endpoint,
      context.options.sub_app_id.value_or(run.record.sub_app_id), MachineMark()};
  if (context.options.take_over) run.record.machine = identity.machine;
  AIGC_RETURN_IF_ERROR(pipeline::CheckIdentity(run.record, identity));
  AIGC_ASSIGN_OR_RETURN(run.manifest,
                        manifest::LoadSettings(run.record.manifest_text, run.record.manifest_path));
  AIGC_ASSIGN_OR_RETURN(run.limits, SettleLimits(run.manifest.limits, context.options));
  if (context.options.output) {
    AIGC_ASSIGN_OR_RETURN(run.record.output_dir, SettleOutputFolder(run.manifest, context.options));
  }
  AIGC_ASSIGN_OR_RETURN(ResumedMoney money,
                        ResumeMoney(context, *run.catalog, run.manifest, *run.store));
  AIGC_RETURN_IF_ERROR(UseBudgetSet(context, run, money.terms));
  AIGC_RETURN_IF_ERROR(
      PutBatch(*run.store, run.record, money.terms, money.prices ? &*money.prices : nullptr));
  run.prices = std::move(money.prices);
  AIGC_ASSIGN_OR_RETURN(const bool ends_pause, EndsPause(context, *run.store));
  if (ends_pause) AIGC_RETURN_IF_ERROR(EndPause(context, settings, *run.store, name));
  return RunBatch(context, settings, std::move(run));
}

}  // namespace aigc::cli
