// Every decision about one task, as a pure function: (task, event, now) → transition. No clock, no
// store, no network, no chance of its own. The loop (loop.h) records what comes out of it and acts
// on it; the tests of this room replay it from tables.
//
// The rules are those of design "Never pay twice": outcomes belong to sends; what is unknown is
// searched for and repeated only under its own SessionId; a new submission exists only after the
// old one is refused or ended.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/exchange.h"
#include "pipeline/flight.h"
#include "pipeline/limits.h"

namespace aigc::pipeline {

// --- events ---
struct Resumed {};  // taken up from the store at the start of a run
struct CreateEnded {
  const api::Completion& completion;
};
struct SearchEnded {
  // The listed task with our SessionId and SessionContext; null when all pages were read without
  // it.
  const api::TaskSummary* found = nullptr;
};
struct SearchFailed {
  const api::Completion& completion;
};
struct LookEnded {
  const api::Completion& completion;
};
struct FetchEnded {
  std::size_t artifact = 0;  // index in Flight::artifacts
  const api::Completion& completion;
};
// A person wants the task cancelled, and no request of it is out (else Flight::cancel says it to
// whatever follows the answer).
struct CancelWanted {};
struct AbortEnded {
  const api::Completion& completion;
};
using Event = std::variant<Resumed, CreateEnded, SearchEnded, SearchFailed, LookEnded, FetchEnded,
                           CancelWanted, AbortEnded>;

// --- what follows for the whole run ---
enum class Effect {
  kNone,
  kSlowCreates,  // refused for rate
  kSlowQueries,
  kConcurrency,      // refused or failed for concurrency
  kStopCredentials,  // nothing will work with these settings
  kStopAccount,      // submit nothing more, follow what runs
  kStopUntrusted,    // the certificate is not trusted
  kStopLocal,        // the local disk is full or refuses
};

struct Transition {
  Flight next;
  Millis wait{0};           // before next.phase acts
  std::string why;          // for the journal and the log; empty when nothing is worth telling
  bool send_ended = false;  // the send on the wire has this outcome now:
  store::SendOutcome send_outcome = store::SendOutcome::kUnknown;
  std::string code, message;  // of the answer, when it was an error
  std::string request_id;
  std::string_view advice{};
  bool submission_changed = false;
  std::vector<std::size_t> artifacts_changed;  // indexes in next.artifacts
  Effect effect = Effect::kNone;
  // The task was seen processing, or finished without a concurrency code: the window had room for
  // it.
  bool proof = false;
  // The task was seen waiting in the service's queue: there was no room for it.
  bool queued = false;
  // The task ended now: how long it took since its acceptance, by the service's clock, and when.
  std::optional<Millis> took{};
  WallTime ended_at{};
  // Whether the service gave a readable answer of its own (for `give_up_after`).
  bool answered = true;
};

struct StepContext {
  WallTime now{};
  WallTime server_now{};  // `now` by the service's clock, as far as it is known
  const Limits& limits;
  bool download = true;       // --no-download: succeeded as soon as the result is known
  double chance = 0.5;        // in [0, 1), drawn by the loop
  std::size_t in_flight = 0;  // slots held, that of the task included
  bool listed = false;        // the list of finished tasks tells what ended
};

Transition Step(Flight flight, const Event& event, const StepContext& context);

}  // namespace aigc::pipeline
