// Planner: the plan written into the state.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "pipeline/plan.h"

namespace aigc::pipeline {
namespace {

// Bytes of local files written per turn.
constexpr std::size_t kInputBytesPerTurn = 64U << 20U;
// From so many rows on it is worth having more memory for them.
constexpr std::int64_t kMany = 20'000;

// Ends a walk early; never seen outside.
Error WalkEnds() { return {ErrorCode::kInterrupted, "the walk ends here"}; }

}  // namespace

Status Planner::Write(store::Store& store, const ReadInput& read_input, const Clock& clock,
                      const std::function<Status()>& also) {
  if (has_inputs_ && !inputs_kept_) AIGC_RETURN_IF_ERROR(KeepInputs(store, read_input, clock));
  AIGC_RETURN_IF_ERROR(store.BeginTurn());
  const bool many = !comparison_ || plan_.counts.differing + plan_.counts.left_out > kMany;
  Status written = many ? store.BeginMany() : Status{};
  if (written.ok() && also) written = also();
  if (written.ok()) written = WriteTurn(store, clock);
  if (written.ok() && many) written = store.EndMany();
  if (written.ok()) {
    written = store.CommitTurn();
  } else {
    store.AbandonTurn();
  }
  if (comparison_) comparison_->Rewind();  // reads nothing any more
  if (!written.ok() && !comparison_ && has_inputs_ && !inputs_kept_) {
    // The first local file was met: nothing was written yet.
    plan_ = {};
    AIGC_RETURN_IF_ERROR(KeepInputs(store, read_input, clock));
    return Write(store, read_input, clock, also);
  }
  return written;
}

Status Planner::WriteTurn(store::Store& store, const Clock& clock) {
  const WallTime now = clock.Now();
  PlanFiles files(store, now);
  std::int64_t position = 0;
  if (!comparison_) {
    return listing_([&](const ListedTask& listed) -> Status {
      const store::Compared compared;
      ++plan_.counts.fresh;
      ++plan_.counts.differing;
      const std::optional<std::int64_t> price = PriceOf(listed.spec);
      Count(plan_, listed.spec, compared, &price);
      if (has_inputs_ && !inputs_kept_) return WalkEnds();
      return WriteTask(store, files, listed, ++position, compared, price, now);
    });
  }
  std::vector<std::int64_t> left_out;
  AIGC_RETURN_IF_ERROR(comparison_->ForEachLeftOut([&](const store::LeftOut& left) -> Status {
    if (left.listed) left_out.push_back(left.key);
    return {};
  }));
  for (const std::int64_t key : left_out) AIGC_RETURN_IF_ERROR(store.LeaveOut(key));
  AIGC_RETURN_IF_ERROR(
      comparison_->ForEachRenamed([&](std::int64_t key) { return store.Vacate(key); }));

  std::int64_t to_write = plan_.counts.differing;
  if (to_write == 0) return {};
  comparison_->Rewind();
  const Status walked = listing_([&](const ListedTask& listed) -> Status {
    AIGC_ASSIGN_OR_RETURN(const store::Compared compared, comparison_->At(++position));
    if (!compared.differs()) return {};
    const auto price = IsMadeAnew(compared.match) ? PriceOf(listed.spec) : std::nullopt;
    AIGC_RETURN_IF_ERROR(WriteTask(store, files, listed, position, compared, price, now));
    return --to_write == 0 ? Status{WalkEnds()} : Status{};
  });
  return to_write == 0 ? Status{} : walked;
}

Status Planner::WriteTask(store::Store& store, PlanFiles& files, const ListedTask& listed,
                          std::int64_t position, const store::Compared& compared,
                          std::optional<std::int64_t> price, WallTime now) {
  store::NewTask& task = writing_;
  task.spec = listed.spec;
  task.fingerprint = listed.fingerprint;
  task.position = position;
  AIGC_ASSIGN_OR_RETURN(task.uploads, files.Keep(listed.spec));
  const auto status = [](const Result<std::int64_t>& key) {
    return key.ok() ? Status{} : Status{key.error()};
  };
  task.estimate_micros = price;
  switch (compared.match) {
    case store::Match::kNew:
      task.generation = comparison_ ? 0 : 1;  // see AddTask
      return status(store.AddTask(task, now));
    case store::Match::kChanged:
      if (!compared.sent) return store.ReplaceTask(compared.key, task, now);
      return status(store.AddGeneration(compared.key, task, now));
    case store::Match::kKept:
      if (compared.place_differs) {
        AIGC_RETURN_IF_ERROR(store.SetPosition(compared.key, position));
      }
      if (!compared.spec_differs) return {};
      return store.SetSpec(compared.key, listed.spec, listed.fingerprint);
    case store::Match::kBack:
      return store.RestoreGeneration(compared.key, compared.current_key, task, now);
    case store::Match::kRenamed:
      return store.Occupy(compared.key, compared.current_key, task, now);
  }
  return {};
}

// The bytes of the local files of everything that is made anew.
Status Planner::KeepInputs(store::Store& store, const ReadInput& read_input, const Clock& clock) {
  std::int64_t position = 0;
  std::size_t in_turn = 0;
  if (comparison_) comparison_->Rewind();
  AIGC_RETURN_IF_ERROR(store.BeginTurn());
  const auto keep = [&](const TaskSpec& spec, const Source& source) -> Status {
    AIGC_ASSIGN_OR_RETURN(const bool held, store.HoldsInput(source.content_sha256));
    if (held) return {};
    AIGC_ASSIGN_OR_RETURN(const std::string bytes, read_input(source));
    if (Sha256Hex(bytes) != source.content_sha256) {
      return Error{ErrorCode::kInvalid,
                   fmt::format("the file {} changed while the manifest was read", source.text),
                   "task " + spec.id, "run the command again"};
    }
    AIGC_RETURN_IF_ERROR(store.PutInput(source.content_sha256, bytes, clock.Now()));
    in_turn += bytes.size();
    if (in_turn < kInputBytesPerTurn) return {};
    in_turn = 0;
    AIGC_RETURN_IF_ERROR(store.CommitTurn());
    return store.BeginTurn();
  };
  const Status kept = listing_([&](const ListedTask& listed) -> Status {
    store::Compared compared;
    if (comparison_) {
      AIGC_ASSIGN_OR_RETURN(compared, comparison_->At(++position));
    }
    if (!IsMadeAnew(compared.match)) return {};
    for (const Input& input : listed.spec.inputs) {
      const Source& source = input.source;
      if (source.type != SourceType::kLocalFile || !source.upload_path.empty()) continue;
      AIGC_RETURN_IF_ERROR(keep(listed.spec, source));
    }
    return {};
  });
  if (comparison_) comparison_->Rewind();
  if (!kept.ok()) {
    store.AbandonTurn();
    return kept;
  }
  inputs_kept_ = true;
  return store.CommitTurn();
}

}  // namespace aigc::pipeline
