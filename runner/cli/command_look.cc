// The commands that only read a state: list, status, show, report.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "files/atomic_file.h"
#include "pipeline/steering.h"
#include "report/csv.h"
#include "report/json_lines.h"
#include "report/story.h"
#include "report/summary.h"
#include "store/sqlite_store.h"

namespace aigc::cli {
namespace {

struct OpenBatch {
  std::string name;
  std::unique_ptr<store::StoreReader> store;
};

Result<std::unique_ptr<store::StoreReader>> Open(const std::string& folder,
                                                 const std::string& name) {
  auto opened = store::OpenForReading(folder, name);
  if (opened.ok() || opened.error().code != ErrorCode::kNotFound) return opened;
  AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(folder));
  std::vector<std::string_view> names;
  names.reserve(batches.size());
  for (const store::BatchFile& batch : batches) names.push_back(batch.name);
  const auto nearest = Nearest(name, names);
  return Error{ErrorCode::kNotFound, fmt::format("there is no batch {}", Excerpt(name, 80)), folder,
               nearest
                   ? fmt::format("did you mean {}?", *nearest)
                   : "aigc-batch list shows what there is; --state and --sim say where to look"};
}

Result<OpenBatch> OpenTheBatch(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(const Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(std::string name, BatchName(context));
  AIGC_ASSIGN_OR_RETURN(auto store, Open(settings.state_folder(), name));
  return OpenBatch{std::move(name), std::move(store)};
}

store::Selection SelectionOf(const Options& options) {
  store::Selection selection;
  selection.globs = options.tasks;
  selection.tags = options.tags;
  selection.left_out = options.all;
  return selection;
}

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

Status PrintStatus(const Context& context, store::StoreReader& store) {
  AIGC_ASSIGN_OR_RETURN(const report::Summary summary, report::Summarise(store, {}));
  return context.console.Out(context.options.json ? report::SummaryJson(summary, AdviceFor) + "\n"
                                                  : report::RenderSummary(summary, AdviceFor));
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
  if (!context.options.batch.empty()) {
    AIGC_ASSIGN_OR_RETURN(const OpenBatch batch, OpenTheBatch(context));
    AIGC_RETURN_IF_ERROR(PrintStatus(context, *batch.store));
    return kExitDone;
  }
  AIGC_ASSIGN_OR_RETURN(const Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(settings.state_folder()));
  if (batches.empty()) {
    context.console.Info(fmt::format("no batches in {}", settings.state_folder()));
  }
  for (const store::BatchFile& file : batches) {
    AIGC_ASSIGN_OR_RETURN(const auto store, Open(settings.state_folder(), file.name));
    AIGC_RETURN_IF_ERROR(PrintStatus(context, *store));
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

Result<int> ReportCommand(const Context& context) {
  const Options& options = context.options;
  if (options.excel && options.format != "csv") {
    return Error{ErrorCode::kUsage, "--excel goes with --format csv only"};
  }
  AIGC_ASSIGN_OR_RETURN(const OpenBatch batch, OpenTheBatch(context));
  const auto write = [&](const report::TextSink& sink) {
    if (options.format == "jsonl") {
      return report::WriteJsonLines(*batch.store, SelectionOf(options), sink);
    }
    return report::WriteCsv(*batch.store, SelectionOf(options),
                            report::CsvOptions{.excel = options.excel}, sink);
  };
  if (!options.output_file || *options.output_file == "-") {
    AIGC_RETURN_IF_ERROR(write([&](std::string_view text) { return context.console.Out(text); }));
    return kExitDone;
  }
  AIGC_ASSIGN_OR_RETURN(files::AtomicFile file, files::AtomicFile::Create(*options.output_file));
  AIGC_RETURN_IF_ERROR(write([&](std::string_view text) { return file.Write(text); }));
  AIGC_RETURN_IF_ERROR(file.Commit());
  return kExitDone;
}

}  // namespace aigc::cli
