// Commands from other processes: taken up within a second, in order, each once. A command is
// carried out and its id recorded in one and the same turn; its file goes after the commit, so that
// a run that dies in between finds it done.
#include <fmt/format.h>

#include "pipeline/control.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

constexpr Micros kInboxEvery = Seconds{1};

}  // namespace

Status Loop::Turns::TakeCommands() {
  if (options_.inbox == nullptr || clock_.Ticks() < inbox_due_) return {};
  inbox_due_ = clock_.Ticks() + kInboxEvery;
  const auto waiting = options_.inbox->Waiting();
  if (!waiting.ok()) {
    if (inbox_unreadable_.insert("").second) {
      Notice(Severity::kWarning,
             "commands of other processes cannot be read: " + Describe(waiting.error()));
    }
    return {};
  }
  for (const files::InboxFile& file : *waiting) AIGC_RETURN_IF_ERROR(TakeCommand(file));
  return {};
}

Status Loop::Turns::TakeCommand(const files::InboxFile& file) {
  if (inbox_unreadable_.contains(file.name)) return {};
  const Result<BatchCommand> command =
      file.problem ? Result<BatchCommand>(*file.problem) : ParseCommand(file.text);
  if (!command.ok()) {
    inbox_unreadable_.insert(file.name);
    const Status aside = options_.inbox->SetAside(file.name);
    Notice(Severity::kWarning, fmt::format("a command file was not understood and {}: {}: {}",
                                           aside.ok() ? "put aside into bad/" : "left where it is",
                                           file.name, command.error().message));
    return {};
  }
  AIGC_ASSIGN_OR_RETURN(const CommandOutcome outcome, CarryOutCommand(*command));
  inbox_taken_.push_back(file.name);
  std::string text = OutcomeText(*command, outcome);
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) {
    text.replace(at, 1, "; ");
  }
  Notice(Severity::kInfo, fmt::format("{}: {}", Name(command->action), text));
  return {};
}

Result<CommandOutcome> Loop::Turns::CarryOutCommand(const BatchCommand& command) {
  AIGC_ASSIGN_OR_RETURN(CommandOutcome outcome, CarryOut(store_, command, clock_.Now(), Moved()));
  AIGC_RETURN_IF_ERROR(FollowSteering(command));
  // All tasks of a model may have ended before.
  if (outcome.queued > 0) AIGC_RETURN_IF_ERROR(KnowModels());
  for (const Key task : outcome.replaced) {
    // Overdue and made anew: what still comes of it is history.
    if (const auto place = slots_.find(task); place != slots_.end()) {
      place->second.flight.row.current = false;
    }
  }
  for (const Key task : outcome.wished) {
    const auto place = slots_.find(task);
    if (place == slots_.end()) continue;
    Slot& slot = place->second;
    slot.flight.cancel = true;
    const Phase phase = slot.flight.phase;
    if (slot.on_wire || (phase != Phase::kLook && phase != Phase::kResend)) continue;
    AIGC_RETURN_IF_ERROR(Take(slot, Step(slot.flight, CancelWanted{}, Context())));
  }
  queue_may_have_more_ = uploads_may_have_more_ = true;
  changed_ = true;
  return outcome;
}

void Loop::Turns::ClearInbox() {
  for (const std::string& name : inbox_taken_) {
    // One that cannot be removed is known as carried out, and found again at the next start.
    if (!options_.inbox->Remove(name).ok()) inbox_unreadable_.insert(name);
  }
  inbox_taken_.clear();
}

}  // namespace aigc::pipeline
