// aigc-batch retry BATCH and cancel BATCH. Both only change what is recorded; runs do the work.
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/json_writer.h"
#include "cli/batch_control.h"
#include "cli/command.h"
#include "cli/exit_code.h"

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
  } else {
    json.Key("cancelled").Int(outcome.cancelled).Key("skipped").Int(outcome.skipped);
    json.Key("at_service").Int(outcome.at_service).Key("unknown").Int(outcome.unknown);
    json.Key("generated").Int(outcome.generated).Key("ended").Int(outcome.ended);
  }
  return json.EndObject().Take() + "\n";
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
  AIGC_RETURN_IF_ERROR(console.Out(pipeline::OutcomeText(command.action, delivery.outcome) + "\n"));
  if (delivery.taken_up == TakenUp::kByRun) {
    console.Info("taken up by the run that is going on");
  } else if (NeedsRun(delivery.outcome)) {
    console.Info(fmt::format("the next run does it: aigc-batch resume {}{}",
                             context.options.sim ? "--sim " : "", name));
  }
  return kExitDone;
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

}  // namespace aigc::cli
