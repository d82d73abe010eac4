// When to look at a running task. The first look comes after `first_look` (it catches what fails at
// once), then the steps grow with the task's age, so that a long task costs few queries and a short
// one is not noticed late: a tenth of the age, between look_every and 30 s, after an hour up to 5
// min (reference 6.3). Pure functions.
#pragma once

#include "base/times.h"
#include "pipeline/limits.h"

namespace aigc::pipeline {

// From acceptance to the first look.
Millis FirstLook(const Limits& limits);
// From one look to the next; `age` since acceptance.
Millis NextLook(const Limits& limits, Millis age);

}  // namespace aigc::pipeline
