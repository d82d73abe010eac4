// aigc-batch run MANIFEST and resume BATCH: everything that is settled before the work begins.
#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/random.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/machine.h"
#include "cli/manifest_load.h"
#include "cli/run_batch.h"
#include "cli/settle.h"
#include "cli/simulation.h"
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

// `writer` null: only counts.
Result<pipeline::PlanCounts> Plan(const manifest::Manifest& manifest, store::StoreReader* reader,
                                  store::Store* writer) {
  const SystemClock clock;
  pipeline::Planner planner(
      reader, writer,
      [&](const Source& source) { return manifest.ReadInput(source.content_sha256); }, clock);
  AIGC_RETURN_IF_ERROR(manifest.ForEachTask([&](const manifest::ExpandedTask& task) {
    return planner.Add(task.spec, task.fingerprint);
  }));
  return planner.Finish();
}

std::string PlanText(const std::string& name, const pipeline::PlanCounts& counts) {
  std::string text = fmt::format("batch {}\n", name);
  const auto add = [&](char mark, std::int64_t count, const std::string& what) {
    if (count > 0) text += fmt::format("  {} {} {}\n", mark, count, what);
  };
  add('+', counts.fresh, "new");
  add('~', counts.changed,
      counts.remade > 0 ? fmt::format("changed, {} of which had succeeded and would be made and "
                                      "paid again",
                                      counts.remade)
                        : "changed");
  add('=', counts.kept, "kept");
  add('-', counts.left_out, "left out: in the state, no longer in the manifest");
  text += fmt::format("{} tasks to run", counts.to_run);
  if (counts.seconds > 0) text += fmt::format(", {:g} s of video", counts.seconds);
  if (counts.pictures > 0) text += fmt::format(", {} pictures", counts.pictures);
  return text + "\n";
}

std::string PlanJson(const std::string& name, const pipeline::PlanCounts& counts) {
  JsonWriter json;
  json.BeginObject().Key("batch").String(name).Key("new").Int(counts.fresh);
  json.Key("changed").Int(counts.changed).Key("remade").Int(counts.remade);
  json.Key("kept").Int(counts.kept).Key("left_out").Int(counts.left_out);
  json.Key("to_run").Int(counts.to_run).Key("video_seconds").Double(counts.seconds);
  return json.Key("pictures").Int(counts.pictures).EndObject().Take() + "\n";
}

Result<int> DryRun(const Context& context, const Settings& settings,
                   const manifest::Manifest& manifest) {
  const std::string& name = manifest.settings().name;
  auto reader = store::OpenForReading(settings.state_folder(), name);
  if (!reader.ok() && reader.error().code != ErrorCode::kNotFound) return reader.error();
  AIGC_ASSIGN_OR_RETURN(const pipeline::PlanCounts counts,
                        Plan(manifest, reader.ok() ? reader->get() : nullptr, nullptr));
  AIGC_RETURN_IF_ERROR(
      context.console.Out(context.options.json ? PlanJson(name, counts) : PlanText(name, counts)));
  return kExitDone;
}

// Changed tasks whose results are there already would be paid for a second time: only with a yes.
Status AskBeforePayingAgain(const Context& context, const manifest::Manifest& manifest,
                            store::Store& store) {
  if (context.options.yes) return {};
  AIGC_ASSIGN_OR_RETURN(const pipeline::PlanCounts counts, Plan(manifest, &store, nullptr));
  if (counts.remade == 0) return {};
  const std::string what = fmt::format(
      "{} task(s) that succeeded before have changed and would be made and paid for again",
      counts.remade);
  const auto answer = context.console.Confirm(what + ". Go on?");
  if (answer && *answer) return {};
  return Error{ErrorCode::kUsage, answer ? "stopped; nothing was sent" : what,
               manifest.settings().name,
               "--yes goes on without asking, --dry-run shows what would be done"};
}

Status PutBatch(store::Store& store, const store::BatchRecord& record) {
  AIGC_RETURN_IF_ERROR(store.BeginTurn());
  if (Status put = store.PutBatch(record); !put.ok()) {
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

}  // namespace

Result<int> RunCommand(const Context& context) {
  AIGC_RETURN_IF_ERROR(CheckFlags(context.options));
  AIGC_ASSIGN_OR_RETURN(Settings settings, LoadSettings(context));
  BatchRun run;
  if (!context.options.dry_run) {
    AIGC_ASSIGN_OR_RETURN(run.credentials, CredentialsFor(context, settings));
  }
  AIGC_ASSIGN_OR_RETURN(const LoadedManifest loaded, LoadManifest(context));
  const manifest::Manifest& manifest = *loaded.manifest;
  run.manifest = manifest.settings();
  AIGC_ASSIGN_OR_RETURN(run.limits, SettleLimits(run.manifest.limits, context.options));
  if (context.options.dry_run) return DryRun(context, settings, manifest);
  AIGC_ASSIGN_OR_RETURN(const std::int64_t sub_app_id,
                        SubAppIdFor(context, settings, run.manifest.sub_app_id));
  AIGC_ASSIGN_OR_RETURN(std::string output_dir, SettleOutputFolder(run.manifest, context.options));

  const pipeline::BatchIdentity identity{run.manifest.name, BatchEndpoint(context, settings),
                                         sub_app_id, MachineMark()};
  AIGC_ASSIGN_OR_RETURN(run.store, store::OpenForRun(settings.state_folder(), run.manifest.name));
  const auto before = run.store->Batch();
  AIGC_ASSIGN_OR_RETURN(run.record, RecordFor(identity, context.options.take_over, loaded, before,
                                              std::move(output_dir)));
  if (before.ok()) AIGC_RETURN_IF_ERROR(AskBeforePayingAgain(context, manifest, *run.store));
  AIGC_RETURN_IF_ERROR(PutBatch(*run.store, run.record));
  AIGC_ASSIGN_OR_RETURN(const pipeline::PlanCounts counts,
                        Plan(manifest, run.store.get(), run.store.get()));
  if (context.console.verbose()) context.console.Info(PlanText(run.manifest.name, counts));
  return RunBatch(context, settings, std::move(run));
}

Result<int> ResumeCommand(const Context& context) {
  AIGC_RETURN_IF_ERROR(CheckFlags(context.options));
  AIGC_ASSIGN_OR_RETURN(Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(const std::string name, BatchName(context));
  BatchRun run;
  AIGC_ASSIGN_OR_RETURN(run.credentials, CredentialsFor(context, settings));
  auto opened = store::OpenForRun(settings.state_folder(), name, {.create = false});
  if (!opened.ok() && opened.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, fmt::format("there is no batch {}", name),
                 settings.state_folder(),
                 "aigc-batch list shows what there is; --state and --sim say where to look"};
  }
  if (!opened.ok()) return std::move(opened).error();
  run.store = *std::move(opened);
  AIGC_ASSIGN_OR_RETURN(run.record, run.store->Batch());
  // What the user does not say now is as it was; what is said must agree.
  const bool says_endpoint = context.options.sim || settings.endpoint_given();
  const pipeline::BatchIdentity identity{
      run.record.name, says_endpoint ? BatchEndpoint(context, settings) : run.record.endpoint,
      context.options.sub_app_id.value_or(run.record.sub_app_id), MachineMark()};
  const bool taken_over = context.options.take_over && run.record.machine != identity.machine;
  if (taken_over) run.record.machine = identity.machine;
  AIGC_RETURN_IF_ERROR(pipeline::CheckIdentity(run.record, identity));
  if (taken_over) AIGC_RETURN_IF_ERROR(PutBatch(*run.store, run.record));
  AIGC_ASSIGN_OR_RETURN(run.manifest,
                        manifest::LoadSettings(run.record.manifest_text, run.record.manifest_path));
  AIGC_ASSIGN_OR_RETURN(run.limits, SettleLimits(run.manifest.limits, context.options));
  if (context.options.output) {
    AIGC_ASSIGN_OR_RETURN(run.record.output_dir, SettleOutputFolder(run.manifest, context.options));
    AIGC_RETURN_IF_ERROR(PutBatch(*run.store, run.record));
  }
  return RunBatch(context, settings, std::move(run));
}

}  // namespace aigc::cli
