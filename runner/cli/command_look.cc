// The commands that only read a state: list, status, show. (report: command_report.cc)
#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/next_steps.h"
#include "cli/open_batch.h"
#include "cli/watch.h"
#include "pipeline/steering.h"
#include "report/story.h"
#include "report/summary.h"
#include "store/sqlite_account.h"
#include "store/sqlite_store.h"

namespace aigc::cli {
namespace {

// "paused", "Kling paused"; "" for a batch that is not, or whose state this program cannot read.
std::string PausedWord(const std::string& folder, const std::string& name) {
  const auto store = store::OpenForReading(folder, name);
  if (!store.ok()) return "";
  const auto steering = (*store)->ReadSteering();
  if (!steering.ok() || steering->pauses.empty()) return "";
  std::string models;
  for (const store::PauseRow& pause : steering->pauses) {
    if (pause.model.empty()) return "paused";
    models += (models.empty() ? "" : ", ") + pause.model;
  }
  return Excerpt(models, 60) + " paused";
}

// Why a task of a paused batch waits.
Status SayPaused(const Context& context, store::StoreReader& store, const store::TaskRow& row) {
  if (IsFinal(row.state) || HoldsSlot(row.state) || row.state == TaskState::kDownloading) return {};
  AIGC_ASSIGN_OR_RETURN(const store::Steering steering, store.ReadSteering());
  const store::PauseRow* pause = pipeline::PauseOf(steering, row.model, row.version);
  if (pause == nullptr) return {};
  context.console.Info(fmt::format("{} is paused since {}: `resume` lets this task be submitted",
                                   pause->model.empty() ? "the batch" : pause->model,
                                   FormatIso(pause->since)));
  return {};
}

Status PrintStatus(const Context& context, store::StoreReader& store, const std::string& folder,
                   const std::string& name) {
  AIGC_ASSIGN_OR_RETURN(report::Summary summary, report::Summarise(store, {}, AdviceFor));
  AIGC_ASSIGN_OR_RETURN(summary.running, FindRun(folder, name, store));
  summary.account = store::GlanceAtAccount(folder, name);
  summary.account_at = SystemClock().Ticks();
  return context.console.Out(context.options.json ? report::SummaryJson(summary, AdviceFor) + "\n"
                                                  : report::RenderSummary(summary, AdviceFor) +
                                                        RetryText(context.options, summary));
}

Result<int> Watch(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(const Settings settings, LoadSettings(context));
  const std::string folder = settings.state_folder();
  const auto name = context.options.batch.empty() ? RunningBatch(folder) : BatchName(context);
  if (!name.ok()) return name.error();
  AIGC_ASSIGN_OR_RETURN(const auto store, OpenForLooking(folder, *name));
  return WatchBatch(context, folder, *name, *store);
}

}  // namespace

Result<int> ListCommand(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(const Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(settings.state_folder()));
  JsonWriter json;
  json.BeginObject().Key("state").String(settings.state_folder()).Key("batches").BeginArray();
  std::string text;
  for (const store::BatchFile& batch : batches) {
    json.BeginObject().Key("name").String(batch.name).Key("running").Bool(batch.running);
    if (batch.running) json.Key("pid").Int(batch.pid);
    const std::string paused = PausedWord(settings.state_folder(), batch.name);
    json.Key("paused").Bool(!paused.empty()).EndObject();
    std::string remark = batch.running ? fmt::format("running, pid {}", batch.pid) : "";
    remark += (remark.empty() || paused.empty() ? "" : ", ") + paused;
    text += batch.name + (remark.empty() ? "\n" : fmt::format("  ({})\n", remark));
  }
  json.EndArray().EndObject();
  if (batches.empty() && !context.options.json) {
    context.console.Info(fmt::format("no batches in {}", settings.state_folder()));
  }
  AIGC_RETURN_IF_ERROR(context.console.Out(context.options.json ? json.Take() + "\n" : text));
  return kExitDone;
}

Result<int> StatusCommand(const Context& context) {
  if (context.options.watch) return Watch(context);
  if (!context.options.batch.empty()) {
    AIGC_ASSIGN_OR_RETURN(const Settings settings, LoadSettings(context));
    AIGC_ASSIGN_OR_RETURN(const OpenBatch batch, OpenTheBatch(context));
    AIGC_RETURN_IF_ERROR(PrintStatus(context, *batch.store, settings.state_folder(), batch.name));
    return kExitDone;
  }
  AIGC_ASSIGN_OR_RETURN(const Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(settings.state_folder()));
  if (batches.empty()) {
    context.console.Info(fmt::format("no batches in {}", settings.state_folder()));
  }
  for (const store::BatchFile& file : batches) {
    AIGC_ASSIGN_OR_RETURN(const auto store, OpenForLooking(settings.state_folder(), file.name));
    AIGC_RETURN_IF_ERROR(PrintStatus(context, *store, settings.state_folder(), file.name));
    if (!context.options.json && &file != &batches.back()) {
      AIGC_RETURN_IF_ERROR(context.console.Out("\n"));
    }
  }
  return kExitDone;
}

Result<int> ShowCommand(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(const OpenBatch batch, OpenTheBatch(context));
  auto stories = batch.store->Story(context.options.task);
  if (!stories.ok()) {
    Error error = std::move(stories).error();
    if (error.code == ErrorCode::kNotFound && error.hint.empty()) {
      error.hint = fmt::format("aigc-batch report {}{} lists the tasks",
                               context.options.sim ? "--sim " : "", batch.name);
    }
    return error;
  }
  AIGC_RETURN_IF_ERROR(SayPaused(context, *batch.store, stories->front().row));
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, batch.store->Money());
  const std::string& currency = money.terms.currency;
  AIGC_RETURN_IF_ERROR(context.console.Out(context.options.json
                                               ? report::StoryJson(*stories, currency) + "\n"
                                               : report::RenderStory(*stories, currency)));
  return kExitDone;
}

}  // namespace aigc::cli
