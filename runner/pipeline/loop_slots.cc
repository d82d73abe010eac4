// Who holds a slot, what the service's answers prove about the account's room, and how well the
// slots are used.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/turns.h"

namespace aigc::pipeline {

// The models of the batch: which ones the window has to tell apart.
Status Loop::Turns::KnowModels() {
  AIGC_ASSIGN_OR_RETURN(const auto models, store_.CountsByModel({}));
  for (const store::ModelCounts& model : models) {
    const bool live = std::any_of(model.counts.begin(), model.counts.end(), [](const auto& entry) {
      return entry.second > 0 && !IsFinal(entry.first);
    });
    if (live) window_.Know(model.kind, model.model, model.version);
  }
  return {};
}

// What the loop needs of a task's spec while it follows it.
void Loop::Turns::NoteSpec(Flight& flight, const TaskSpec& spec) {
  flight.timing_class = TimingClass(spec);
  flight.off_peak = spec.off_peak.value_or(false);
  const auto timing = timings_.find(flight.timing_class);
  flight.expected = timing == timings_.end() ? std::nullopt : Expect(timing->second);
}

Status Loop::Turns::ReadSpec(Flight& flight) {
  AIGC_ASSIGN_OR_RETURN(const std::string json, store_.SpecOf(flight.row.key));
  AIGC_ASSIGN_OR_RETURN(const TaskSpec spec, ParseSpec(json));
  NoteSpec(flight, spec);
  return {};
}

void Loop::Turns::TakeSlot(Slot& slot) {
  const store::TaskRow& row = slot.flight.row;
  slot.tenant = {row.kind, row.model, row.version, row.priority};
  window_.Enter(slot.tenant);
  slot.flight.early_look = slot.tenant.probe;
}

void Loop::Turns::LeaveSlot(Slot& slot) { window_.Leave(slot.tenant); }

// Tasks of this kind, and of this model, that the service has in process: seen so, or accepted long
// enough ago within what was proved.
InProcess Loop::Turns::CountInProcess(const Tenant& like) const {
  InProcess count;
  const WallTime now = ServerNow();
  for (const auto& [key, slot] : slots_) {
    const Tenant& tenant = slot.tenant;
    if (!tenant.inside || tenant.kind != like.kind || tenant.waiting) continue;
    const bool settled = slot.flight.row.state == TaskState::kRunning && !tenant.probe &&
                         now - slot.flight.submission.accepted_at >= options_.limits.first_look;
    if (!tenant.proved && !settled) continue;
    ++count.of_kind;
    if (tenant.model == like.model && tenant.version == like.version) ++count.of_model;
  }
  return count;
}

// What a look or an end says about the account's room.
void Loop::Turns::Witness(Slot& slot, const Transition& step) {
  Tenant& tenant = slot.tenant;
  if (!tenant.inside) return;
  if (step.proof && !tenant.proved) {
    tenant.proved = true;
    window_.Prove(tenant, window_.Learns() ? CountInProcess(tenant) : InProcess{}, clock_.Ticks());
  }
  if (!step.queued || tenant.waiting || !window_.Learns()) return;
  // The service has it in its queue: there is no room for more.
  tenant.waiting = true;
  if (window_.Refuse(tenant, CountInProcess(tenant), clock_.Ticks(), clock_.Now(),
                     "a task waits in the service's queue")) {
    Notice(Severity::kInfo, fmt::format("{}: waits in the service's queue, {} slots for now",
                                        slot.flight.row.id, window_.limit(clock_.Ticks())));
  }
}

// Too many at once. `row`: the task before its slot was freed.
void Loop::Turns::MeetConcurrency(const store::TaskRow& row, const Transition& step) {
  const Tenant task{row.kind, row.model, row.version, row.priority};
  const SteadyTime now = clock_.Ticks();
  if (!window_.Refuse(task, CountInProcess(task), now, clock_.Now(), step.message)) return;
  const auto opening = window_.NextOpening(now);
  const std::string next =
      opening ? fmt::format(", the next try in {}",
                            FormatDuration(std::chrono::duration_cast<Seconds>(*opening - now)))
              : "";
  Notice(Severity::kInfo, fmt::format("the account runs no more tasks at once, {} in flight{}: {}",
                                      window_.in_flight(), next, step.message));
  LookAtUnproved(task);
}

// After a refusal it counts what is in process: those that were not looked at yet are.
void Loop::Turns::LookAtUnproved(const Tenant& like) {
  if (!window_.Learns()) return;
  for (auto& [key, slot] : slots_) {
    const Tenant& tenant = slot.tenant;
    if (!tenant.inside || tenant.kind != like.kind || tenant.proved || slot.on_wire) continue;
    if (slot.flight.phase != Phase::kLook || slot.flight.looks > 0 || !slot.timed) continue;
    const Millis age = ServerNow() - slot.flight.submission.accepted_at;
    const Millis wait = std::max(Millis{0}, options_.limits.first_look - age);
    if (clock_.Ticks() + Micros{wait} < slot.wake) Schedule(slot, wait);
  }
}

// Slots that are held count as used, and of those that are not, the ones for which there was a
// task. What it took to see that a task had ended is taken off again by NoteEnd().
void Loop::Turns::CountSlotUse() {
  const SteadyTime now = clock_.Ticks();
  if (use_at_ > SteadyTime{}) {
    const Micros passed = now - use_at_;
    busy_ += passed * static_cast<std::int64_t>(window_.in_flight());
    possible_ += passed * static_cast<std::int64_t>(std::max(use_possible_, window_.in_flight()));
  }
  use_at_ = now;
}

void Loop::Turns::NoteEnd(Slot& slot, const Transition& step) {
  const Flight& flight = slot.flight;
  if (step.ended_at == WallTime{} && step.effect != Effect::kConcurrency) return;
  const Millis age = std::max(Millis{0}, ServerNow() - flight.submission.accepted_at);
  if (step.effect == Effect::kConcurrency) {
    // It held a slot that did not exist.
    if (step.ended_at > WallTime{}) {
      busy_ -= Micros{age};
      possible_ -= Micros{age};
    }
    return;
  }
  // FinishTime has whole seconds: half of one is the best guess.
  const Millis late = ServerNow() - step.ended_at - Millis{500};
  busy_ -= Micros{std::clamp(late, Millis{0}, age - std::min(age, flight.unfinished_age))};
  if (finish_sweep_.Ended(flight.submission.task_id, step.ended_at, slot.found, clock_.Ticks())) {
    Notice(Severity::kInfo,
           "the service's list misses tasks that ended: looking at each by itself");
    PlanLooksAnew();
  }
  if (!step.took || flight.timing_class.empty()) return;
  learnt_.emplace_back(flight.timing_class, *step.took);
  Learn(timings_[flight.timing_class], *step.took);
}

}  // namespace aigc::pipeline
