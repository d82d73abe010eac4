// The loop: takes the tasks of one batch from the store to files on disk. One thread owns it, the
// store and every decision; what it decides comes from Step() (step.h), what it sends goes through
// an Exchange, whose Wait is the only wait.
//
// Each turn: record what came back and what is due in one transaction, commit it, and only then
// start the requests that it recorded. So a crash at any instant finds, for every request that may
// have left, its intent.
//
// Memory holds only the tasks that are on their way; the rest waits in the store.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "api/exchange.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "files/inbox.h"
#include "files/output_folder.h"
#include "pipeline/limits.h"
#include "pipeline/observer.h"
#include "pipeline/output_name.h"
#include "store/account.h"
#include "store/store.h"

namespace aigc::pipeline {

enum class StopReason {
  kFinished,     // every selected task is final, or nothing more can be done for it in this run
  kInterrupted,  // RequestStop()
  kCredentials,  // refused, or not allowed to use the API
  kAccount,      // the account cannot go on
  kStopAfter,    // too many failures: limits.stop_after, limits.stop_when
  kBudget,       // the next task would pass the budget, and nothing runs that could give some back
  kPaused,       // by a person before this run, and nothing else is left to do
  kCanary,       // a canary did not succeed (limits.canary)
  kUnreachable,  // no answer for limits.give_up_after
  kUntrusted,    // a certificate that is not trusted
  kLocal,        // disk full, no permission
  kListed,       // the service knows this batch, and its state does not (Recovery::kCheck)
};

struct RunResult {
  StopReason reason = StopReason::kFinished;
  Error cause{};               // for all reasons but kFinished and kInterrupted
  store::StateCounts counts;   // of the selected tasks, at the end
  std::int64_t succeeded = 0;  // in this run
  std::int64_t failed = 0;     // in this run; lost ones included
  // Had succeeded, and could not be fetched again: they stay successes without their files.
  std::int64_t unfetched = 0;
  // Slot use: time for which the service generated, of the time that slots could have been used.
  Millis slots_busy{}, slots_possible{};
};

class Intake;

// What is asked of the service before the first request of a batch whose state was never sent
// anything: a state that was lost or forgotten must not make everything be paid for again.
enum class Recovery {
  kOff,
  kCheck,  // stop when the service lists tasks of a batch of this name
  kAdopt,  // whatever the state holds: take over what the service lists of its tasks as they are
           // now
};

struct LoopOptions {
  Limits limits;  // as the flags and the manifest say; what the state has of `set` goes above them
  std::set<std::string> fixed{};  // but not above these, which flags said (names as for `set`)
  std::optional<std::int64_t> budget_micros{};  // as flags and manifest say, for its "default"
  // Told of the limits in force, at the start and when `set` changes them.
  std::function<void(const Limits&)> on_limits{};
  store::Selection selection;
  bool download = true;
  // Only fetch what was generated and is not on disk, succeeded tasks of the selection included
  // whose files are gone or have another size. Submits and follows nothing.
  bool fetch_only = false;
  Recovery recovery = Recovery::kOff;
  std::int64_t sub_app_id = 0;
  std::string batch_uuid, batch_name;
  OutputTemplate output;
  // Settings that must always be said to the service although the manifest leaves them out
  // (reference 10 #21). Not part of the fingerprint. May be empty.
  std::function<void(TaskSpec&)> fill;
  // Opens a local file that is to be uploaded, by its absolute path.
  std::function<Result<std::unique_ptr<BodySource>>(const std::string& path)> open_input;
  // Commands from other processes, looked for once a second; null: none come. Must outlive the
  // loop.
  files::Inbox* inbox = nullptr;
  // Work from this process, for which the loop stays (intake.h); null: none. Must outlive the loop.
  Intake* intake = nullptr;
  // Shared with other runs on the account; null: this run is alone and learns for itself. Must
  // outlive the loop.
  store::Account* account = nullptr;
  WallTime server_mark{};  // from the state: the service's clock is never assumed to be before it
};

class Loop {
 public:
  // All references must outlive the loop.
  Loop(store::Store& store, api::Exchange& exchange, files::OutputFolder& files, const Clock& clock,
       Random& random, Observer& observer, LoopOptions options);
  ~Loop();

  // Runs to the end. An error here is one of the store (its code says which), or a defect
  // (kInternal); the state is as of the last committed turn.
  Result<RunResult> Run();

  // Submit nothing more, finish what is on the wire, return. Any thread; also before Run().
  void RequestStop();

  // The intake has something to give. Any thread, while the exchange lives.
  void Wake();

 private:
  class Turns;
  std::unique_ptr<Turns> turns_;
};

}  // namespace aigc::pipeline
