// Carrying out what a person asks of a batch (batch_command.h): in the run that holds the lock, or,
// when none goes on, in the command itself. Nothing here needs the network: what only the service
// can do is kept as a wish, which a run carries out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/batch_command.h"
#include "store/store.h"

namespace aigc::pipeline {

// What a command came to, in numbers of tasks.
struct CommandOutcome {
  std::int64_t queued = 0;      // retry: put back in the queue
  std::int64_t cancelled = 0;   // cancel: taken out of the queue
  std::int64_t at_service = 0;  // cancel: accepted; a run asks the service to take them out
  std::int64_t unknown = 0;     // cancel: maybe accepted; looked for first, never sent again
  std::int64_t generated = 0;   // cancel: generated and paid for; their files are fetched
  std::int64_t overdue = 0;     // retry: may still finish, left to `lost`
  std::int64_t lost = 0;        // retry: left to `lost`
  std::int64_t ended = 0;       // cancel: had ended before
  std::int64_t skipped = 0;     // cancel: waited for a cancelled one
  std::int64_t unskipped = 0;   // retry: wait again, for one that is made anew
  std::int64_t changed = 0;     // set: limits; pause, resume: models, or the whole batch
  std::int64_t waiting = 0;     // pause, resume: tasks that are not submitted and may be
  std::int64_t followed = 0;    // pause: with the service, followed to their end
  bool operator==(const CommandOutcome&) const = default;

  // Of the tasks that are on their way, those whose wish is recorded.
  std::vector<std::int64_t> wished;  // row keys; not part of the text
  // Of the ended tasks, those that a new generation took the place of.
  std::vector<std::int64_t> replaced;  // row keys; not part of the text
};
std::string RenderOutcome(const CommandOutcome& outcome);  // as the state keeps it
CommandOutcome ParseOutcome(std::string_view text);        // what it does not know is left out
// A sentence for people: "3 tasks cancelled, 1 at the service …".
std::string OutcomeText(const BatchCommand& command, const CommandOutcome& outcome);

// How many tasks a retry would take that may be paid for twice (lost, overdue) and how many that
// were paid for already (succeeded), so that a person can be asked first.
struct RetryRisk {
  std::int64_t maybe_twice = 0;
  std::int64_t again = 0;
};
Result<RetryRisk> RiskOf(store::StoreReader& store, const BatchCommand& command);

// REQUIRES: a turn is open; the caller commits it. `moved` is told of every task that waits, or no
// longer waits, for another because of the command. A command that was carried out before changes
// nothing and gives its outcome again.
Result<CommandOutcome> CarryOut(store::Store& store, const BatchCommand& command, WallTime now,
                                const store::OnMoved& moved = {});

}  // namespace aigc::pipeline
