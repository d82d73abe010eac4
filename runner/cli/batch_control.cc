#include "cli/batch_control.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/random.h"
#include "files/posix_inbox.h"
#include "store/sqlite_store.h"

namespace aigc::cli {
namespace {

constexpr Micros kPatience = Seconds{10};
// A file that is taken is noticed at once; a run that died is noticed by looking.
constexpr Millis kBetweenLooks{500};

Error NoBatch(const std::string& name, const std::string& folder) {
  return {ErrorCode::kNotFound, fmt::format("there is no batch {}", name), folder,
          "aigc-batch list shows what there is; --state and --sim say where to look"};
}

Result<pipeline::CommandOutcome> InOneTurn(store::Store& store,
                                           const pipeline::BatchCommand& command, WallTime now) {
  AIGC_RETURN_IF_ERROR(store.BeginTurn());
  auto outcome = pipeline::CarryOut(store, command, now);
  if (!outcome.ok()) {
    store.AbandonTurn();
    return outcome;
  }
  AIGC_RETURN_IF_ERROR(store.CommitTurn());
  return outcome;
}

// Everything that waits in the inbox, oldest first.
Status CarryOutWaiting(store::Store& store, files::Inbox& inbox, const Clock& clock) {
  AIGC_ASSIGN_OR_RETURN(const auto waiting, inbox.Waiting());
  for (const files::InboxFile& file : waiting) {
    const Result<pipeline::BatchCommand> command =
        file.problem ? Result<pipeline::BatchCommand>(*file.problem)
                     : pipeline::ParseCommand(file.text);
    if (!command.ok()) {
      AIGC_RETURN_IF_ERROR(inbox.SetAside(file.name));
      continue;
    }
    const auto outcome = InOneTurn(store, *command, clock.Now());
    if (!outcome.ok()) return outcome.error();
    AIGC_RETURN_IF_ERROR(inbox.Remove(file.name));
  }
  return {};
}

Result<bool> IsRunning(const std::string& folder, const std::string& name) {
  AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(folder));
  return std::any_of(batches.begin(), batches.end(), [&](const store::BatchFile& batch) {
    return batch.name == name && batch.running;
  });
}

}  // namespace

std::string InboxFolder(const std::string& state_folder, const std::string& batch) {
  return state_folder + "/" + batch + ".inbox";
}

std::string NewCommandId(WallTime now) {
  Random random(EntropySeed());
  return fmt::format("{:013}-{}-{:08x}", ToUnixMillis(now), ::getpid(),
                     random.Below(std::uint64_t{1} << 32));
}

Result<Target> OpenTarget(const std::string& state_folder, const std::string& batch) {
  Target target;
  target.folder = state_folder;
  target.name = batch;
  auto locked = store::OpenForRun(state_folder, batch, {.create = false});
  if (locked.ok()) {
    target.locked = *std::move(locked);
    return target;
  }
  if (locked.error().code == ErrorCode::kNotFound) return NoBatch(batch, state_folder);
  if (locked.error().code != ErrorCode::kStateLocked) return std::move(locked).error();
  AIGC_ASSIGN_OR_RETURN(target.reader,
                        store::OpenForReading(state_folder, batch, store::Reading::kFollow));
  return target;
}

Result<Delivery> DeliverHere(store::Store& store, const std::string& inbox_folder,
                             const pipeline::BatchCommand& command, const Clock& clock) {
  const auto inbox = files::MakePosixInbox(inbox_folder);
  AIGC_RETURN_IF_ERROR(CarryOutWaiting(store, *inbox, clock));
  Delivery delivery;
  AIGC_ASSIGN_OR_RETURN(delivery.outcome, InOneTurn(store, command, clock.Now()));
  return delivery;
}

Result<Delivery> Deliver(Target target, const pipeline::BatchCommand& command, const Clock& clock) {
  const std::string inbox_folder = InboxFolder(target.folder, target.name);
  if (target.locked) return DeliverHere(*target.locked, inbox_folder, command, clock);

  Delivery delivery;
  AIGC_ASSIGN_OR_RETURN(
      delivery.path, files::PutInInbox(inbox_folder, command.id, pipeline::RenderCommand(command)));
  AIGC_ASSIGN_OR_RETURN(files::FolderWatch watch, files::FolderWatch::Open(inbox_folder));
  const SteadyTime deadline = clock.Ticks() + kPatience;
  while (true) {
    AIGC_ASSIGN_OR_RETURN(const auto done, target.reader->FindCommand(command.id));
    if (done) {
      delivery.taken_up = TakenUp::kByRun;
      delivery.outcome = pipeline::ParseOutcome(done->outcome);
      return delivery;
    }
    AIGC_ASSIGN_OR_RETURN(const bool running, IsRunning(target.folder, target.name));
    if (!running) {
      auto locked = store::OpenForRun(target.folder, target.name, {.create = false});
      // Of its own file, now one of those that wait, nothing is left to do but to tell.
      if (locked.ok()) return DeliverHere(**locked, inbox_folder, command, clock);
      if (locked.error().code != ErrorCode::kStateLocked) return std::move(locked).error();
    }
    if (clock.Ticks() >= deadline) {
      delivery.taken_up = TakenUp::kWaiting;
      return delivery;
    }
    watch.Wait(kBetweenLooks);
  }
}

}  // namespace aigc::cli
