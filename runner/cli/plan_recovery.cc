#include "cli/plan_recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/connection.h"
#include "cli/run_batch.h"
#include "cli/simulation.h"
#include "pipeline/remote_list.h"

namespace aigc::cli {
namespace {

using pipeline::PlannedTask;
using store::Match;

// How many are shown without --detailed.
constexpr std::size_t kShown = 20;

// The service as a run would reach it, or a look at the simulated one.
struct Service {
  std::unique_ptr<Simulation> simulation;
  std::unique_ptr<api::Exchange> exchange;
};

Result<Service> Reach(const Context& context, Settings& settings, const LoadedManifest& loaded,
                      const pipeline::Limits& limits, const Clock& clock) {
  const manifest::Settings& batch = loaded.manifest->settings();
  Service service;
  ConnectionOptions options;
  auto sub_app_id = settings.SubAppId(batch.sub_app_id);
  if (context.options.sim) {
    AIGC_ASSIGN_OR_RETURN(simulator::Scenario scenario, LoadScenario(context.options.scenario));
    AIGC_ASSIGN_OR_RETURN(service.simulation, Simulation::Look(settings.state_folder(), batch.name,
                                                               std::move(scenario), clock));
    options = SimulatedConnection(*service.simulation);
    if (!sub_app_id.ok()) sub_app_id = kSimulatedSubAppId;
  } else {
    auto credentials = settings.FindCredentials();
    for (const std::string& warning : settings.TakeWarnings()) context.console.ShowWarning(warning);
    if (!credentials.ok()) return std::move(credentials).error();
    options =
        RealConnection(context.options, settings, BatchEndpoint(context, settings), *credentials);
  }
  if (!sub_app_id.ok()) return std::move(sub_app_id).error();
  options.sub_app_id = *sub_app_id;
  options.limits = limits;
  AIGC_ASSIGN_OR_RETURN(service.exchange, Connect(options, clock));
  return service;
}

// The task as a run would find it in the state once the plan is written; none when it could not
// adopt anything then.
Result<std::optional<store::TaskRow>> RowAfterPlan(store::StoreReader* reader,
                                                   const PlannedTask& task) {
  const Match match = task.compared.match;
  store::TaskRow row;
  row.id = task.spec->id;
  if (reader == nullptr || match == Match::kNew || match == Match::kChanged) {
    return std::optional(row);
  }
  if (match == Match::kKept) {
    AIGC_ASSIGN_OR_RETURN(row, reader->FindTask(task.spec->id));
  } else {
    AIGC_ASSIGN_OR_RETURN(row, reader->RowOf(task.compared.key));
  }
  if (!pipeline::MayAdopt(row)) return std::optional<store::TaskRow>();
  return std::optional(std::move(row));
}

}  // namespace

Result<RecoveryView> FindAdoptions(const Context& context, Settings& settings,
                                   const LoadedManifest& loaded, store::StoreReader* reader,
                                   const pipeline::Limits& limits, pipeline::Planner& planner) {
  SystemClock clock;
  Random random(EntropySeed());
  AIGC_ASSIGN_OR_RETURN(const Service service, Reach(context, settings, loaded, limits, clock));
  pipeline::RemoteList list(reader, loaded.manifest->settings().name, clock.Now());
  AIGC_RETURN_IF_ERROR(Fetch(list, *service.exchange, clock, random, limits));

  RecoveryView view;
  view.listed = list.unknown();
  view.lists_generations = list.saw_aigc();
  const auto look = [&](const PlannedTask& task) -> Status {
    if (!list.Lists(task.spec->id, task.fingerprint)) return {};
    AIGC_ASSIGN_OR_RETURN(const auto row, RowAfterPlan(reader, task));
    if (!row) return {};
    std::string own;
    if (reader != nullptr) {
      AIGC_ASSIGN_OR_RETURN(own, pipeline::OwnSession(*reader, *row));
    }
    const auto candidates = list.For(task.spec->id, task.fingerprint, own);
    pipeline::Choice choice = pipeline::Choose(candidates);
    while (choice.ask) {
      AIGC_RETURN_IF_ERROR(Ask(*choice.task, *service.exchange, clock, random, limits));
      choice = pipeline::Choose(candidates);
    }
    if (choice.task == nullptr) return {};
    view.adoptions.push_back({task.spec->id, choice.task->task_id, choice.task->created,
                              choice.task->status == api::RemoteStatus::kFinished,
                              !choice.task->error_code.empty()});
    planner.CountAdopted(*task.spec, row->state);
    return {};
  };
  AIGC_RETURN_IF_ERROR(planner.ForEachListed(look));
  return view;
}

std::string RecoveryText(const RecoveryView& view, bool detailed) {
  const std::size_t adopted = view.adoptions.size();
  if (adopted == 0 && view.listed == 0) {
    return view.lists_generations
               ? "recover    nothing: the service lists no task of this batch that the state does "
                 "not know\n"
               : "recover    nothing: the service lists no generation of the last 72 h (it may not "
                 "list them at all)\n";
  }
  std::string text = fmt::format(
      "recover    {} {} that the service lists would be adopted, not "
      "made and paid again\n",
      adopted, adopted == 1 ? "task" : "tasks");
  std::size_t width = 0;
  const std::size_t shown = detailed ? adopted : std::min(adopted, kShown);
  for (std::size_t i = 0; i < shown; ++i) width = std::max(width, view.adoptions[i].id.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Adoption& adoption = view.adoptions[i];
    const char* state = adoption.failed ? "failed, counts as an attempt"
                                        : (adoption.finished ? "finished" : "on its way");
    text += Printable(fmt::format("             {:<{}}  {}  {}  {}\n", adoption.id, width,
                                  adoption.task_id, FormatIso(adoption.created), state));
  }
  if (shown < adopted) {
    text += fmt::format("             … {} more (--detailed lists all)\n", adopted - shown);
  }
  if (view.listed > adopted) {
    text += fmt::format(
        "           {} more listed would not be: of an earlier text, or the task has a result\n",
        view.listed - adopted);
  }
  return text;
}

std::string RecoveryJson(const RecoveryView& view) {
  JsonWriter json;
  json.BeginObject().Key("listed").Int(static_cast<std::int64_t>(view.listed));
  json.Key("adopted").Int(static_cast<std::int64_t>(view.adoptions.size()));
  json.Key("lists_generations").Bool(view.lists_generations).Key("tasks").BeginArray();
  for (const Adoption& adoption : view.adoptions) {
    json.BeginObject().Key("id").String(adoption.id).Key("task_id").String(adoption.task_id);
    json.Key("accepted_at").String(FormatIso(adoption.created));
    json.Key("finished").Bool(adoption.finished).Key("failed").Bool(adoption.failed).EndObject();
  }
  return json.EndArray().EndObject().Take();
}

}  // namespace aigc::cli
