#include "pipeline/plan.h"

#include <fmt/format.h>

#include <utility>

namespace aigc::pipeline {
namespace {

// Rows written per turn while planning: large enough to hide the sync, small enough to stay in the
// cache.
constexpr std::int64_t kRowsPerTurn = 20'000;

bool WasSent(const store::TaskRow& row) { return row.submissions > 0; }

}  // namespace

Planner::Planner(store::StoreReader* reader, store::Store* writer, ReadInput read_input,
                 const Clock& clock)
    : reader_(reader), writer_(writer), clock_(clock) {
  if (writer != nullptr) files_.emplace(*writer, std::move(read_input), clock);
}

Status Planner::Begin() {
  if (writer_ == nullptr) return {};
  if (!listing_) {
    AIGC_RETURN_IF_ERROR(writer_->BeginTurn());
    AIGC_RETURN_IF_ERROR(writer_->BeginListing());
    listing_ = true;
  } else if (++in_turn_ >= kRowsPerTurn) {
    in_turn_ = 0;
    AIGC_RETURN_IF_ERROR(writer_->CommitTurn());
    AIGC_RETURN_IF_ERROR(writer_->BeginTurn());
  }
  return {};
}

Status Planner::Add(const TaskSpec& spec, const std::string& fingerprint) {
  AIGC_RETURN_IF_ERROR(Begin());
  ++position_;
  std::optional<store::TaskRow> existing;
  if (reader_ != nullptr) {
    auto found = reader_->FindTask(spec.id);
    if (found.ok()) {
      existing = std::move(found).value();
    } else if (found.error().code != ErrorCode::kNotFound) {
      return std::move(found).error();
    }
  }
  bool runs = true;
  if (!existing) {
    ++counts_.fresh;
  } else if (existing->fingerprint == fingerprint) {
    ++counts_.kept;
    runs = !IsFinal(existing->state);
  } else {
    ++counts_.changed;
    if (existing->state == TaskState::kSucceeded) ++counts_.remade;
  }
  if (runs) {
    ++counts_.to_run;
    if (spec.kind == Kind::kVideo) counts_.seconds += spec.duration.value_or(0);
    if (spec.kind == Kind::kImage) counts_.pictures += spec.count.value_or(1);
  }
  if (writer_ == nullptr) return {};
  return Write(spec, fingerprint, existing);
}

Status Planner::Write(const TaskSpec& spec, const std::string& fingerprint,
                      const std::optional<store::TaskRow>& existing) {
  store::NewTask task;
  task.spec = spec;
  task.fingerprint = fingerprint;
  task.position = position_;
  const WallTime now = clock_.Now();
  const bool kept = existing && existing->fingerprint == fingerprint;
  if (!kept || existing->state != TaskState::kSucceeded) {
    AIGC_ASSIGN_OR_RETURN(task.uploads, files_->Keep(spec));
  }
  if (kept) {
    AIGC_RETURN_IF_ERROR(writer_->SetPosition(existing->key, position_));
    return writer_->SetSpec(existing->key, spec);
  }
  if (!existing) {
    const auto added = writer_->AddTask(task, now);
    return added.ok() ? Status{} : Status{added.error()};
  }
  if (!WasSent(*existing)) {
    task.generation = existing->generation;
    return writer_->ReplaceTask(existing->key, task, now);
  }
  task.generation = existing->generation + 1;
  const auto added = writer_->AddGeneration(existing->key, task, now);
  return added.ok() ? Status{} : Status{added.error()};
}

Result<PlanCounts> Planner::Finish() {
  if (writer_ != nullptr) {
    AIGC_RETURN_IF_ERROR(Begin());
    AIGC_ASSIGN_OR_RETURN(counts_.left_out, writer_->FinishListing());
    AIGC_RETURN_IF_ERROR(writer_->CommitTurn());
  } else if (reader_ != nullptr) {
    // Every current task of the state that was not met is left out, now or since an earlier run.
    store::Selection all;
    all.left_out = true;
    AIGC_ASSIGN_OR_RETURN(const store::StateCounts counts, reader_->Counts(all));
    std::int64_t known = 0;
    for (const auto& [state, count] : counts) known += count;
    counts_.left_out = known - counts_.kept - counts_.changed;
  }
  return counts_;
}

Status CheckIdentity(const store::BatchRecord& batch, const BatchIdentity& identity) {
  const auto foreign = [&](std::string message, std::string hint) {
    return Error{ErrorCode::kStateForeign, std::move(message),
                 fmt::format("state of batch {}", batch.name), std::move(hint)};
  };
  if (batch.endpoint != identity.endpoint) {
    return foreign(fmt::format("it belongs to the endpoint {}, and this run uses {}",
                               batch.endpoint, identity.endpoint),
                   "use the same --endpoint, or another name or --state folder for a new batch");
  }
  if (batch.sub_app_id != identity.sub_app_id) {
    return foreign(
        fmt::format("it belongs to SubAppId {}, and this run uses {}", batch.sub_app_id,
                    identity.sub_app_id),
        "set sub_app_id or TENCENTCLOUD_VOD_SUB_APP_ID back, or give the batch another name");
  }
  if (batch.machine != identity.machine) {
    return foreign("it was made on another machine, where a run may still be going on",
                   "make sure that nothing runs there, then pass --take-over");
  }
  return {};
}

}  // namespace aigc::pipeline
