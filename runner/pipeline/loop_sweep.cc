// Finding what ended through the service's list of finished tasks, where it has shown that it
// tells.
#include <algorithm>

#include "pipeline/stages.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {

bool Loop::Turns::Sweeps() const {
  return finish_sweep_.trusted() && finish_sweep_.Worthwhile(running_);
}

void Loop::Turns::PumpSweep() {
  if (sweeps_ != Sweeps()) PlanLooksAnew();
  const auto due = finish_sweep_.Due(running_);
  if (!due || *due > clock_.Ticks() || !QuerySlotFree()) return;
  StartQuery();
  prepared_.push_back({{Purpose::kFinished, 0, 0},
                       finish_sweep_.Begin(FinishSweep::Every(running_, options_.limits.look_every),
                                           ServerNow(), clock_.Ticks())});
}

Status Loop::Turns::HandleFinishedPage(const api::Completion& completion) {
  const SteadyTime now = clock_.Ticks();
  const auto* page = std::get_if<api::TaskPage>(&completion.answer);
  if (page == nullptr) {
    finish_sweep_.Fail(now);
    const auto* failure = std::get_if<api::Failure>(&completion.answer);
    React(AskAgain(Flight{}, failure ? *failure : api::Failure{}, 0, Context()));
    return {};
  }
  silent_since_.reset();
  std::unordered_map<std::string_view, Key> running;
  for (const auto& [key, slot] : slots_) {
    if (slot.flight.row.state == TaskState::kRunning) {
      running.emplace(slot.flight.submission.task_id, key);
    }
  }
  const auto ended = finish_sweep_.Take(
      *page, [&](const std::string& task_id) { return running.contains(task_id); }, now);
  for (const std::string& task_id : ended) {
    Slot& slot = slots_.at(running.at(task_id));
    if (slot.found || slot.on_wire || slot.flight.phase != Phase::kLook) continue;
    slot.found = true;
    slot.timed = false;
    LookSoon(slot.flight);
  }
  return {};
}

// Looks were planned with the list in mind, or without it, and that has changed.
void Loop::Turns::PlanLooksAnew() {
  sweeps_ = Sweeps();
  for (auto& [key, slot] : slots_) {
    const Flight& flight = slot.flight;
    const bool looks = flight.row.state == TaskState::kRunning && flight.phase == Phase::kLook;
    if (!looks || !slot.timed || slot.on_wire) continue;
    const LookPlan plan{flight.expected, flight.early_look && flight.looks == 0, sweeps_};
    const Millis age = std::max(Millis{0}, ServerNow() - flight.submission.accepted_at);
    const bool early = flight.looks == 0 && (plan.early || !plan.expected);
    const Millis wait = early ? std::max(Millis{0}, options_.limits.first_look - age)
                              : NextLook(options_.limits, plan, age);
    // The list makes looks later, its loss makes them sooner.
    const SteadyTime wake = clock_.Ticks() + Micros{wait};
    if (sweeps_ ? wake > slot.wake : wake < slot.wake) Schedule(slot, wait);
  }
}

}  // namespace aigc::pipeline
