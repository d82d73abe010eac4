#include "cli/live_source.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/live_tally.h"

namespace aigc::cli {
namespace {

constexpr Millis kLately = Seconds{60};
constexpr std::size_t kFailures = 5;
// They are read from a thousand rows, and change slowly.
constexpr Millis kLearntEvery = Seconds{5};
// Looking for results that expire walks over all outputs.
constexpr std::int64_t kMany = 20'000;
constexpr Millis kExpiryEvery = Seconds{15};
constexpr Millis kExpiryOfManyEvery = std::chrono::minutes{5};
// Further away than any result lives.
constexpr Millis kFar = std::chrono::hours{24 * 60};

std::vector<pipeline::WorkLeft> WorkOf(const std::vector<store::ModelCounts>& models,
                                       const store::Activity& activity, WallTime now) {
  std::map<std::pair<std::string, std::string>, pipeline::WorkLeft> left;
  for (const store::ModelCounts& model : models) {
    pipeline::WorkLeft& work = left[{model.model, model.version}];
    const LiveTally tally = TallyOf(model.counts);
    work.waiting += tally.waiting;
    work.blocked += tally.blocked;
    // What is on its way there has not begun.
    const auto submitting = model.counts.find(TaskState::kSubmitting);
    if (submitting != model.counts.end()) work.waiting += submitting->second;
  }
  for (const auto& running : activity.running) {
    // A task of another selection takes its time of the slots too.
    left[{running.model, running.version}].generating.push_back(
        running.started > WallTime{} ? std::max(now - running.started, Millis{0}) : Millis{0});
  }
  std::vector<pipeline::WorkLeft> list;
  list.reserve(left.size());
  for (auto& [name, work] : left) {
    work.model = name.first;
    work.version = name.second;
    list.push_back(std::move(work));
  }
  return list;
}

}  // namespace

LiveSource::LiveSource(store::StoreReader& store, store::Selection selection, LearntTimes learnt)
    : store_(store),
      selection_(std::move(selection)),
      learnt_(learnt ? std::move(learnt) : [&store] { return store.GenerationTimes(); }) {}

Status LiveSource::Read(WallTime now, LiveView& view) {
  AIGC_ASSIGN_OR_RETURN(view.models, store_.CountsByModel(selection_));
  view.counts.clear();
  for (const store::ModelCounts& model : view.models) {
    for (const auto& [state, count] : model.counts) view.counts[state] += count;
  }
  AIGC_ASSIGN_OR_RETURN(view.money, store_.Money());
  AIGC_ASSIGN_OR_RETURN(const store::Activity activity,
                        store_.RecentActivity(now - kLately, kFailures));
  view.now = now;
  view.sent = activity.sent;
  view.ended = activity.ended;
  view.left = WorkOf(view.models, activity, now);
  view.failures.clear();
  for (const auto& failure : activity.failures) {
    view.failures.push_back(
        {failure.id, std::string(Name(failure.state)), failure.code, failure.message, failure.at});
  }
  task_leaves_.reset();
  if (activity.oldest_accepted > WallTime{}) {
    task_leaves_ = activity.oldest_accepted + pipeline::kVisibility;
  }
  AIGC_RETURN_IF_ERROR(ReadRarely(now, view));
  const auto until = [now](const std::optional<WallTime>& at) {
    return at ? std::optional(std::max(*at - now, Millis{0})) : std::nullopt;
  };
  view.task_leaves_in = until(task_leaves_);
  view.result_expires_in = until(result_expires_);
  return {};
}

Status LiveSource::ReadRarely(WallTime now, LiveView& view) {
  // A clock that was set back must not put it off.
  const auto due = [now](const std::optional<WallTime>& last, Millis every) {
    return !last || now < *last || now - *last >= every;
  };
  // What nothing is known of yet is waited for.
  const bool unlearnt = std::any_of(view.left.begin(), view.left.end(), [&](const auto& work) {
    return std::none_of(view.learnt.begin(), view.learnt.end(), [&](const auto& time) {
      return time.model == work.model && time.version == work.version;
    });
  });
  if (unlearnt || due(learnt_at_, kLearntEvery)) {
    learnt_at_ = now;
    AIGC_ASSIGN_OR_RETURN(view.learnt, learnt_());
  }
  const bool many = TallyOf(view.counts).total > kMany;
  if (due(expiry_at_, many ? kExpiryOfManyEvery : kExpiryEvery)) {
    expiry_at_ = now;
    AIGC_ASSIGN_OR_RETURN(const auto expiring, store_.FindExpiring(now, now + kFar));
    view.expiring_results = expiring.results;
    result_expires_.reset();
    if (expiring.results > 0) result_expires_ = expiring.first;
  }
  return {};
}

void TakeProgress(const pipeline::Progress& progress, LiveView& view) {
  view.slots_used = progress.in_flight;
  view.slots.reset();
  if (progress.window > 0) view.slots = progress.window;
  view.submit_rate = progress.submit_rate;
  view.note = progress.stopping ? "submits nothing more; what is on its way is finished" : "";
  view.submits = progress.limits != nullptr;
  view.eta = {};
  if (progress.limits == nullptr) return;
  view.slots_found_out = !progress.limits->max_in_flight;
  view.submit_rate_limit = progress.limits->submit_rate;
  view.eta = pipeline::EstimateRest(view.left, view.learnt, view.slots, *progress.limits);
}

void AssumeLimits(const pipeline::Limits& limits, LiveView& view) {
  const auto running = [&](TaskState state) {
    const auto found = view.counts.find(state);
    return found == view.counts.end() ? 0 : static_cast<std::size_t>(found->second);
  };
  view.slots_used = running(TaskState::kSubmitting) + running(TaskState::kRunning);
  view.slots.reset();
  std::optional<std::size_t> bound = view.slots_used;  // what is found out cannot be read there
  if (limits.max_in_flight) {
    view.slots = bound = static_cast<std::size_t>(std::max(*limits.max_in_flight, 1));
  }
  view.submit_rate_limit = limits.submit_rate;
  view.eta = pipeline::EstimateRest(view.left, view.learnt, bound, limits);
}

}  // namespace aigc::cli
