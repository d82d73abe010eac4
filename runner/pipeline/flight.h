// A task that is on its way, as the loop holds it in memory, and what the loop does with it next.
// Everything that must survive the process is in the rows, which mirror the store; the counters are
// this run's own and start at zero after a restart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/poll_schedule.h"
#include "store/store.h"

namespace aigc::pipeline {

enum class Phase {
  kSending,  // a create request is on the wire
  kSearch,   // the outcome of a send is unknown: look for it in the list
  kResend,   // not found: send the same bytes again
  kLook,     // running: ask for its detail
  kFetch,    // finished: fetch the outputs that are not on disk
  kRefresh,  // a link died: ask for its detail to get a fresh one
  kAbort,    // a person wants it cancelled: ask the service to take it out of its queue
  kParked,   // nothing more to do in this run, not final (see Flight::row.state)
  kDone,     // final, or back in the queue: leaves the loop's memory
};

struct Flight {
  store::TaskRow row;
  store::SubmissionRow submission;  // the newest; its body is not held
  std::vector<store::ArtifactRow> artifacts;
  Phase phase = Phase::kDone;

  // Of its spec, filled in by the loop.
  std::string timing_class{};             // poll_schedule.h
  std::optional<Expectation> expected{};  // none: its class is not learnt
  bool off_peak = false;
  bool early_look = false;  // it is a probe of the window

  std::int64_t send = 0;   // the store's key of the send on the wire
  bool cancel = false;     // a person wants it cancelled (kept in the store)
  bool committed = false;  // cancel comes too late: the service works on it, it is paid for
  int aborts = 0;          // times the service agreed to take it out of its queue
  bool duplicate = false;  // the service knows this SessionId: the first send arrived
  std::string refused_code, refused_message;  // a permanent refusal of a repeat
  WallTime sent{};                            // the last send, by the service's clock
  WallTime last_unknown{};  // the last send that may have been accepted, by the service's clock
  int searches = 0;         // complete searches that found nothing since the last send
  int search_failures = 0;
  int looks = 0;
  Millis unfinished_age{0};  // since acceptance, at the newest look that found it not ended
  int look_failures = 0;
  int empty_looks = 0;  // finished without any output
  int fetch_failures = 0;
  int refreshes = 0;
  int length_mismatches = 0;
};

}  // namespace aigc::pipeline
