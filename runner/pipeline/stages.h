// The parts of Step() by stage of a task's way. Private to this room.
#pragma once

#include "pipeline/step.h"

namespace aigc::pipeline {

// From this many empty searches since the last send on, a submission is searched for over all that
// the service still lists: no more sends are made then.
inline constexpr int kWideSearchAfter = 6;

// Whether the same bytes may go out again. Asked when it is decided, and again when they leave: a
// machine may sleep for days in between.
bool MayResend(const Flight& flight, WallTime server_now);

Transition AfterCreate(Flight flight, const api::Completion& completion,
                       const StepContext& context);
Transition AfterSearch(Flight flight, const api::TaskSummary* found, const StepContext& context);
Transition AfterSearchFailure(Flight flight, const api::Completion& completion,
                              const StepContext& context);
Transition AfterLook(Flight flight, const api::Completion& completion, const StepContext& context);
// Whether a finished task says that it was generated.
bool EndedWell(const api::TaskDetail& detail);
Transition AfterFetch(Flight flight, std::size_t artifact, const api::Completion& completion,
                      const StepContext& context);

Transition AfterCancelWish(Flight flight);
Transition AfterAbort(Flight flight, const api::Completion& completion, const StepContext& context);
// Ends the task as cancelled. The second: while no send of its open submission is unknown, so that
// nothing can have been accepted.
Transition Cancel(Flight flight, std::string why);
Transition CancelRefused(Flight flight, std::string why);
// A look at a task that a person wants cancelled found it not ended yet: whether to ask the service
// to take it out.
Transition CancelOrFollow(Flight flight, api::RemoteStatus status, Millis next_look,
                          const StepContext& context);

// A failed query (detail or list) that says nothing about the task: when to ask again, and whether
// the whole run must stop. `failures` counts such answers in a row.
Transition AskAgain(Flight flight, const api::Failure& failure, int failures,
                    const StepContext& context);

LookPlan PlanOf(const Flight& flight, const StepContext& context);
// How long a task may take until it is overdue.
Millis PatienceWith(const Flight& flight, const Limits& limits);

// The task was accepted under `task_id`, at `when` by the service's clock.
Transition Accepted(Flight flight, const std::string& task_id, WallTime when, std::string why,
                    const StepContext& context);
// Ends the task for good, or puts it back in the queue with a due time.
Transition Fail(Flight flight, std::string code, std::string message, std::string why);
Transition Lose(Flight flight, std::string why);
Transition Requeue(Flight flight, TaskState to, Millis delay, std::string why,
                   const StepContext& context);
// An overdue task that is too old for the service to tell about: nothing more comes of it. Its cost
// stays reserved, since it may have been generated.
Transition EndOverdue(Flight flight);
// TaskRow::error_code of a task that had succeeded and whose files are fetched again: whatever
// comes of that, it stays a success.
inline constexpr std::string_view kFileMissing = "file_missing";
// No link brings its result any more.
inline constexpr std::string_view kExpired = "expired";
// Ends it so: the task has failed, or stays a success without its file.
Transition EndWithoutFile(Flight flight, std::string message, std::string why);
// Where a finished task goes on: fetching what is not on disk, or succeeded.
Transition FetchNext(Flight flight, std::string why, const StepContext& context);

// An account refusal: out of quota or resources (carry on later with the same command), or not set
// up for what was asked (wrong application, VOD not active), which only changing the settings
// cures.
Effect AccountEffect(std::string_view code);

// True when nothing of the answer came from the service itself (network, proxy, gateway).
bool Unanswered(const api::Failure& failure);

}  // namespace aigc::pipeline
