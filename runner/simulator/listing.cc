#include "simulator/listing.h"

#include <algorithm>
#include <limits>

#include "simulator/chance.h"

namespace aigc::simulator {
namespace {

using Key = Schedule::Key;
using Index = Schedule::Index;

bool IsInRange(const TimeRange& range, WallTime time) {
  return (!range.after || time >= *range.after) && (!range.before || time < *range.before);
}

class Filter {
 public:
  Filter(const ListRequest& request, const Scenario& scenario, std::uint64_t seed,
         const Ledger& ledger, WallTime now)
      : request_(request), scenario_(scenario), seed_(seed), ledger_(ledger), now_(now) {}

  // What filters, visibility and the scenario leave of the tasks.
  bool Shows(const LedgerTask& task) const {
    if (!scenario_.listing.aigc || !request_.file_id.empty()) return false;
    if (task.accepted_at <= now_ - scenario_.visibility) return false;
    if (task.accepted_at > now_ - scenario_.listing.lag) return false;
    if (request_.sub_app_id && *request_.sub_app_id != task.sub_app_id) return false;
    if (!request_.status.empty() && request_.status != Name(task.phase)) return false;
    if (!IsInRange(request_.created, task.accepted_at)) return false;
    if (request_.finished.after || request_.finished.before) {
      if (!task.finished_at || !IsInRange(request_.finished, *task.finished_at)) return false;
    }
    return Unit(Mix(seed_, kForListing, task.number)) >= scenario_.listing.omit_share;
  }

  // The part of the index worth walking, as [first, last) in ascending order.
  std::pair<Key, Key> Bounds() const {
    const TimeRange& range = request_.by_finish_time ? request_.finished : request_.created;
    Key first{WallTime::min(), 0};
    Key last{WallTime::max(), std::numeric_limits<std::uint64_t>::max()};
    if (range.after) first.first = *range.after;
    if (range.before) last = {*range.before, 0};
    if (!request_.by_finish_time) {
      first.first = std::max(first.first, now_ - scenario_.visibility);
    }
    return {first, last};
  }

  // Fills `page` from `begin` on; true when there is more behind it.
  template <typename Iterator>
  bool Collect(Iterator begin, Iterator end, std::vector<const LedgerTask*>& page) const {
    for (Iterator at = begin; at != end; ++at) {
      const LedgerTask& task = ledger_.tasks()[at->second - 1];
      if (!Shows(task)) continue;
      if (page.size() == request_.limit) return true;
      page.push_back(&task);
    }
    return false;
  }

 private:
  const ListRequest& request_;
  const Scenario& scenario_;
  std::uint64_t seed_;
  const Ledger& ledger_;
  WallTime now_;
};

const Index& ChooseIndex(const ListRequest& request, const Schedule& schedule) {
  if (request.by_finish_time) return schedule.by_finish();
  for (Phase phase : {Phase::kWaiting, Phase::kProcessing, Phase::kFinished}) {
    if (request.status == Name(phase)) return schedule.by_create(phase);
  }
  return schedule.by_create();
}

}  // namespace

Checked<Page> ListTasks(const ListRequest& request, const Scenario& scenario, std::uint64_t seed,
                        const Ledger& ledger, const Schedule& schedule, WallTime now) {
  Filter listing(request, scenario, seed, ledger, now);
  auto [first, last] = listing.Bounds();
  if (!request.scroll_token.empty()) {
    // The token is the id of the last task of the page before.
    const LedgerTask* task = ledger.Find(request.scroll_token);
    std::optional<WallTime> at;
    if (task) at = request.by_finish_time ? task->finished_at : task->accepted_at;
    if (!at) return ApiError{"InvalidParameterValue", "ScrollToken is invalid"};
    if (request.ascending) {
      first = std::max(first, Key{*at, task->number + 1});
    } else {
      last = std::min(last, Key{*at, task->number});
    }
  }
  Page page;
  bool has_more = false;
  if (first < last) {
    const Index& index = ChooseIndex(request, schedule);
    auto begin = index.lower_bound(first);
    auto end = index.lower_bound(last);
    has_more = request.ascending ? listing.Collect(begin, end, page.tasks)
                                 : listing.Collect(std::make_reverse_iterator(end),
                                                   std::make_reverse_iterator(begin), page.tasks);
  }
  if (!page.tasks.empty() && (has_more || scenario.listing.extra_token)) {
    page.scroll_token = page.tasks.back()->task_id;
  }
  return page;
}

}  // namespace aigc::simulator
