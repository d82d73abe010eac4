#include "simulator/schedule.h"

namespace aigc::simulator {
namespace {

std::size_t At(Kind kind) { return static_cast<std::size_t>(kind); }

}  // namespace

void Schedule::Advance(WallTime now) {
  while (!due_.empty() && due_.top().at <= now) {
    Due due = due_.top();
    due_.pop();
    LedgerTask& task = ledger_.Get(due.number);
    if (due.event == Event::kReady && task.phase == Phase::kWaiting) MakeReady(task, due.at);
    if (due.event == Event::kFinish && task.phase == Phase::kProcessing) Finish(task, due.at);
  }
}

LedgerTask& Schedule::Accept(LedgerTask accepted, WallTime now) {
  LedgerTask& task = ledger_.Add(std::move(accepted));
  task.accepted_at = now;
  by_create_.emplace(now, task.number);
  by_phase_[static_cast<std::size_t>(Phase::kWaiting)].emplace(now, task.number);
  if (!task.over_limit) ++open_[At(task.kind)];
  if (task.by_polls()) {
    if (task.waiting_polls == 0) MakeReady(task, now);
  } else if (task.waits > Millis(0)) {
    due_.push({now + task.waits, task.number, Event::kReady});
  } else {
    MakeReady(task, now);
  }
  return task;
}

bool Schedule::Abort(LedgerTask& task, WallTime now) {
  if (task.phase != Phase::kWaiting) return false;
  queue_[At(task.kind)].erase({-task.priority, task.number});
  if (!task.over_limit) --open_[At(task.kind)];
  task.aborted_at = now;
  task.finished_at = now;
  Move(task, Phase::kAborted);
  by_finish_.emplace(now, task.number);
  return true;
}

void Schedule::NotePoll(LedgerTask& task, WallTime now) {
  ++task.polls;
  if (!task.by_polls()) return;
  bool in_queue = queue_[At(task.kind)].count({-task.priority, task.number}) != 0;
  if (task.phase == Phase::kWaiting && !in_queue && task.polls >= task.waiting_polls) {
    MakeReady(task, now);
  } else if (task.phase == Phase::kProcessing &&
             task.polls >= task.waiting_polls + task.processing_polls) {
    Finish(task, now);
  }
}

bool Schedule::IsFull(Kind kind) const {
  std::optional<int> limit = Limit(kind);
  return limit && open_[At(kind)] >= *limit;
}

void Schedule::MakeReady(LedgerTask& task, WallTime at) {
  std::optional<int> limit = Limit(task.kind);
  if (limits_.excess == Excess::kQueue && limit && !task.over_limit &&
      running_[At(task.kind)] >= *limit) {
    queue_[At(task.kind)].emplace(-task.priority, task.number);
    return;
  }
  Begin(task, at);
}

void Schedule::Begin(LedgerTask& task, WallTime at) {
  task.began_at = at;
  Move(task, Phase::kProcessing);
  if (!task.over_limit) ledger_.NoteRunning(task.kind, ++running_[At(task.kind)]);
  if (task.by_polls()) {
    if (task.processing_polls == 0) Finish(task, at);
  } else if (task.takes) {
    due_.push({at + *task.takes, task.number, Event::kFinish});
  }
}

void Schedule::Finish(LedgerTask& task, WallTime at) {
  task.finished_at = at;
  Move(task, Phase::kFinished);
  by_finish_.emplace(at, task.number);
  if (task.over_limit) return;
  --open_[At(task.kind)];
  --running_[At(task.kind)];
  auto& queue = queue_[At(task.kind)];
  if (queue.empty()) return;
  LedgerTask& next = ledger_.Get(queue.begin()->second);
  queue.erase(queue.begin());
  Begin(next, at);
}

void Schedule::Move(LedgerTask& task, Phase to) {
  by_phase_[static_cast<std::size_t>(task.phase)].erase({task.accepted_at, task.number});
  task.phase = to;
  if (to != Phase::kAborted) {
    by_phase_[static_cast<std::size_t>(to)].emplace(task.accepted_at, task.number);
  }
}

}  // namespace aigc::simulator
