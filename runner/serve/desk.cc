#include "serve/desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/random.h"

namespace aigc::serve {
namespace {

// How long a call that is out of time waits to learn whether it was sent.
constexpr Micros kLastLook = Seconds{5};

constexpr char kOutOfTime[] = "the call that waited for it ran out of time";
constexpr char kNoRoom[] = "the budget has no room for it";

// Not sent yet, as far as its state tells.
bool InQueue(TaskState state) {
  return state == TaskState::kPending || state == TaskState::kWaitingRetry ||
         state == TaskState::kBlocked;
}

}  // namespace

Desk::Desk(const Clock& clock, std::size_t most_waiting)
    : clock_(clock), most_waiting_(most_waiting) {}

// Sorts by time, and two servers never make the same.
std::string Desk::NewId() {
  std::string time = FormatIso(clock_.Now());
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("call-{}-{}", time, NewUuid().substr(0, 8));
}

void Desk::Create(TaskSpec spec, std::string_view key, std::optional<std::int64_t> estimate_micros,
                  Micros patience, CreateDone done) {
  {
    const std::lock_guard lock(mutex_);
    spec.id = key.empty() ? NewId() : "key-" + Sha256Hex(key).substr(0, 32);
    const std::string fingerprint = Fingerprint(spec);
    CreateOutcome outcome;
    outcome.id = spec.id;
    if (closed_) {
      outcome.kind = CreateOutcome::Kind::kStopped;
      outcome.cause = *closed_;
      return done(outcome);
    }
    if (const auto at = entries_.find(spec.id); at != entries_.end()) {
      if (at->second.fingerprint == fingerprint) {
        at->second.done.push_back(std::move(done));
        return;
      }
      outcome.kind = CreateOutcome::Kind::kConflict;
      return done(outcome);
    }
    if (entries_.size() >= most_waiting_) return done(outcome);
    Entry entry;
    entry.fingerprint = fingerprint;
    entry.arrival = next_arrival_++;
    entry.keyed = !key.empty();
    entry.estimate = estimate_micros;
    entry.deadline = clock_.Ticks() + patience;
    entry.done.push_back(std::move(done));
    const std::string id = spec.id;
    entry.spec = std::move(spec);
    entries_.emplace(id, std::move(entry));
  }
  Wake();
}

void Desk::Ask(std::string task_id, Micros patience, AskDone done) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return done({std::nullopt, *closed_});
    if (questions_.size() >= most_waiting_) return done({});
    questions_[next_question_++] =
        Question{std::move(task_id), false, clock_.Ticks() + patience, std::move(done)};
  }
  Wake();
}

void Desk::Wake() {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    wake = wake_;
  }
  if (wake) wake();
}

std::size_t Desk::waiting() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void Desk::Tick() {
  bool asks = false;
  {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.Ticks();
    for (auto at = entries_.begin(); at != entries_.end();) {
      const auto entry = at++;
      if (entry->second.deadline > now) continue;
      if (!entry->second.in_store) {
        Answer(entry, {CreateOutcome::Kind::kUnsent, entry->first});
      } else if (!entry->second.give_up) {
        entry->second.give_up = asks = true;
        entry->second.deadline = now + kLastLook;
      } else {
        Answer(entry, {CreateOutcome::Kind::kUnknown, entry->first});
      }
    }
    for (auto at = questions_.begin(); at != questions_.end();) {
      const auto question = at++;
      if (question->second.deadline > now) continue;
      question->second.done({});
      questions_.erase(question);
    }
  }
  if (asks) Wake();
}

void Desk::Answer(Entries::iterator entry, CreateOutcome outcome) {
  outcome.id = entry->first;
  for (const CreateDone& done : entry->second.done) done(outcome);
  commands_.erase(entry->second.command);
  entries_.erase(entry);
}

void Desk::OnWork(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void Desk::Attach(store::Store& store) {
  const std::lock_guard lock(mutex_);
  store_ = &store;
  store::Selection all;
  all.left_out = all.history = true;
  if (const auto counts = store.Counts(all); counts.ok()) {
    for (const auto& [state, count] : *counts) next_position_ += count;
  }
}

bool Desk::HasWork() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    if (!entry.in_store) return true;
  }
  for (const auto& [number, question] : questions_) {
    if (!question.taken) return true;
  }
  return false;
}

void Desk::Close(Error cause) {
  {
    const std::lock_guard lock(mutex_);
    closed_ = std::move(cause);
    open_ = false;
  }
  Wake();
}

Status Desk::Fail(const Error& cause) {
  const std::lock_guard lock(mutex_);
  if (store_ != nullptr) AIGC_RETURN_IF_ERROR(store_->BeginTurn());
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    CreateOutcome outcome{CreateOutcome::Kind::kStopped, entry->first};
    outcome.cause = cause;
    if (entry->second.in_store) {
      const auto row = store_->FindTask(entry->first);
      if (row.ok() && Settle(entry, *row)) continue;
      if (row.ok() && InQueue(row->state)) {
        pipeline::BatchCommand command;
        command.id = "serve-" + NewUuid();
        command.given = std::chrono::floor<Seconds>(clock_.Now());
        command.tasks = {entry->first};
        command.why = "not sent, and whoever called was told so: " + cause.message;
        const auto carried = pipeline::CarryOut(*store_, command, clock_.Now());
        if (!carried.ok()) outcome.kind = CreateOutcome::Kind::kUnknown;
      } else {
        outcome.kind = CreateOutcome::Kind::kUnknown;
      }
    }
    Answer(entry, std::move(outcome));
  }
  for (auto& [number, question] : std::exchange(questions_, {}))
    question.done({std::nullopt, cause});
  homeless_.clear();
  return store_ == nullptr ? Status{} : store_->CommitTurn();
}

// True when the row says what came of the call, which is then answered.
bool Desk::Settle(Entries::iterator entry, const store::TaskRow& row) {
  if (InQueue(row.state) || row.state == TaskState::kSubmitting) return false;
  CreateOutcome outcome;
  outcome.request_id = row.request_id;
  const auto task = store_->Load(row.key);
  if (task.ok() && task->submission) outcome.task_id = task->submission->task_id;
  // What failed after the service took it has a task id, and its details say why.
  outcome.kind =
      outcome.task_id.empty() ? CreateOutcome::Kind::kRefused : CreateOutcome::Kind::kAccepted;
  outcome.code = row.error_code;
  outcome.message = row.error_message;
  Answer(entry, std::move(outcome));
  return true;
}

pipeline::Intake::Work Desk::Take(store::StoreReader& store) {
  const std::lock_guard lock(mutex_);
  Work work;
  const auto cancel = [&](const std::string& id, const char* why) {
    pipeline::BatchCommand command;
    command.why = why;
    command.id = "serve-" + NewUuid();
    command.given = std::chrono::floor<Seconds>(clock_.Now());
    command.tasks = {id};
    work.commands.push_back(command);
    return command.id;
  };
  std::vector<Entries::iterator> in_order;
  for (auto at = entries_.begin(); at != entries_.end(); ++at) in_order.push_back(at);
  std::sort(in_order.begin(), in_order.end(),
            [](auto a, auto b) { return a->second.arrival < b->second.arrival; });
  for (const Entries::iterator entry : in_order) {
    const std::string& id = entry->first;
    if (!entry->second.in_store) {
      if (entry->second.keyed) {
        if (const auto row = store.FindTask(id); row.ok()) {
          entry->second.in_store = true;
          if (row->fingerprint != entry->second.fingerprint) {
            Answer(entry, {CreateOutcome::Kind::kConflict, id});
          } else if (row->state == TaskState::kCancelled && row->submissions == 0) {
            // Taken out before it was sent: now it is wanted again.
            pipeline::BatchCommand again;
            again.action = pipeline::BatchCommand::Action::kRetry;
            again.id = "serve-" + NewUuid();
            again.given = std::chrono::floor<Seconds>(clock_.Now());
            again.tasks = {id};
            again.cancelled = true;
            work.commands.push_back(std::move(again));
          } else {
            Settle(entry, *row);
          }
          continue;
        }
      }
      store::NewTask task;
      task.spec = entry->second.spec;
      task.fingerprint = entry->second.fingerprint;
      task.position = next_position_++;
      task.estimate_micros = entry->second.estimate;
      work.tasks.push_back(std::move(task));
      entry->second.in_store = true;
    } else if (entry->second.give_up && entry->second.command.empty()) {
      const auto row = store.FindTask(id);
      if (row.ok() && Settle(entry, *row)) continue;
      if (!row.ok() || !InQueue(row->state)) {
        Answer(entry, {CreateOutcome::Kind::kUnknown, id});
        continue;
      }
      entry->second.command = cancel(id, entry->second.no_budget ? kNoRoom : kOutOfTime);
      commands_[entry->second.command] = id;
    }
  }
  for (const std::string& id : std::exchange(homeless_, {})) cancel(id, kNoRoom);
  for (auto& [number, question] : questions_) {
    if (std::exchange(question.taken, true)) continue;
    work.questions.push_back({number, question.task_id});
  }
  return work;
}

void Desk::CarriedOut(const std::string& command, const pipeline::CommandOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  const auto known = commands_.find(command);
  if (known == commands_.end()) return;
  const auto entry = entries_.find(known->second);
  if (entry == entries_.end()) return;
  const auto unsent =
      entry->second.no_budget ? CreateOutcome::Kind::kNoBudget : CreateOutcome::Kind::kUnsent;
  Answer(entry, {outcome.cancelled > 0 ? unsent : CreateOutcome::Kind::kUnknown, entry->first});
}

void Desk::Answered(std::uint64_t number, const api::Completion& completion) {
  const std::lock_guard lock(mutex_);
  const auto question = questions_.find(number);
  if (question == questions_.end()) return;
  question->second.done({completion, std::nullopt});
  questions_.erase(question);
}

void Desk::NoRoom(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) {
    homeless_.emplace_back(id);
  } else {
    entry->second.give_up = entry->second.no_budget = true;
  }
}

void Desk::OnTask(const pipeline::TaskEvent& event) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(event.id);
  if (entry == entries_.end() || store_ == nullptr) return;
  if (const auto row = store_->FindTask(event.id); row.ok()) Settle(entry, *row);
}

}  // namespace aigc::serve
