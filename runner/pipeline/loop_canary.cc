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

// A file that many tasks take goes up before any of them is tried: what waits for a file could be
// no canary.
bool Loop::Turns::CanariesWait() const {
  return canaries_due_ && (!uploads_.empty() || uploads_may_have_more_);
}

// Of each model the first that are ready. A model of which enough tasks succeeded before needs
// none; what is on its way counts. Asked again when these have succeeded: tasks of another model
// may have waited for them, and go next.
Status Loop::Turns::ChooseCanaries() {
  canaries_due_ = false;
  AIGC_ASSIGN_OR_RETURN(const auto models, store_.CountsByModel(options_.selection));
  store::Selection chosen;
  chosen.globs.emplace_back();  // matches no id: without any other glob nothing is begun
  std::string untried;
  for (const store::ModelCounts& model : models) {
    const auto count = [&](TaskState state) {
      const auto at = model.counts.find(state);
      return at == model.counts.end() ? std::int64_t{0} : at->second;
    };
    std::int64_t wanted = options_.limits.canary - count(TaskState::kSucceeded);
    const bool none = wanted == options_.limits.canary;
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
    if (none && ready.empty() && count(TaskState::kBlocked) > 0) {
      untried += (untried.empty() ? "" : ", ") + NameOf(model);
    }
  }
  if (!canaries_.empty()) {
    queue_selection_ = std::move(chosen);
    Notice(Severity::kInfo, fmt::format("{} {} first; the rest follows when {}", canaries_.size(),
                                        canaries_.size() == 1 ? "canary" : "canaries",
                                        canaries_.size() == 1 ? "it succeeds" : "they succeed"));
    had_canaries_ = true;
    return {};
  }
  if (had_canaries_) Notice(Severity::kInfo, "the canaries succeeded, going on with the rest");
  if (!untried.empty()) {
    Notice(Severity::kWarning,
           "no canary of " + untried + ": all its tasks wait for tasks that are not tried first");
  }
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
  queue_may_have_more_ = canaries_due_ = true;
}

}  // namespace aigc::pipeline
