#include "pipeline/control.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "pipeline/steering.h"

namespace aigc::pipeline {
namespace {

using Action = BatchCommand::Action;
using Count = std::int64_t CommandOutcome::*;

constexpr std::array<std::pair<std::string_view, Count>, 13> kCounts = {{
    {"queued", &CommandOutcome::queued},
    {"cancelled", &CommandOutcome::cancelled},
    {"at_service", &CommandOutcome::at_service},
    {"unknown", &CommandOutcome::unknown},
    {"generated", &CommandOutcome::generated},
    {"overdue", &CommandOutcome::overdue},
    {"lost", &CommandOutcome::lost},
    {"ended", &CommandOutcome::ended},
    {"skipped", &CommandOutcome::skipped},
    {"unskipped", &CommandOutcome::unskipped},
    {"changed", &CommandOutcome::changed},
    {"waiting", &CommandOutcome::waiting},
    {"followed", &CommandOutcome::followed},
}};

constexpr std::string_view kCancelled = "cancelled by a person";

store::Selection SelectionOf(const BatchCommand& command) {
  store::Selection selection;
  selection.globs = command.tasks;
  return selection;
}

bool IsOverdue(const store::TaskMark& mark) {
  return mark.state == TaskState::kFailed && mark.error_code == "overdue";
}

// Whether the command is about this ended task.
bool Retries(const BatchCommand& command, const store::TaskMark& mark) {
  switch (mark.state) {
    case TaskState::kFailed:
      return IsOverdue(mark) ? command.lost : command.failed;
    case TaskState::kLost:
      return command.lost;
    case TaskState::kSucceeded:
      return command.again;
    case TaskState::kCancelled:
      return command.cancelled;
    case TaskState::kSkipped:  // comes back by itself with what it waits for
    case TaskState::kPending:
    case TaskState::kBlocked:
    case TaskState::kSubmitting:
    case TaskState::kRunning:
    case TaskState::kWaitingRetry:
    case TaskState::kDownloading:
      break;
  }
  return false;
}

Result<std::vector<store::TaskMark>> EndedTasks(store::StoreReader& store,
                                                const BatchCommand& command) {
  return store.FindTasks(SelectionOf(command), {TaskState::kFailed, TaskState::kLost,
                                                TaskState::kSucceeded, TaskState::kCancelled});
}

// A new generation of the same wish: its attempts count anew, the old one's history stays.
Status MakeAnew(store::Store& store, std::int64_t key, WallTime now) {
  AIGC_ASSIGN_OR_RETURN(const store::ActiveTask old, store.Load(key));
  AIGC_ASSIGN_OR_RETURN(const std::string json, store.SpecOf(key));
  store::NewTask task;
  AIGC_ASSIGN_OR_RETURN(task.spec, ParseSpec(json));
  task.fingerprint = old.row.fingerprint;
  task.position = old.row.position;
  task.generation = old.row.generation + 1;
  task.estimate_micros = old.row.estimate_micros;
  const auto added = store.AddGeneration(key, task, now);
  return added.ok() ? Status{} : Status{added.error()};
}

Status Retry(store::Store& store, const BatchCommand& command, WallTime now,
             CommandOutcome& outcome) {
  AIGC_ASSIGN_OR_RETURN(const auto marks, EndedTasks(store, command));
  for (const store::TaskMark& mark : marks) {
    if (Retries(command, mark)) {
      AIGC_RETURN_IF_ERROR(MakeAnew(store, mark.key, now));
      outcome.replaced.push_back(mark.key);
      ++outcome.queued;
    } else if (IsOverdue(mark)) {
      ++outcome.overdue;
    } else if (mark.state == TaskState::kLost) {
      ++outcome.lost;
    }
  }
  return {};
}

Status Cancel(store::Store& store, const BatchCommand& command, const store::TaskMark& mark,
              WallTime now) {
  if (mark.submissions > 0) {
    // Every send of it was refused, so nothing is left that could be accepted.
    AIGC_ASSIGN_OR_RETURN(store::ActiveTask task, store.Load(mark.key));
    if (task.submission && task.submission->outcome == store::SubmissionOutcome::kOpen) {
      task.submission->outcome = store::SubmissionOutcome::kRefused;
      task.submission->charge = store::ChargeStatus::kReleased;
      AIGC_RETURN_IF_ERROR(store.SetSubmission(*task.submission));
    }
  }
  store::TaskChange change;
  change.task = mark.key;
  change.from = mark.state;
  change.to = TaskState::kCancelled;
  change.why = command.why.empty() ? std::string(kCancelled) : command.why;
  change.at = now;
  change.error_code = change.error_message = std::string();
  return store.Apply(change);
}

Status CancelAll(store::Store& store, const BatchCommand& command, WallTime now,
                 CommandOutcome& outcome) {
  AIGC_ASSIGN_OR_RETURN(const store::StateCounts counts, store.Counts(SelectionOf(command)));
  for (const auto& [state, count] : counts) {
    if (IsFinal(state)) outcome.ended += count;
  }
  AIGC_ASSIGN_OR_RETURN(
      const auto marks,
      store.FindTasks(SelectionOf(command),
                      {TaskState::kPending, TaskState::kBlocked, TaskState::kWaitingRetry,
                       TaskState::kSubmitting, TaskState::kRunning, TaskState::kDownloading}));
  for (const store::TaskMark& mark : marks) {
    switch (mark.state) {
      case TaskState::kPending:
      case TaskState::kBlocked:
      case TaskState::kWaitingRetry:
        AIGC_RETURN_IF_ERROR(Cancel(store, command, mark, now));
        ++outcome.cancelled;
        break;
      case TaskState::kSubmitting:
      case TaskState::kRunning:
        AIGC_RETURN_IF_ERROR(store.WishCancelled(mark.key, now));
        AIGC_RETURN_IF_ERROR(store.Note(mark.key, now, "a person wants it cancelled"));
        outcome.wished.push_back(mark.key);
        ++(mark.state == TaskState::kRunning ? outcome.at_service : outcome.unknown);
        break;
      case TaskState::kDownloading:
        ++outcome.generated;
        break;
      case TaskState::kSucceeded:
      case TaskState::kFailed:
      case TaskState::kSkipped:
      case TaskState::kCancelled:
      case TaskState::kLost:
        break;
    }
  }
  return {};
}

std::string Tasks(std::int64_t count) {
  return count == 1 ? "1 task" : fmt::format("{} tasks", count);
}

Result<CommandOutcome> Recorded(store::Store& store, const BatchCommand& command, WallTime now,
                                CommandOutcome& outcome) {
  AIGC_RETURN_IF_ERROR(
      store.AddCommand({command.id, now, RenderCommand(command), RenderOutcome(outcome)}));
  return std::move(outcome);
}

}  // namespace

std::string RenderOutcome(const CommandOutcome& outcome) {
  std::string text;
  for (const auto& [name, count] : kCounts) {
    if (outcome.*count != 0) text += fmt::format("{} {}\n", name, outcome.*count);
  }
  return text;
}

CommandOutcome ParseOutcome(std::string_view text) {
  CommandOutcome outcome;
  for (const std::string_view line : Split(text, '\n')) {
    for (const auto& [name, count] : kCounts) {
      if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') {
        continue;
      }
      const std::string_view number = line.substr(name.size() + 1);
      std::from_chars(number.data(), number.data() + number.size(), outcome.*count);
    }
  }
  return outcome;
}

std::string OutcomeText(const BatchCommand& command, const CommandOutcome& outcome) {
  const Action action = command.action;
  if (action != Action::kRetry && action != Action::kCancel) return SteeringText(command, outcome);
  std::vector<std::string> parts;
  const auto say = [&](std::int64_t count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", Tasks(count), what));
  };
  if (action == Action::kRetry) {
    say(outcome.queued, "put back in the queue");
    say(outcome.unskipped, "no longer skipped: what they wait for is made anew");
    say(outcome.overdue,
        "overdue: looked at again by each run until 72 h are over, made anew "
        "only with --lost");
    say(outcome.lost, "lost: made anew only with --lost");
    if (parts.empty()) parts.emplace_back("nothing to put back in the queue");
  } else {
    say(outcome.cancelled, "cancelled");
    say(outcome.skipped, "skipped: they waited for a cancelled one");
    say(outcome.at_service,
        "with the service: cancelled there if still waiting, else paid for and "
        "followed to the end");
    say(outcome.unknown,
        "maybe with the service: looked for and never sent again, then cancelled "
        "if still waiting");
    say(outcome.generated, "generated and paid for already: the files are fetched");
    if (parts.empty()) parts.emplace_back("nothing left to cancel");
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "\n") + part;
  return text;
}

Result<RetryRisk> RiskOf(store::StoreReader& store, const BatchCommand& command) {
  RetryRisk risk;
  if (command.action != Action::kRetry || (!command.lost && !command.again)) return risk;
  AIGC_ASSIGN_OR_RETURN(const auto marks, EndedTasks(store, command));
  for (const store::TaskMark& mark : marks) {
    if (!Retries(command, mark)) continue;
    if (mark.state == TaskState::kLost || IsOverdue(mark)) ++risk.maybe_twice;
    if (mark.state == TaskState::kSucceeded) ++risk.again;
  }
  return risk;
}

Result<CommandOutcome> CarryOut(store::Store& store, const BatchCommand& command, WallTime now,
                                const store::OnMoved& moved) {
  AIGC_ASSIGN_OR_RETURN(const auto before, store.FindCommand(command.id));
  if (before) return ParseOutcome(before->outcome);
  CommandOutcome outcome;
  if (command.action == Action::kRetry) {
    AIGC_RETURN_IF_ERROR(Retry(store, command, now, outcome));
  } else if (command.action == Action::kCancel) {
    AIGC_RETURN_IF_ERROR(CancelAll(store, command, now, outcome));
  } else {
    AIGC_RETURN_IF_ERROR(Steer(store, command, now, outcome));
    return Recorded(store, command, now, outcome);
  }
  // What waits for a task that is made anew waits again; what waits for a cancelled one is skipped.
  AIGC_RETURN_IF_ERROR(
      store.SettleNeeds(now, [&](const store::TaskRow& row, TaskState from, std::string_view why) {
        if (row.state == TaskState::kSkipped) ++outcome.skipped;
        if (from == TaskState::kSkipped) ++outcome.unskipped;
        if (moved) moved(row, from, why);
      }));
  return Recorded(store, command, now, outcome);
}

}  // namespace aigc::pipeline
