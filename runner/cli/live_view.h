// How a run looks on a terminal while it goes on: a value that says what there is to show, and pure
// functions that make lines of it. Nothing here reads a state, a clock or a terminal. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/times.h"
#include "pipeline/eta.h"
#include "store/store.h"

namespace aigc::cli {

struct LiveFailure {
  std::string id, what, code, message;  // what: "failed", "lost" …
  WallTime at{};
};

struct LiveView {
  std::string batch;
  std::string note;  // what is special about it now: "stopping: nothing new is submitted"
  WallTime now{};
  std::optional<Millis> elapsed{};  // none when only the state is known
  store::StateCounts counts{};
  std::vector<store::ModelCounts> models{};
  bool submits = true;  // false: it only fetches, and slots and pace are none of its matters
  std::size_t slots_used = 0;
  std::optional<std::size_t> slots{};  // that may be used now; none: no limit, or not known
  bool slots_found_out = false;        // by the run itself ("auto")
  double submit_rate = 0;              // create requests a second that are let through now
  double submit_rate_limit = 0;        // and what the settings allow; 0: not known
  std::int64_t sent = 0, ended = 0;    // create requests and ended tasks of the last minute
  store::MoneyState money{};
  std::vector<store::GenerationTime> learnt{};  // usual times of generations
  std::vector<pipeline::WorkLeft> left{};
  pipeline::Eta eta{};
  std::int64_t expiring_results = 0;          // not on disk, and deleted by the service
  std::optional<Millis> result_expires_in{};  // the first of them
  std::optional<Millis> task_leaves_in{};     // the first task that the service will forget
  std::vector<LiveFailure> failures{};        // newest first
};

struct LiveStyle {
  std::size_t columns = 80, rows = 24;  // of the terminal
  bool color = false;
  bool ascii = false;  // the terminal may not have line characters
};

// At most rows - 1 lines of at most columns - 1 cells, escape sequences not counted: the last
// column makes some terminals wrap, and the cursor stands below. What matters less is left out
// first; a terminal too small for a block gets one line. Foreign text is harmless in it.
std::vector<std::string> RenderLive(const LiveView& view, const LiveStyle& style);

// The same in one plain line:
// "12/200 done, 1 failed, 8 of 10 generating, 177 waiting (1m5s), 12m to 15m left, CNY 3.96 spent".
std::string ProgressText(const LiveView& view);

}  // namespace aigc::cli
