// How a batch stands: counts by state and by model, and its failures grouped by code. Shown at the
// end of a run and by `status`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace aigc::report {

struct Summary {
  std::string batch;
  std::string output_dir;
  std::int64_t total = 0;
  store::StateCounts counts;  // states that occur
  std::vector<store::ModelCounts> models;
  std::vector<store::FailureGroup> failures;  // most frequent first
  store::Steering steering;                   // what people set of the batch
  store::MoneyState money;                    // of the whole batch, whatever is selected
};

// Looks at the failed and lost rows only; all else is counted already.
Result<Summary> Summarise(store::StoreReader& store, const store::Selection& selection);

// The project's advice for an error code, empty without one (the texts live with the API's error
// classes, which this room does not know).
using Advice = std::function<std::string(std::string_view code)>;

// Plain text for a terminal, columns aligned also for wide characters, ending in a line end.
std::string RenderSummary(const Summary& summary, const Advice& advice);
// One JSON object on one line, without line end.
std::string SummaryJson(const Summary& summary, const Advice& advice);

}  // namespace aigc::report
