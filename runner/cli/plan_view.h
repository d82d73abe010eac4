// A plan as people and programs read it: text in the manner of a diff, or one JSON object.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/plan_recovery.h"
#include "pipeline/plan.h"
#include "pipeline/plan_time.h"

namespace aigc::cli {

struct PlanView {
  std::string batch;
  pipeline::Planner& planner;  // compared
  pipeline::LeastTime least;
  std::string cost{};            // of what is to be submitted, in words
  std::string budget_note{};     // why the budget will not see it to its end; empty: it will
  std::string currency{};        // of the planner's prices; empty: there are none
  bool prices_verified = false;  // they are the user's own
  const RecoveryView* recovery = nullptr;  // of --recover; outlives the view
  std::vector<std::string> warnings{};     // of the manifest, as one line each
};

using Sink = std::function<Status(std::string_view)>;

// Counts with the first few of each kind, and what is to be submitted; with `detailed` every task
// first, in the manifest's order. Streamed: memory does not grow with the tasks.
Status WritePlanText(const PlanView& view, bool detailed, const Sink& sink);

// One object: {"plan":1,"batch":…,"new":…,…,"models":[…],"cost":{…},"time":{…},"warnings":[…]}, and
// with `detailed` a member "tasks", an array with an object for every task.
Status WritePlanJson(const PlanView& view, bool detailed, const Sink& sink);

}  // namespace aigc::cli
