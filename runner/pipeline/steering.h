// What people set of a batch while it is under way: `set` changes its limits, `pause` lets nothing
// more be submitted, `resume` ends that. It is kept in the state, so that later runs obey it, and
// taken up by a run that goes on (loop_steering.cc).
//
// Pure but for the store handed in; the thread that owns it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "pipeline/batch_command.h"
#include "pipeline/control.h"
#include "pipeline/limits.h"
#include "store/store.h"

namespace aigc::pipeline {

// The limits that may change in a run, by their names in a manifest. "per_model.NAME" stands for
// the max_in_flight of one model.
inline constexpr auto kSettable = std::to_array<std::string_view>(
    {"submit_rate", "poll_rate", "first_look", "look_every", "max_in_flight", "downloads",
     "attempts", "task_timeout", "give_up_after", "budget"});
inline constexpr std::string_view kPerModel = "per_model.";
inline constexpr std::string_view kBudgetSetting = "budget";  // kept by the store, not in Limits
// As a value: back to what the manifest and the run's flags say.
inline constexpr std::string_view kDefaultValue = "default";

// Puts a limit into force; kDefaultValue and the budget are only looked at. kInvalid for a name or
// value that is none of them.
Status UseSetting(std::string_view name, std::string_view value, Limits& limits);

// The budget by `set`; none when it was not set.
std::optional<std::int64_t> BudgetSet(const store::Steering& steering);
// REQUIRES: a turn is open.
Status UseBudget(store::Store& store, std::optional<std::int64_t> micros);

// Whether a pause holds for tasks of this model.
const store::PauseRow* PauseOf(const store::Steering& steering, std::string_view model,
                               std::string_view version);

// Carries out a set, pause or resume. REQUIRES: a turn is open.
Status Steer(store::Store& store, const BatchCommand& command, WallTime now,
             CommandOutcome& outcome);
// What came of it, for people.
std::string SteeringText(const BatchCommand& command, const CommandOutcome& outcome);

}  // namespace aigc::pipeline
