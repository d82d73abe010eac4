// What people do to a batch: its manifest, its budget, commands while it runs and while it does
// not, and a state that is lost.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/control.h"
#include "pipeline/plan.h"
#include "pipeline/simulation/simulation.h"
#include "task/session.h"

namespace aigc::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUnit = 1'000'000;

}  // namespace

std::int64_t PriceOf(std::string_view task_id) { return ((task_id.back() - '0') % 3 + 1) * kUnit; }

std::map<std::string, std::string> Simulation::Fingerprints() const {
  std::map<std::string, std::string> known;  // a task reads only from those before it
  for (const TaskSpec& spec : case_.specs) {
    std::vector<std::string> read;
    for (const std::string& id : TasksRead(spec)) read.push_back(known.at(id));
    known[spec.id] = Fingerprint(spec, read);
  }
  return known;
}

Status Simulation::Plan(store::Store& store) {
  if (const auto known = store.Batch(); !known.ok()) {
    store::BatchRecord batch;
    batch.uuid = fmt::format("simulation-{}-{}", case_.seed, forgot_);
    batch.name = kBatch;
    batch.endpoint = "https://127.0.0.1";
    batch.sub_app_id = kSubAppId;
    batch.created_at = clock_.Now();
    AIGC_RETURN_IF_ERROR(store.BeginTurn());
    AIGC_RETURN_IF_ERROR(store.PutBatch(batch));
    AIGC_RETURN_IF_ERROR(store.CommitTurn());
  }
  const auto fingerprints = Fingerprints();
  pipeline::Planner planner(
      &store,
      [&](const std::function<Status(const pipeline::ListedTask&)>& visit) -> Status {
        for (const TaskSpec& spec : case_.specs) {
          AIGC_RETURN_IF_ERROR(visit({spec, fingerprints.at(spec.id)}));
        }
        return {};
      },
      {});
  AIGC_RETURN_IF_ERROR(planner.Compare(/*for_writing=*/true));
  AIGC_RETURN_IF_ERROR(planner.Write(
      store, [](const Source&) -> Result<std::string> { return std::string("file content"); },
      clock_));
  return SetBudget(store);
}

void Simulation::EditManifest() {
  TaskSpec& spec = case_.specs[random_.Below(case_.specs.size())];
  spec.prompt += ", once more";
  ++tally_.edits;
  ++edits_;
}

// As a run does that was given a price list and a budget.
Status Simulation::SetBudget(store::Store& store) {
  if (!case_.budget_share) return {};
  if (!budget_) {
    std::int64_t all = 0, dearest = 0;
    for (const TaskSpec& spec : case_.specs) {
      all += PriceOf(spec.id);
      dearest = std::max(dearest, PriceOf(spec.id));
    }
    budget_ = std::max(dearest,
                       static_cast<std::int64_t>(*case_.budget_share * static_cast<double>(all)));
  }
  AIGC_RETURN_IF_ERROR(store.BeginTurn());
  AIGC_RETURN_IF_ERROR(store.SetMoneyTerms({"CNY", "list", true, budget_, false}));
  std::vector<std::pair<std::int64_t, std::string>> unfinished;
  AIGC_RETURN_IF_ERROR(
      store.ForEachUnfinished([&](const store::TaskRow& row, const std::string&) -> Status {
        unfinished.emplace_back(row.key, row.id);
        return {};
      }));
  for (const auto& [key, id] : unfinished) {
    AIGC_RETURN_IF_ERROR(store.SetEstimate(key, PriceOf(id)));
  }
  return store.CommitTurn();
}

void Simulation::RaiseBudget() {
  budget_ = *budget_ + *budget_ / 2 + kUnit;
  Tell(fmt::format("the budget is raised to {}", *budget_ / kUnit));
}

// After each turn that was committed.
void Simulation::WatchMoney(store::Store& store) {
  if (!budget_ || disk_.is_cut()) return;
  const auto money = store.Money();
  if (money.ok() && money->spent_micros + money->reserved_micros > *budget_) {
    Break(fmt::format("{} are spent and {} reserved of a budget of {}", money->spent_micros / kUnit,
                      money->reserved_micros / kUnit, *budget_ / kUnit));
  }
}

void Simulation::GiveCommand(Site& site) {
  pipeline::BatchCommand command;
  command.id = fmt::format("command-{:03}", ++commands_);
  command.given = std::chrono::floor<Seconds>(clock_.Now());
  const double whom = people_.Unit();
  if (whom < 0.6) {
    command.tasks = {case_.specs[people_.Below(case_.specs.size())].id};
  } else if (whom < 0.8) {
    command.tasks = {"t00*"};
  }
  if (people_.Unit() < 0.5) {
    command.action = pipeline::BatchCommand::Action::kCancel;
  } else {
    command.action = pipeline::BatchCommand::Action::kRetry;
    command.failed = true;
    command.lost = people_.Unit() < 0.4;
    command.again = people_.Unit() < 0.15;
    command.cancelled = people_.Unit() < 0.5;
    ++retries_;
  }
  site.inbox->keep = people_.Unit() < 0.3;  // its file outlives being carried out
  site.inbox->Put(command.id, pipeline::RenderCommand(command));
  ++tally_.commands;
  Tell(fmt::format("a person: {} {}", Name(command.action),
                   command.tasks.empty() ? "all" : command.tasks[0]));
}

// The command takes the lock and does the same.
void Simulation::CommandWithoutRun(Site& site, store::Store& store) {
  GiveCommand(site);
  const auto waiting = site.inbox->Waiting();
  if (!waiting.ok()) return;
  for (const files::InboxFile& file : *waiting) {
    const auto command = pipeline::ParseCommand(file.text);
    if (!command.ok()) {
      Break("a command cannot be read: " + Describe(command.error()));
      continue;
    }
    Status done = store.BeginTurn();
    if (done.ok()) {
      const auto outcome = pipeline::CarryOut(store, *command, clock_.Now());
      done = outcome.ok() ? store.CommitTurn() : Status{outcome.error()};
    }
    if (!done.ok()) {
      store.AbandonTurn();
      if (disk_.is_cut() || disk_.refused() > 0) return;
      Break("a command was not carried out: " + Describe(done.error()));
    }
  }
  if (!site.inbox->keep) {
    for (const files::InboxFile& file : *waiting) static_cast<void>(site.inbox->Remove(file.name));
  }
}

// Tasks that wait at the service for minutes yet, and that a person wants cancelled.
std::set<std::string> Simulation::MustBeAborted(store::Store& store) {
  std::set<std::string> ids;
  if (case_.command_share == 0) return ids;
  const auto active = store.LoadActive();
  if (!active.ok()) return ids;
  const WallTime now = clock_.Undisturbed() + case_.scenario.clock_offset;
  for (const store::ActiveTask& task : *active) {
    if (!task.cancel_wanted || task.row.state != TaskState::kRunning || !task.submission) continue;
    const simulator::LedgerTask* waits = ledger().Find(task.submission->task_id);
    if (waits != nullptr && waits->accepted_at + waits->waits > now + std::chrono::minutes{3}) {
      ids.insert(waits->task_id);
    }
  }
  return ids;
}

// Whether the service lists a task of ours, made before the state was lost.
bool Simulation::Recoverable(const simulator::LedgerTask& task) const {
  const auto& scenario = case_.scenario;
  const WallTime asked = *recovered_at_ + scenario.clock_offset;
  return task.accepted_at <= *forgotten_at_ + scenario.clock_offset &&
         task.accepted_at + scenario.listing.lag + Seconds{1} < asked &&
         asked - task.accepted_at < std::chrono::hours{71} && !task.aborted_at;
}

// The state is lost, and the batch begun anew: at first by somebody who does not know, then with
// --recover.
void Simulation::ForgetState() {
  Site& site = sites_[0];
  Tell("the state is lost");
  fs::remove_all(site.folder / "state");
  site.wire = WireLog{};
  ++forgot_;
  ++tally_.forgotten;
  forgotten_at_ = recovered_at_ = clock_.Undisturbed();
  const bool listed = std::any_of(ledger().tasks().begin(), ledger().tasks().end(),
                                  [this](const auto& task) { return Recoverable(task); });
  if (listed) recovered_at_.reset();  // else this run makes everything anew, rightly
  const auto accepted = ledger().tasks().size();
  Live(site, /*calm=*/true, pipeline::Recovery::kCheck);
  if (!listed) return;
  if (last_reason_ != pipeline::StopReason::kListed) {
    Break("the service lists this batch, and a run with an empty state was let go on");
  }
  if (ledger().tasks().size() != accepted) {
    Break("a run with an empty state made tasks that the service lists");
  }
}

}  // namespace aigc::testing
