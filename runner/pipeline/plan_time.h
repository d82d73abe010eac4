// The least time in which a plan can be carried out, as far as the limits and what is known of the
// models tell. Pure function, any thread.
#pragma once

#include <string>
#include <vector>

#include "base/times.h"
#include "pipeline/limits.h"
#include "pipeline/plan.h"

namespace aigc::pipeline {

struct LeastTime {
  Millis time{};
  bool generations_known = false;  // generation times of all models are in it
  std::string basis;               // what it is computed from, and what is not known; one sentence
};

// From the rate of submissions alone; with a bound on tasks in flight and the generation times of
// earlier tasks of the batch also from those. Nothing to submit: zero and an empty basis.
LeastTime ComputeLeastTime(const Plan& plan, const Limits& limits,
                           const std::vector<store::GenerationTime>& known);

}  // namespace aigc::pipeline
