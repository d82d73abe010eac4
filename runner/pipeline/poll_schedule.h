// When to look at a running task.
//
// A class of tasks (kind, model, version, duration, resolution) that is not learnt yet, and a probe
// of the window, get one early look after `first_look`, which catches what fails at once; then the
// steps grow with the task's age: a tenth of it, between look_every and 30 s, after an hour up to 5
// min (reference 6.3). What is learnt is looked at when the earliest of its class are usually done
// (3 of 100: a tenth would keep too many slots waiting), and from there at short steps that grow
// once nearly all should be done.
//
// While the list of finished tasks tells what ended (finish_sweep.h), a task is looked at when it
// is listed, and once late by itself, since an aborted one is never listed. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "base/times.h"
#include "pipeline/limits.h"
#include "store/account.h"
#include "task/task_spec.h"

namespace aigc::pipeline {

// Of a class: after how long so many of its tasks are usually done.
struct Expectation {
  Millis first{}, half{}, most{};  // 3, 50 and 95 of 100
  bool operator==(const Expectation&) const = default;
};

// What says when to look at one task.
struct LookPlan {
  std::optional<Expectation> expected{};  // none: its class is not learnt
  bool early = false;                     // wanted: one look after first_look
  bool listed = false;                    // the list tells when it ended
};

std::string TimingClass(const TaskSpec& spec);
// Takes in how long one task took, from acceptance to its end.
void Learn(store::TimingRow& timing, Millis took);
// None until enough were seen.
std::optional<Expectation> Expect(const store::TimingRow& timing);

// From acceptance to the first look.
Millis FirstLook(const Limits& limits, const LookPlan& plan);
// From one look to the next; `age` since acceptance.
Millis NextLook(const Limits& limits, const LookPlan& plan, Millis age);

}  // namespace aigc::pipeline
