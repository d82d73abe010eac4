// A few tasks of each model first: what is wrong with a model's settings, or with the account's
// right to it, costs a few tasks and not the batch.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

// Later than any due time: a canary of an earlier run that waits for another try is one still.
constexpr Millis kAnyTime = std::chrono::hours{24 * 365};

std::string NameOf(const store::ModelCounts& model) { return model.model + "/" + model.version; }

}  // namespace

// A model of which enough tasks succeeded before needs none; what is on its way counts.
Status Loop::Turns::ChooseCanaries() {
  if (options_.limits.canary <= 0 || options_.fetch_only) return {};
  AIGC_ASSIGN_OR_RETURN(const auto models, store_.CountsByModel(options_.selection));
  store::Selection chosen;
  chosen.globs.emplace_back();  // matches no id: without any other glob nothing is begun
  for (const store::ModelCounts& model : models) {
    const auto succeeded = model.counts.find(TaskState::kSucceeded);
    std::int64_t wanted = options_.limits.canary;
    if (succeeded != model.counts.end()) wanted -= succeeded->second;
    for (const auto& [key, slot] : slots_) {
      const store::TaskRow& row = slot.flight.row;
      if (wanted <= 0) break;
      if (IsFinal(row.state) || row.model != model.model || row.version != model.version) continue;
      canaries_.insert(key);
      --wanted;
    }
    if (wanted <= 0) continue;
    std::vector<std::string> others;
    for (const store::ModelCounts& other : models) {
      if (NameOf(other) != NameOf(model)) others.push_back(NameOf(other));
    }
    AIGC_ASSIGN_OR_RETURN(const auto ready, store_.NextReady(clock_.Now() + kAnyTime,
                                                             static_cast<std::size_t>(wanted),
                                                             options_.selection, others));
    for (const store::ActiveTask& task : ready) {
      canaries_.insert(task.row.key);
      chosen.globs.push_back(task.row.id);
    }
  }
  if (canaries_.empty()) return {};
  queue_selection_ = std::move(chosen);
  Notice(Severity::kInfo,
         fmt::format("{} canaries first; the rest follows when they succeed", canaries_.size()));
  return {};
}

void Loop::Turns::NoticeCanary(const store::TaskRow& after) {
  if (!IsFinal(after.state) || canaries_.erase(after.key) == 0) return;
  if (after.state != TaskState::kSucceeded) {
    canaries_.insert(after.key);
    const std::string why = after.error_code.empty()
                                ? std::string(Name(after.state))
                                : fmt::format("{}: {}", after.error_code, after.error_message);
    Stop(StopReason::kCanary,
         Error{ErrorCode::kAccount,
               fmt::format("canary {} ({}/{}) did not succeed: {}", after.id, after.model,
                           after.version, why),
               "", "the rest was not begun; mend the cause and carry on with the same command"},
         /*abort=*/false);
    return;
  }
  if (!canaries_.empty()) return;
  queue_selection_ = options_.selection;
  queue_may_have_more_ = true;
  Notice(Severity::kInfo, "the canaries succeeded, going on with the rest");
}

}  // namespace aigc::pipeline
