// What bounds a run by its cost: the budget, and what bounds it by its failures.
//
// The order of the queue is kept: the first task that does not fit ends submitting, so that cheap
// tasks do not overtake dear ones and what is made does not depend on chance. What runs is followed
// to its end; what it gives back (refused, or failed for free) is used again.
#include <fmt/format.h>

#include "base/money.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {

Result<bool> Loop::Turns::MayPay(const store::ActiveTask& task) {
  AIGC_ASSIGN_OR_RETURN(const store::Affordable affordable, store_.Affords(task.row.key));
  if (affordable == store::Affordable::kYes) return true;
  unaffordable_ = Unaffordable{task.row.id, task.row.estimate_micros};
  queue_may_have_more_ = false;  // until a task that runs has ended
  if (options_.intake != nullptr) {
    options_.intake->NoRoom(task.row.id);
    intake_again_ = true;
  }
  if (!told_of_budget_ && !slots_.empty()) {
    told_of_budget_ = true;
    Notice(Severity::kWarning,
           fmt::format("the budget has no room for {}; following {} to the end", task.row.id,
                       slots_.size() == 1 ? "the one that runs"
                                          : fmt::format("the {} that run", slots_.size())));
  }
  return false;
}

Status Loop::Turns::StopForBudget() {
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store_.Money());
  AIGC_ASSIGN_OR_RETURN(const store::StateCounts counts, store_.Counts(options_.selection));
  std::int64_t waiting = 0;
  for (const TaskState state :
       {TaskState::kPending, TaskState::kWaitingRetry, TaskState::kBlocked}) {
    if (const auto at = counts.find(state); at != counts.end()) waiting += at->second;
  }
  const auto text = [&](std::int64_t micros) { return MoneyText({micros, money.terms.currency}); };
  Error cause{ErrorCode::kBudget,
              fmt::format("the budget is reached: {} spent and {} reserved of {}; {} task{}",
                          text(money.spent_micros), text(money.reserved_micros),
                          text(money.terms.budget_micros.value_or(0)), waiting,
                          waiting == 1 ? " waits" : "s wait")};
  if (unaffordable_->micros) {
    cause.message += fmt::format(", the next one ({}) would cost {}", unaffordable_->id,
                                 text(*unaffordable_->micros));
    cause.hint = "raise limits.budget or --budget, then carry on with the same command";
  } else {
    cause.message += fmt::format(", the next one ({}) has no known price", unaffordable_->id);
    cause.hint = "give its price in a price list (--prices), or set allow_unpriced: true";
  }
  Stop(StopReason::kBudget, std::move(cause), /*abort=*/false);
  return {};
}

void Loop::Turns::StopAfterFailures() {
  if (reason_ != StopReason::kFinished) return;
  const auto& after = options_.limits.stop_after;
  const auto& when = options_.limits.stop_when;
  const std::int64_t ended = succeeded_ + failed_;
  const bool share =
      when && ended >= when->after &&
      static_cast<double>(failed_) >= when->failed_share * static_cast<double>(ended);
  if (!share && !(after && failed_ >= *after)) return;
  Stop(StopReason::kStopAfter,
       Error{ErrorCode::kAccount,
             share ? fmt::format("{} of {} tasks that ended in this run failed", failed_, ended)
                   : fmt::format("{} tasks failed", failed_),
             "",
             share ? "look at why with `report`; limits.stop_when says when to stop; carry on with "
                     "the same command"
                   : "look at why with `report`, then carry on with the same command"},
       /*abort=*/false);
}

}  // namespace aigc::pipeline
