// Asking for a RemoteList outside a run.
#include <fmt/format.h>

#include <algorithm>

#include "api/error_class.h"
#include "pipeline/remote_list.h"
#include "pipeline/stages.h"

namespace aigc::pipeline {
namespace {

api::Completion Call(api::Exchange& exchange, const Clock& clock, const api::Request& request) {
  const api::Ticket ticket = exchange.Start(request);
  while (true) {
    for (api::Completion& completion : exchange.Wait(clock.Ticks() + Seconds{60})) {
      if (completion.ticket == ticket) return std::move(completion);
    }
  }
}

void Pause(api::Exchange& exchange, const Clock& clock, Micros time) {
  const SteadyTime end = clock.Ticks() + time;
  while (clock.Ticks() < end) (void)exchange.Wait(end);
}

Error Explain(ErrorCode code, const Transition& step) {
  return {code, step.message.empty() ? step.code : fmt::format("{}: {}", step.code, step.message),
          "", std::string(step.advice)};
}

// One question after the other at the pace of queries, each until it is answered.
Result<api::Completion> AskUntilAnswered(api::Exchange& exchange, const Clock& clock,
                                         Random& random, const Limits& limits,
                                         const api::Request& request) {
  const SteadyTime begun = clock.Ticks();
  for (int failures = 0;; ++failures) {
    api::Completion completion = Call(exchange, clock, request);
    const auto* failure = std::get_if<api::Failure>(&completion.answer);
    if (failure == nullptr) return completion;
    if (failure->kind == api::FailureKind::kApi &&
        api::ClassifyApiError(failure->code, failure->message, /*create=*/false).error_class ==
            api::ErrorClass::kUnknownTask) {
      return completion;
    }
    const Transition step =
        AskAgain(Flight{}, *failure, failures,
                 {clock.Now(), clock.Now(), limits, /*download=*/false, random.Unit()});
    switch (step.effect) {
      case Effect::kStopCredentials:
        return Explain(ErrorCode::kCredentials, step);
      case Effect::kStopUntrusted:
        return Explain(ErrorCode::kUntrusted, step);
      case Effect::kStopAccount:
        return Explain(ErrorCode::kAccount, step);
      case Effect::kStopLocal:
      case Effect::kNone:
      case Effect::kSlowCreates:
      case Effect::kSlowQueries:
      case Effect::kConcurrency:
        break;
    }
    if (clock.Ticks() - begun >= limits.give_up_after) {
      Error error = Explain(ErrorCode::kUnreachable, step);
      error.message = fmt::format("the service gave no answer for {}: {}",
                                  FormatDuration(limits.give_up_after), error.message);
      return error;
    }
    Pause(exchange, clock, step.wait);
  }
}

Micros Spacing(const Limits& limits) {
  return std::chrono::duration_cast<Micros>(std::chrono::duration<double>(1 / limits.poll_rate));
}

}  // namespace

Status Fetch(RemoteList& list, api::Exchange& exchange, const Clock& clock, Random& random,
             const Limits& limits) {
  while (true) {
    AIGC_ASSIGN_OR_RETURN(const api::Completion completion,
                          AskUntilAnswered(exchange, clock, random, limits, list.NextPage()));
    const auto* page = std::get_if<api::TaskPage>(&completion.answer);
    if (page == nullptr) return Error{ErrorCode::kInternal, "a list was answered with no page"};
    AIGC_ASSIGN_OR_RETURN(const bool last,
                          list.Take(*page, completion.server_time.value_or(clock.Now())));
    if (last) return {};
    Pause(exchange, clock, Spacing(limits));
  }
}

Status Ask(RemoteTask& task, api::Exchange& exchange, const Clock& clock, Random& random,
           const Limits& limits) {
  AIGC_ASSIGN_OR_RETURN(
      const api::Completion completion,
      AskUntilAnswered(exchange, clock, random, limits, api::DetailRequest{task.task_id}));
  if (const auto* detail = std::get_if<api::TaskDetail>(&completion.answer)) {
    NoteDetail(task, *detail);
  } else {
    task.gone = true;
  }
  Pause(exchange, clock, Spacing(limits));
  return {};
}

}  // namespace aigc::pipeline
