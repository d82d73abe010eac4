// DescribeTasks: which tasks a page holds, in which order, and where the next page begins.
#pragma once

#include <string>
#include <vector>

#include "simulator/api_error.h"
#include "simulator/ledger.h"
#include "simulator/request_reader.h"
#include "simulator/schedule.h"

namespace aigc::simulator {

struct Page {
  std::vector<const LedgerTask*> tasks;
  std::string scroll_token;  // empty on the last page, unless the scenario gives one there too
};

// Costs O(log n + page) for any one filter with its own sort field; a second filter is tested task
// by task. Sorted by FinishTime, tasks that have not ended are left out. Without Sort the newest
// come first.
Checked<Page> ListTasks(const ListRequest& request, const Scenario& scenario, std::uint64_t seed,
                        const Ledger& ledger, const Schedule& schedule, WallTime now);

}  // namespace aigc::simulator
