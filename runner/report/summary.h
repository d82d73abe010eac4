// How a batch stands: counts by state and by model, and its failures grouped by code. Shown at the
// end of a run and by `status`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/account.h"
#include "store/store.h"

namespace aigc::report {

// A run of the batch that goes on in another process.
struct RunningNow {
  int pid = 0;
  std::int64_t in_flight = 0;            // tasks that hold a slot
  std::optional<std::int64_t> window{};  // how many may, as its settings say; none: found out
  std::int64_t sent = 0, ended = 0;      // create requests and ended tasks of the last minute
  std::string left;                      // "12m to 15m"; empty: not known
  std::optional<std::pair<Millis, Millis>> least_and_most{};
};

struct Summary {
  std::string batch;
  std::string output_dir;
  std::int64_t total = 0;
  store::StateCounts counts;  // states that occur
  std::vector<store::ModelCounts> models;
  std::vector<store::FailureGroup> failures;  // most frequent first
  store::Steering steering;                   // what people set of the batch
  store::MoneyState money;                    // of the whole batch, whatever is selected
  std::vector<store::GenerationTime> times;   // of models of which some task succeeded
  std::optional<RunningNow> running{};        // none: no run goes on
  std::optional<Millis> took{};               // the run that has just ended; none: there was none
  // How its runs used the account, and what the account is known to allow at `account_at`; filled
  // in by the caller, who knows where that is kept.
  std::optional<store::AccountGlance> account{};
  SteadyTime account_at{};
};

// The project's advice for an error code, empty without one (the texts live with the API's error
// classes, which this room does not know).
using Advice = std::function<std::string(std::string_view code, std::string_view message)>;

// Looks at the failed and lost rows only; all else is counted already. With `advice`,
// tasks of one code that need different advice are told apart.
Result<Summary> Summarise(store::StoreReader& store, const store::Selection& selection,
                          const Advice& advice = {});

// Plain text for a terminal, columns aligned also for wide characters, ending in a line end.
std::string RenderSummary(const Summary& summary, const Advice& advice);
// One JSON object on one line, without line end.
std::string SummaryJson(const Summary& summary, const Advice& advice);

}  // namespace aigc::report
