#include "pipeline/simulation/simulation.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "api/codec.h"
#include "api/request_body.h"
#include "pipeline/simulation/checks.h"
#include "task/session.h"

namespace aigc::testing {
namespace {

namespace fs = std::filesystem;

// A run that has not come to an end after so many undisturbed lives never will: a fault that stops
// the run strikes 30 times at most (case.cc).
constexpr int kCalmLives = 40;

fs::path NewFolder() {
  static std::atomic<int> count{0};
  const fs::path memory = "/dev/shm";  // files without a disk's latency, where there are such
  std::error_code failed;
  const fs::path base = fs::is_directory(memory, failed) ? memory : fs::temp_directory_path();
  return base / fmt::format("aigc-simulation-{}-{}", ::getpid(), count++);
}

}  // namespace

Credentials TestCredentials() { return {"test-id", Secret("test-key"), Secret()}; }

Simulation::Simulation(Case drawn, Tally& tally)
    : case_(std::move(drawn)),
      tally_(tally),
      random_(case_.seed ^ 0x5eed),
      folder_(NewFolder()),
      people_(case_.seed ^ 0x9e091e) {
  simulator::ServiceOptions options;
  options.credentials = TestCredentials();
  options.seed = case_.seed;
  options.scenario = case_.scenario;
  service_ = std::make_unique<simulator::Service>(std::move(options));
  fs::remove_all(folder_);
  Site site;
  site.folder = folder_ / "site-0";
  fs::create_directories(site.folder);
  sites_.push_back(std::move(site));
}

Simulation::~Simulation() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::vector<std::string> Simulation::Run() {
  AddForeignTasks();
  for (const TaskSpec& spec : case_.specs) {
    if (!spec.depends_on.empty() || !TasksRead(spec).empty()) ++tally_.waiting_tasks;
  }
  for (int life = 0; life < case_.lives; ++life) {
    if (life > 0) CopyState();
    if (life > 0 && case_.edits) EditManifest();
    Site& site = sites_[random_.Below(sites_.size())];
    Live(site, /*calm=*/false, RecoveryNow());
    Pause();
    if (life + 1 == case_.forgets_after_life) ForgetState();
  }
  if (case_.death) DieAsTold();
  bool ended = true;
  for (Site& site : sites_) ended = ComeToAnEnd(site) && ended;
  // What is still on its way to the service arrives now or never.
  if (!stragglers_.empty()) stragglers_.Deliver(*service_, stragglers_.last());
  if (ended) {
    for (Site& site : sites_) OnceMore(site);
    std::vector<std::unique_ptr<store::Store>> stores;
    std::vector<OpenSite> open;
    for (Site& site : sites_) {
      auto store = Open(site);
      if (!store.ok()) {
        Break("the state cannot be opened: " + Describe(store.error()));
        return broken_;
      }
      open.push_back({&site, store->get()});
      if (const auto counts = (*store)->Counts({}); counts.ok()) Count(*counts);
      stores.push_back(std::move(*store));
    }
    CheckEnd(*this, open);
  }
  ++tally_.seeds;
  tally_.lives += lives_;
  tally_.tasks += case_.specs.size();
  tally_.accepted += ledger().tasks().size() - static_cast<std::size_t>(case_.foreign_tasks);
  tally_.stragglers += stragglers_.delivered();
  tally_.uploads += ledger().files();
  tally_.aborts += aborts_asked_.size();
  for (const auto& [action, counts] : ledger().all_counts()) {
    tally_.scripted_faults += counts.faults;
    tally_.duplicates += counts.duplicates;
  }
  return broken_;
}

void Simulation::Count(const store::StateCounts& counts) {
  const auto of = [&counts](TaskState state) {
    const auto found = counts.find(state);
    return found == counts.end() ? 0 : static_cast<std::uint64_t>(found->second);
  };
  tally_.succeeded += of(TaskState::kSucceeded);
  tally_.failed += of(TaskState::kFailed);
  tally_.lost += of(TaskState::kLost);
  tally_.skipped += of(TaskState::kSkipped);
  tally_.cancelled += of(TaskState::kCancelled);
}

void Simulation::Tell(const std::string& text) {
  if (!on_story) return;
  on_story(fmt::format("{} {:>10.3f}s  {}", FormatIso(clock_.Undisturbed()),
                       std::chrono::duration<double>(clock_.Ticks().time_since_epoch()).count(),
                       text));
}

// One life that makes the plan, one that ends as the case says.
void Simulation::DieAsTold() {
  {
    auto store = Open(sites_[0]);
    const Status planned = store.ok() ? Plan(**store) : Status{store.error()};
    if (!planned.ok()) Break("the plan cannot be made: " + Describe(planned.error()));
  }
  Random unused(1);
  disk_.Settle(CrashDisk::Kept::kAll, unused);
  Live(sites_[0], /*calm=*/false);
}

// Others use the account too: another batch of the same name makes the very same tasks.
void Simulation::AddForeignTasks() {
  api::ApiSettings settings;
  settings.host = "127.0.0.1:443";
  settings.sub_app_id = kSubAppId;
  api::SigningKeyCache keys;
  const Credentials credentials = TestCredentials();
  const auto fingerprints = Fingerprints();
  for (int i = 0; i < case_.foreign_tasks; ++i) {
    TaskSpec spec = case_.specs[static_cast<std::size_t>(i) % case_.specs.size()];
    spec.inputs.clear();  // what it was made from is the other batch's matter
    const SubmissionKey key{fmt::format("other-{}", i), kBatch, spec.id, 1, 1,
                            fingerprints.at(spec.id)};
    const auto body =
        api::EncodeCreate(spec, {kSubAppId, MakeSessionId(key), MakeSessionContext(key)});
    for (int turn = 0; turn < 50 && ledger().FindSession(MakeSessionId(key)) == nullptr; ++turn) {
      clock_.Advance(Micros{Seconds{1}});
      service_->Handle(MakeApiRequest(api::CreateRequest{spec.kind, *body}, settings, credentials,
                                      clock_.Undisturbed() + case_.scenario.clock_offset, keys),
                       clock_.Undisturbed());
    }
  }
  // Those that a fault swallowed are not there.
  case_.foreign_tasks = static_cast<int>(ledger().tasks().size());
}

void Simulation::CopyState() {
  if (case_.copies == Copies::kNone) return;
  const auto copy = [](const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
  };
  if (case_.copies == Copies::kDiverged && sites_.size() == 1 && random_.Unit() < 0.7) {
    Site site;
    site.folder = folder_ / "site-1";
    copy(sites_[0].folder, site.folder);
    sites_.push_back(std::move(site));
    ++tally_.diverged;
  }
  if (case_.copies == Copies::kRestored) {
    if (backup_.empty()) {
      backup_ = folder_ / "backup";
      copy(sites_[0].folder / "state", backup_);
    } else {
      copy(backup_, sites_[0].folder / "state");
      sites_[0].wire = WireLog{};
      ++tally_.restored;
    }
  }
}

void Simulation::Pause() {
  const double draw = random_.Unit();
  Millis pause = Seconds{1 + random_.Below(20)};
  if (draw < 0.5) pause = Seconds{1 + random_.Below(3600)};
  if (case_.long_pauses && draw < 0.35) {
    pause = std::chrono::hours{1 + random_.Below(170)};
    ++tally_.long_pauses;
  }
  clock_.Advance(Micros{pause});
  stragglers_.Deliver(*service_, clock_.Undisturbed());
}

bool Simulation::AllFinal(Site& site) {
  auto store = Open(site);
  if (!store.ok()) return false;
  bool final = true;
  const Status visited = (*store)->ForEachReportRow({}, [&](const store::ReportRow& row) -> Status {
    final = final && IsFinal(row.row.state);
    return {};
  });
  return visited.ok() && final;
}

bool Simulation::ComeToAnEnd(Site& site) {
  for (int life = 0; life < kCalmLives; ++life) {
    const End end = Live(site, /*calm=*/true, RecoveryNow());
    if (budget_ && last_reason_ == pipeline::StopReason::kBudget) RaiseBudget();
    clock_.Advance(Micros{Seconds{30}});
    stragglers_.Deliver(*service_, clock_.Undisturbed());
    if (end == End::kFinished && AllFinal(site)) return true;
    if (!broken_.empty()) return false;
  }
  Break(fmt::format("not at its end after {} undisturbed runs", kCalmLives));
  return false;
}

// One more run finds everything done: nothing is made, nothing is fetched. Unless an overdue task
// has finished since: then its files are fetched, and what was skipped for it is made.
void Simulation::OnceMore(Site& site) {
  const auto accepted = ledger().tasks().size();
  const auto files = ledger().counts("file").seen;
  const auto creates =
      ledger().counts("CreateAigcVideoTask").seen + ledger().counts("CreateAigcImageTask").seen;
  if (Live(site, /*calm=*/true) != End::kFinished) Break("one more run does not end well");
  const bool waits = std::any_of(case_.specs.begin(), case_.specs.end(), [](const TaskSpec& spec) {
    return !spec.depends_on.empty() || !TasksRead(spec).empty();
  });
  const auto sent =
      ledger().counts("CreateAigcVideoTask").seen + ledger().counts("CreateAigcImageTask").seen;
  if ((ledger().tasks().size() != accepted || sent != creates) && !(overdue_ && waits)) {
    Break("one more run sent creates");
  }
  if (ledger().counts("file").seen != files && !overdue_) Break("one more run fetched files");
}

}  // namespace aigc::testing
