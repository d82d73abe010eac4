// Work from the same process (intake.h), taken up once a turn.
#include "pipeline/intake.h"

#include <utility>

#include "pipeline/turns.h"

namespace aigc::pipeline {

Status Loop::Turns::TakeIntake() {
  intake_again_ = false;
  // What is not taken stays with whoever gave it, who knows how long it may wait.
  if (options_.intake == nullptr || !submitting_ || aborting_) return {};
  Intake::Work work = options_.intake->Take(store_);
  for (const store::NewTask& task : work.tasks) {
    const auto added = store_.AddTask(task, clock_.Now());
    if (!added.ok()) return added.error();
    window_.Know(task.spec.kind, task.spec.model, task.spec.version);
    queue_may_have_more_ = changed_ = true;
  }
  for (const BatchCommand& command : work.commands) {
    AIGC_ASSIGN_OR_RETURN(CommandOutcome outcome, CarryOutCommand(command));
    carried_out_.emplace_back(command.id, std::move(outcome));
  }
  for (Intake::Question& question : work.questions) questions_.push_back(std::move(question));
  return {};
}

void Loop::Turns::AskQuestions() {
  while (!questions_.empty() && QuerySlotFree()) {
    Intake::Question question = std::move(questions_.front());
    questions_.pop_front();
    StartQuery();
    Errand errand{Purpose::kAsk, 0, 0};
    errand.question = question.number;
    prepared_.push_back(
        {std::move(errand), api::DetailRequest{std::move(question.task_id), /*whole=*/true}});
  }
}

void Loop::Turns::TellIntake() {
  for (const auto& [command, outcome] : std::exchange(carried_out_, {})) {
    options_.intake->CarriedOut(command, outcome);
  }
}

}  // namespace aigc::pipeline
