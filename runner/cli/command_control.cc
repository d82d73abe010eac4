// aigc-batch retry, cancel, set and pause BATCH, and resume of one that a run is paused with. All
// only change what is recorded; runs do the work.
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/json_writer.h"
#include "cli/batch_control.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/resume_paused.h"
#include "cli/steer.h"
#include "pipeline/steering.h"

namespace aigc::cli {
namespace {

using pipeline::BatchCommand;

Status CheckGlobs(const Options& options) {
  for (const std::string& glob : options.tasks) {
    const bool bad = glob.empty() || glob.size() > 1000 ||
                     std::any_of(glob.begin(), glob.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < ' '; });
    if (bad) return Error{ErrorCode::kUsage, "--task needs a pattern without control characters"};
  }
  return {};
}

Status CheckSelects(store::StoreReader& store, const BatchCommand& command) {
  if (command.tasks.empty()) return {};
  store::Selection selection;
  selection.globs = command.tasks;
  AIGC_ASSIGN_OR_RETURN(const store::StateCounts counts, store.Counts(selection));
  if (std::any_of(counts.begin(), counts.end(), [](const auto& c) { return c.second > 0; })) {
    return {};
  }
  return Error{ErrorCode::kUsage,
               "--task selects no task of this batch",
               {},
               "patterns hold for the whole id: * stands for any text, ? for one character"};
}

std::string TaskCount(std::int64_t count) {
  return count == 1 ? "1 task" : fmt::format("{} tasks", count);
}

// What may be paid for once more is made anew only with a yes.
Status AskAboutRisk(const Context& context, store::StoreReader& store,
                    const BatchCommand& command) {
  if (context.options.yes) return {};
  AIGC_ASSIGN_OR_RETURN(const pipeline::RetryRisk risk, pipeline::RiskOf(store, command));
  if (risk.maybe_twice == 0 && risk.again == 0) return {};
  std::string what;
  if (risk.maybe_twice > 0) {
    what = fmt::format(
        "{} lost or overdue: the service may have made them or may still do so, and "
        "making them anew may be paid for twice",
        TaskCount(risk.maybe_twice));
  }
  if (risk.again > 0) {
    what += fmt::format("{}{} succeeded: making them again is paid for again",
                        what.empty() ? "" : "; ", TaskCount(risk.again));
  }
  const auto answer = context.console.Confirm(what + ". Go on?");
  if (answer && *answer) return {};
  return Error{ErrorCode::kUsage, answer ? "stopped; nothing was changed" : what,
               context.options.batch, "--yes goes on without asking"};
}

std::string DeliveryJson(const BatchCommand& command, const std::string& batch,
                         const Delivery& delivery) {
  const char* taken_up = delivery.taken_up == TakenUp::kHere    ? "here"
                         : delivery.taken_up == TakenUp::kByRun ? "run"
                                                                : "waiting";
  JsonWriter json;
  json.BeginObject().Key("event").String(Name(command.action)).Key("batch").String(batch);
  json.Key("command").String(command.id).Key("taken_up").String(taken_up);
  if (delivery.taken_up == TakenUp::kWaiting) {
    return json.Key("file").String(delivery.path).EndObject().Take() + "\n";
  }
  const pipeline::CommandOutcome& outcome = delivery.outcome;
  if (command.action == BatchCommand::Action::kRetry) {
    json.Key("queued").Int(outcome.queued).Key("unskipped").Int(outcome.unskipped);
    json.Key("overdue").Int(outcome.overdue).Key("lost").Int(outcome.lost);
  } else if (command.action == BatchCommand::Action::kCancel) {
    json.Key("cancelled").Int(outcome.cancelled).Key("skipped").Int(outcome.skipped);
    json.Key("at_service").Int(outcome.at_service).Key("unknown").Int(outcome.unknown);
    json.Key("generated").Int(outcome.generated).Key("ended").Int(outcome.ended);
  } else if (command.action == BatchCommand::Action::kSet) {
    json.Key("changed").Int(outcome.changed).Key("set").BeginObject();
    for (const auto& [name, value] : command.settings) json.Key(name).String(value);
    json.EndObject();
  } else {
    json.Key("changed").Int(outcome.changed).Key("waiting").Int(outcome.waiting);
    json.Key("followed").Int(outcome.followed);
  }
  return json.EndObject().Take() + "\n";
}

// Every model that the command names.
std::vector<std::string> ModelsOf(const BatchCommand& command) {
  std::vector<std::string> models = command.models;
  for (const auto& [name, value] : command.settings) {
    if (name.starts_with(pipeline::kPerModel)) {
      models.push_back(name.substr(pipeline::kPerModel.size()));
    }
  }
  return models;
}

// Whether something is left that only a run can do.
bool NeedsRun(const pipeline::CommandOutcome& outcome) {
  return outcome.queued + outcome.at_service + outcome.unknown + outcome.generated > 0;
}

Result<int> Give(const Context& context, BatchCommand command) {
  AIGC_RETURN_IF_ERROR(CheckGlobs(context.options));
  AIGC_ASSIGN_OR_RETURN(const Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(const std::string name, BatchName(context));
  const SystemClock clock;
  command.given = clock.Now();
  command.id = NewCommandId(command.given);
  command.tasks = context.options.tasks;
  AIGC_ASSIGN_OR_RETURN(Target target, OpenTarget(settings.state_folder(), name));
  AIGC_RETURN_IF_ERROR(CheckSelects(target.store(), command));
  AIGC_RETURN_IF_ERROR(CheckModels(target.store(), ModelsOf(command)));
  AIGC_RETURN_IF_ERROR(AskAboutRisk(context, target.store(), command));
  AIGC_ASSIGN_OR_RETURN(const Delivery delivery, Deliver(std::move(target), command, clock));

  Console& console = context.console;
  if (context.options.json) {
    AIGC_RETURN_IF_ERROR(console.Out(DeliveryJson(command, name, delivery)));
    return kExitDone;
  }
  if (delivery.taken_up == TakenUp::kWaiting) {
    console.ShowWarning(fmt::format(
        "the run of this batch has not taken the command up yet; it waits in {}", delivery.path));
    return kExitDone;
  }
  AIGC_RETURN_IF_ERROR(console.Out(pipeline::OutcomeText(command, delivery.outcome) + "\n"));
  if (delivery.taken_up == TakenUp::kByRun) {
    console.Info("taken up by the run that is going on");
  } else if (command.action == BatchCommand::Action::kSet) {
    console.Info("no run goes on; the next one obeys it, but for what its flags say");
  } else if (NeedsRun(delivery.outcome)) {
    console.Info(fmt::format("the next run does it: aigc-batch resume {}{}",
                             context.options.sim ? "--sim " : "", name));
  }
  return kExitDone;
}

BatchCommand ResumeOf(const Options& options) {
  BatchCommand command;
  command.action = BatchCommand::Action::kResume;
  command.models = options.models;
  return command;
}

// "" when nothing but the pause itself was asked for.
std::string FlagsWithoutEffect(const Options& options) {
  const bool any = !LimitsSaid(options).empty() || options.canary || options.stop_after ||
                   !options.tasks.empty() || !options.tags.empty() || options.output;
  return any ? "the run that goes on keeps its own flags; `set` changes its limits" : "";
}

}  // namespace

Result<int> RetryCommand(const Context& context) {
  const Options& options = context.options;
  BatchCommand command;
  command.action = BatchCommand::Action::kRetry;
  command.lost = options.retry_lost;
  command.again = options.retry_again;
  command.cancelled = options.retry_cancelled;
  command.failed = options.retry_failed || !(command.lost || command.again || command.cancelled);
  return Give(context, std::move(command));
}

Result<int> CancelCommand(const Context& context) {
  BatchCommand command;
  command.action = BatchCommand::Action::kCancel;
  return Give(context, std::move(command));
}

Result<int> SetCommand(const Context& context) {
  BatchCommand command;
  command.action = BatchCommand::Action::kSet;
  AIGC_ASSIGN_OR_RETURN(command.settings, ReadSettings(context.options.settings, context.console));
  return Give(context, std::move(command));
}

Result<int> PauseCommand(const Context& context) {
  BatchCommand command;
  command.action = BatchCommand::Action::kPause;
  command.models = context.options.models;
  return Give(context, std::move(command));
}

Result<bool> EndsPause(const Context& context, store::StoreReader& store) {
  if (context.options.command != "resume") return false;
  AIGC_RETURN_IF_ERROR(CheckModels(store, context.options.models));
  AIGC_ASSIGN_OR_RETURN(const store::Steering steering, store.ReadSteering());
  return !steering.pauses.empty();
}

Status EndPause(const Context& context, const Settings& settings, store::Store& store,
                const std::string& name) {
  BatchCommand command = ResumeOf(context.options);
  const SystemClock clock;
  command.given = clock.Now();
  command.id = NewCommandId(command.given);
  AIGC_ASSIGN_OR_RETURN(
      const Delivery delivery,
      DeliverHere(store, InboxFolder(settings.state_folder(), name), command, clock));
  context.console.Info(pipeline::OutcomeText(command, delivery.outcome));
  return {};
}

Result<int> ResumeRunning(const Context& context) {
  if (const std::string said = FlagsWithoutEffect(context.options); !said.empty()) {
    context.console.ShowWarning(said);
  }
  return Give(context, ResumeOf(context.options));
}

}  // namespace aigc::cli
