// Handing a command over to a batch: to the run that goes on, through the batch's inbox, or, when
// none does, by carrying it out here under the batch's lock.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "files/inbox.h"
#include "pipeline/control.h"
#include "store/store.h"

namespace aigc::cli {

// FOLDER/NAME.inbox
std::string InboxFolder(const std::string& state_folder, const std::string& batch);

// Unique, and sorting by when it was given.
std::string NewCommandId(WallTime now);

enum class TakenUp {
  kHere,     // carried out by this process
  kByRun,    // by the run that goes on
  kWaiting,  // lies in the inbox; the run has not looked yet
};

struct Delivery {
  TakenUp taken_up = TakenUp::kHere;
  pipeline::CommandOutcome outcome;  // but for kWaiting
  std::string path;                  // kWaiting: the command file
};

// A batch that is to be given a command: locked for it, or, when a run goes on, only read.
struct Target {
  std::string folder, name;  // of the state
  std::unique_ptr<store::Store> locked;
  std::unique_ptr<store::StoreReader> reader;  // when not locked
  store::StoreReader& store() { return locked ? *locked : *reader; }
};
// kNotFound with what to do, and errors of the state.
Result<Target> OpenTarget(const std::string& state_folder, const std::string& batch);

// With the lock held: what other commands left in the inbox, and then this one.
Result<Delivery> DeliverHere(store::Store& store, const std::string& inbox_folder,
                             const pipeline::BatchCommand& command, const Clock& clock);

// What other commands left in the inbox comes first. Waits up to ten seconds for a run to take it
// up; one that ends meanwhile leaves it to this process.
Result<Delivery> Deliver(Target target, const pipeline::BatchCommand& command, const Clock& clock);

}  // namespace aigc::cli
