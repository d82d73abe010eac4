// What becomes of an accepted task: how long it takes, how it ends and what it makes. Pure.
#pragma once

#include <cstdint>

#include "simulator/ledger.h"
#include "simulator/request_reader.h"
#include "simulator/scenario.h"

namespace aigc::simulator {

// Fills the part of `task` that is decided at acceptance. `fault` may be null; `draw` is the task's
// own chance; `is_over_limit` says that it is one too many and must fail for it.
void Decide(const Scenario& scenario, const CreateRequest& request, const Fault* fault,
            bool is_over_limit, std::uint64_t draw, LedgerTask& task);

// "/files/<task id>/<output>-<link>/aigcVideoGenFile.mp4"
std::string FilePath(const LedgerTask& task, std::size_t output);
// What tells the output's bytes apart from all others.
std::string MediaLabel(const LedgerTask& task, std::size_t output);

}  // namespace aigc::simulator
