// What people set of a batch while it runs: other limits, and that nothing more is submitted. Taken
// up with the command that says so, and at the start of every run.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/steering.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {

// What the state has of earlier runs. A flag of this run wins over it.
Status Loop::Turns::TakeUpSteering() {
  AIGC_ASSIGN_OR_RETURN(steering_, store_.ReadSteering());
  UseSteering();
  if (options_.fetch_only) return {};
  for (const store::SettingRow& setting : steering_.settings) {
    if (options_.fixed.contains(setting.name)) continue;
    Notice(Severity::kInfo, fmt::format("{} is {}, as `set` on {}", setting.name, setting.value,
                                        FormatIso(setting.at)));
  }
  for (const store::PauseRow& pause : steering_.pauses) {
    Notice(Severity::kWarning,
           fmt::format("{} is paused since {}: nothing of it is submitted until `resume`",
                       pause.model.empty() ? "the batch" : pause.model, FormatIso(pause.since)));
  }
  return {};
}

// After the command was carried out.
Status Loop::Turns::FollowSteering(const BatchCommand& command) {
  const bool other = command.action == BatchCommand::Action::kCancel ||
                     command.action == BatchCommand::Action::kRetry;
  if (other) return {};
  for (const auto& [name, value] : command.settings) {
    // What was said last counts, whoever said it.
    options_.fixed.erase(name);
    if (name == kBudgetSetting && value == kDefaultValue) {
      AIGC_RETURN_IF_ERROR(UseBudget(store_, options_.budget_micros));
    }
    if (name == kBudgetSetting) told_of_budget_ = false;
  }
  if (command.action == BatchCommand::Action::kPause) waits_for_resume_ = true;
  AIGC_ASSIGN_OR_RETURN(steering_, store_.ReadSteering());
  UseSteering();
  return {};
}

void Loop::Turns::UseSteering() {
  Limits limits = base_limits_;
  for (const store::SettingRow& setting : steering_.settings) {
    if (options_.fixed.contains(setting.name)) continue;
    // One of a newer version of this program is left out here, and obeyed there.
    const Status used = UseSetting(setting.name, setting.value, limits);
    if (!used.ok()) Notice(Severity::kWarning, "a limit by `set`: " + used.error().message);
  }
  options_.limits = limits;
  create_pacer_.SetRate(limits.submit_rate);
  query_pacer_.SetRate(limits.poll_rate);
  own_creates_.SetRate(limits.submit_rate);
  own_queries_.SetRate(limits.poll_rate);
  window_.SetLimits(limits);
  if (options_.on_limits) options_.on_limits(limits);
  paused_ = false;
  paused_models_.clear();
  for (const store::PauseRow& pause : steering_.pauses) {
    if (pause.model.empty()) {
      paused_ = true;
    } else {
      paused_models_.push_back(pause.model);
    }
  }
  // What was held back is looked at again, and held back again if need be.
  resends_due_.insert(resends_due_.end(), resends_held_.begin(), resends_held_.end());
  resends_held_.clear();
  queue_may_have_more_ = true;
  changed_ = true;
}

bool Loop::Turns::IsPaused(const store::TaskRow& row) const {
  return PauseOf(steering_, row.model, row.version) != nullptr;
}

std::vector<std::string> Loop::Turns::ClosedModels() const {
  std::vector<std::string> closed = window_.FullModels(clock_.Ticks());
  closed.insert(closed.end(), paused_models_.begin(), paused_models_.end());
  return closed;
}

// Whether only a pause keeps tasks of this run waiting. REQUIRES: nothing else is left to do.
Result<bool> Loop::Turns::OnlyPauseHolds() {
  if (!paused_ && paused_models_.empty()) return false;
  if (!resends_held_.empty()) return true;
  if (paused_) {
    AIGC_ASSIGN_OR_RETURN(const store::StateCounts counts, store_.Counts(options_.selection));
    return std::any_of(counts.begin(), counts.end(), [](const auto& count) {
      const bool waits = count.first == TaskState::kPending || count.first == TaskState::kBlocked ||
                         count.first == TaskState::kWaitingRetry ||
                         count.first == TaskState::kSubmitting;
      return waits && count.second > 0;
    });
  }
  AIGC_ASSIGN_OR_RETURN(const auto held, store_.NextReady(clock_.Now(), 1, queue_selection_,
                                                          window_.FullModels(clock_.Ticks())));
  return !held.empty();
}

// A run that was paused goes on when it is told to; one that finds the batch paused ends.
Status Loop::Turns::StopForPause() {
  std::string what;
  WallTime since = WallTime::max();
  for (const store::PauseRow& pause : steering_.pauses) {
    what += (what.empty() ? "" : ", ") + (pause.model.empty() ? "the batch" : pause.model);
    since = std::min(since, pause.since);
  }
  Stop(StopReason::kPaused,
       Error{ErrorCode::kAccount, fmt::format("{} is paused since {}", what, FormatIso(since)), "",
             "`aigc-batch resume` ends the pause and carries on"},
       /*abort=*/false);
  return {};
}

}  // namespace aigc::pipeline
