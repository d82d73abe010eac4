// A whole batch run in virtual time: the real loop, the real store (SQLite in memory), the
// simulator's core and a seeded network. Runs may be crashed and taken up again; afterwards the
// service's ledger says what was paid for.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pipeline/loop.h"
#include "pipeline/plan.h"
#include "simulator/service.h"
#include "store/memory_account.h"
#include "store/sqlite_store.h"
#include "support/memory_folder.h"
#include "support/simulated_exchange.h"
#include "support/virtual_clock.h"

namespace aigc::testing {

class RecordingObserver final : public pipeline::Observer {
 public:
  void OnTask(const pipeline::TaskEvent& event) override;
  void OnProgress(const pipeline::Progress& progress) override;
  void OnNotice(WallTime at, pipeline::Severity severity, std::string_view text) override;

  std::function<void(const pipeline::TaskEvent&)> on_task;
  std::function<void(std::string_view)> on_notice;
  std::vector<std::string> lines;  // "id: from → to: why"
  std::vector<std::string> notices;
  std::size_t most_in_flight = 0;
};

struct WorldOptions {
  std::uint64_t seed = 1;
  simulator::Scenario scenario{};
  pipeline::Limits limits{};
  NetworkOptions network{};
  bool download = true;
  bool fetch_only = false;
  pipeline::Recovery recovery = pipeline::Recovery::kOff;
  store::Selection selection{};
  files::Inbox* inbox = nullptr;
  pipeline::Intake* intake = nullptr;
  std::set<std::string> fixed{};  // see pipeline::LoopOptions
  std::optional<std::int64_t> budget_micros{};
};

class World {
 public:
  explicit World(WorldOptions options);

  // A text-to-video task that the simulator finishes well.
  static TaskSpec Video(std::string id, std::string prompt = "A kite over the dunes");
  static std::vector<TaskSpec> Videos(int count);
  // The same with a first frame that is uploaded; the file is there.
  TaskSpec VideoFrom(std::string id, const std::string& path, const std::string& content);

  // Goes on with this store in place of the one in memory.
  void UseStore(std::unique_ptr<store::Store> other);
  Status Plan(const std::vector<TaskSpec>& specs);
  // One process' life: a new loop over the same store and service. With `crash_after` the process
  // dies in that Wait; the result is then empty.
  std::optional<Result<pipeline::RunResult>> Run(std::uint64_t crash_after = 0);

  VirtualClock clock;
  WorldOptions options;
  std::unique_ptr<simulator::Service> service;
  std::unique_ptr<store::Store> store;
  store::MemoryAccount account;  // outlives the processes, as the account state does
  MemoryFolder folder;
  std::map<std::string, std::string> local_files;  // by absolute path, for uploads
  RecordingObserver observer;
  // The network of the running process; tests may change it from an observer.
  std::unique_ptr<SimulatedExchange> exchange;
  // Called when the loop has been made, before it runs.
  std::function<void(pipeline::Loop&)> on_loop;
  std::uint64_t lives = 0;

  // Why the run broke a promise; empty when it kept them all: no submission accepted twice, every
  // accepted task known to the state, the pace and window kept, files equal to the ledger's.
  std::vector<std::string> BrokenPromises();
};

}  // namespace aigc::testing
