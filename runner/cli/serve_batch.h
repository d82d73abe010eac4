// The batch `serve`: what came over /aigc/create. Its loop runs on a thread of its own while the
// server does, so that one thread decides here as everywhere (pipeline/loop.h).
//
// The state is made with the first call, or opened at the start where there is one already, so that
// what an earlier server left behind is followed to its end; calls of it that were not sent yet
// are taken out, since nobody waits for them any more.
//
// An account that cannot go on ends a run of the loop; those who wait are told, and the next call,
// or a minute, begins another.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/pricing.h"
#include "cli/run_batch.h"
#include "cli/simulation.h"
#include "pipeline/loop.h"
#include "serve/desk.h"

namespace aigc::cli {

inline constexpr char kServeBatch[] = "serve";

class ServeBatch {
 public:
  // kCredentials and kUsage when calls cannot be made at all: no credentials, no application, flags
  // that make no sense. `context` and `clock` outlive it.
  static Result<std::unique_ptr<ServeBatch>> Make(const Context& context, Settings& settings,
                                                  const Clock& clock);
  ~ServeBatch();  // as Stop()

  void Start();
  // Ends the loop as an interrupt ends a run; callers are told.
  void Stop();
  serve::Desk& desk() { return desk_; }
  std::optional<std::int64_t> PriceOf(const TaskSpec& spec) const;

 private:
  ServeBatch(const Context& context, const Clock& clock);
  void Work();
  Status Open();
  Status DropLeftCalls();
  Result<pipeline::RunResult> RunLoop();
  bool WaitForWork(bool at_most_a_minute);
  void Wake();

  const Context& context_;
  const Clock& clock_;
  serve::Desk desk_;
  std::string state_folder_;
  std::string endpoint_;
  std::unique_ptr<Settings> settings_;
  manifest::Settings manifest_;
  std::optional<Pricing> pricing_;
  store::MoneyTerms terms_;
  BatchRun run_;  // its store: once opened
  std::unique_ptr<Simulation> simulation_;

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  pipeline::Loop* loop_ = nullptr;  // guarded by mutex_
  bool awake_ = false;              // guarded by mutex_
  bool stopping_ = false;           // guarded by mutex_
};

}  // namespace aigc::cli
