// One simulated batch from a seed: the real loop, the real store in a real folder on a disk that
// loses what was not synced, the simulator's core, a virtual clock. Processes live and die, the
// machine sleeps, clocks jump, state files are copied; in the end the service's ledger is held
// against what the state and the folder say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/loop.h"
#include "pipeline/simulation/case.h"
#include "pipeline/simulation/wire_log.h"
#include "simulator/service.h"
#include "store/memory_account.h"
#include "store/sqlite_store.h"
#include "support/crash_disk.h"
#include "support/memory_inbox.h"
#include "support/virtual_clock.h"

namespace aigc::testing {

// How much of everything the simulations of this process have been through.
struct Tally {
  std::uint64_t seeds = 0, lives = 0, tasks = 0, accepted = 0, succeeded = 0, failed = 0, lost = 0;
  std::uint64_t killed = 0, power_cuts = 0, unsynced_lost = 0, full_disks = 0, interrupts = 0;
  std::uint64_t jumps = 0, sleeps = 0, long_pauses = 0, stragglers = 0, scripted_faults = 0;
  std::uint64_t restored = 0, diverged = 0, edits = 0, duplicates = 0, locked_out = 0;
  std::uint64_t skipped = 0, cancelled = 0, waiting_tasks = 0, uploads = 0, commands = 0;
  std::uint64_t aborts = 0, budget_stops = 0, forgotten = 0, recovered = 0;

  std::vector<std::pair<std::string, std::uint64_t>> Lines() const;
};

// A copy of the state with its own output folder.
struct Site {
  std::filesystem::path folder;
  WireLog wire;  // since the state became what it is
  std::shared_ptr<MemoryInbox> inbox = std::make_shared<MemoryInbox>();
  std::shared_ptr<store::MemoryAccount> account = std::make_shared<store::MemoryAccount>();
};

class Simulation {
 public:
  Simulation(Case drawn, Tally& tally);
  ~Simulation();

  // Called with each event worth telling, for reading a failure.
  std::function<void(const std::string&)> on_story;

  // What went wrong, one line each; empty when every promise was kept.
  std::vector<std::string> Run();

  // What a check may look at.
  const Case& drawn() const { return case_; }
  const simulator::Ledger& ledger() const { return service_->ledger(); }
  const std::vector<Site>& sites() const { return sites_; }
  // True times at which tasks were given up as lost: "site/id/generation".
  const std::map<std::string, WallTime>& lost_at() const { return lost_at_; }
  bool given_up_overdue() const { return overdue_; }
  // Of each task of the manifest as it is now, by its id.
  std::map<std::string, std::string> Fingerprints() const;
  int retries() const { return retries_; }  // commands given, maybe carried out
  int edits() const { return edits_; }
  // When the state was forgotten, and when the service was first asked what it knows of it; by the
  // true time.
  std::optional<WallTime> forgotten_at() const { return forgotten_at_; }
  std::optional<WallTime> recovered_at() const { return recovered_at_; }
  bool Recoverable(const simulator::LedgerTask& task) const;
  // Of the life that a Death was for: how far it came, and what it left.
  struct Extent {
    std::uint64_t operations = 0, requests = 0, waits = 0, log_bytes = 0, part_bytes = 0;
  };
  const Extent& extent() const { return extent_; }
  void Break(std::string what) {
    if (on_story) Tell("BROKEN: " + what);
    broken_.push_back(std::move(what));
  }

 private:
  // What one process meets. 0: does not happen.
  struct Life {
    std::uint64_t dies_at_wait = 0, stops_at_wait = 0, jumps_at_wait = 0, sleeps_at_wait = 0;
    std::uint64_t rival_at_wait = 0, dies_at_request = 0, command_at_wait = 0;
    Millis jump{0}, sleep{0};
    bool calm = false;
    pipeline::Recovery recovery = pipeline::Recovery::kOff;
  };
  enum class End { kDied, kEnded, kFinished };

  void Tell(const std::string& text);
  void AddForeignTasks();
  void Count(const store::StateCounts& counts);
  void EditManifest();
  Status SetBudget(store::Store& store);
  void RaiseBudget();
  void GiveCommand(Site& site);
  void CommandWithoutRun(Site& site, store::Store& store);
  void ForgetState();
  std::set<std::string> MustBeAborted(store::Store& store);
  void WatchMoney(store::Store& store);
  void CopyState();
  void Pause();
  End Live(Site& site, bool calm, pipeline::Recovery recovery = pipeline::Recovery::kOff);
  void DrawTrouble(Life& life);
  End RunLoop(Site& site, store::Store& store, const Life& life);
  void MeetLife(const Life& life, std::uint64_t wait, pipeline::Loop& loop, Site& site);
  void DieAsTold();
  void AfterDeath(Site& site, bool died);
  void BreakFiles(Site& site, const Death& death);
  bool ComeToAnEnd(Site& site);
  void OnceMore(Site& site);
  Status Plan(store::Store& store);
  bool AllFinal(Site& site);
  Result<std::unique_ptr<store::Store>> Open(Site& site);
  // Once the state was lost, --recover is given to every run.
  pipeline::Recovery RecoveryNow() const {
    return forgotten_at_ ? pipeline::Recovery::kAdopt : pipeline::Recovery::kOff;
  }

  Case case_;
  Tally& tally_;
  Random random_;
  std::filesystem::path folder_;
  VirtualClock clock_;
  CrashDisk disk_;
  Stragglers stragglers_;
  std::unique_ptr<simulator::Service> service_;
  std::vector<Site> sites_;
  std::filesystem::path backup_;
  std::uint64_t lives_ = 0;
  std::map<std::string, WallTime> lost_at_;
  bool overdue_ = false;
  Extent extent_;
  Random people_;  // what people do, drawn apart from what befalls the processes
  int retries_ = 0, edits_ = 0, commands_ = 0;
  std::optional<std::int64_t> budget_;
  std::optional<pipeline::StopReason> last_reason_;
  std::set<std::string> aborts_asked_;  // task ids
  int forgot_ = 0;                      // times; part of the batch's uuid
  std::optional<WallTime> forgotten_at_, recovered_at_;
  std::vector<std::string> broken_;
};

inline constexpr std::int64_t kSubAppId = 1500000001;
inline constexpr const char* kBatch = "batch";
Credentials TestCredentials();
// What one generation of a task costs, in millionths.
std::int64_t PriceOf(std::string_view task_id);

}  // namespace aigc::testing
