// What all runs on one account share, whatever their batches: when requests left, who holds which
// slots, and what was learnt about the account's room and its models' times. Kept for a SecretId
// and an endpoint, beside the states of the batches.
//
// Use: between Begin() and Commit() the view is this run's alone, and what it changes there is seen
// by the other runs afterwards. It is held for moments only: the runs wait for each other.
//
// Times are those of the machine's boot (base/clock.h), which all its processes share: setting the
// wall clock changes nothing here. What an earlier boot knew of them is forgotten.
//
// A run's row counts while it lives: that is told by the lock on its batch, which dies with the
// process. What a dead run had in flight goes on at the service, so it counts for kGhostLife more.
//
// Nothing here is needed for not paying twice (the batch's own state is), so it is not synced to
// the disk at every change; a loss costs some learning.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/times.h"
#include "task/task_spec.h"

namespace aigc::store {

// Requests that left at about the same time (within a millisecond).
struct PaceStart {
  SteadyTime at{};
  int count = 0;
  bool operator==(const PaceStart&) const = default;
};

// The pace of one kind of request. pipeline/pacer.h has the rules.
struct PaceRow {
  SteadyTime next{};              // even spacing: none before this
  std::vector<PaceStart> starts;  // of the last second, in order
  std::string last_batch;         // whose request left last
  double slowed_rate = 0;         // requests a second after a refusal; 0: not slowed
  double refused_rate = 0;        // the rate that was refused
  SteadyTime slowed_at{};         // when
  SteadyTime hold_until{};        // nothing before this
  std::string reason;             // why it was slowed, for people; empty: never was
  WallTime reason_at{};
  bool operator==(const PaceRow&) const = default;
};

// What `max_in_flight: auto` knows of one scope: a kind of task, or a model of it.
// pipeline/window.h has the rules.
struct RoomRow {
  int proved = 0;         // so many generate at once without being refused
  int refused = 0;        // when there were so many, one more was refused
  int refusals = 0;       // in a row
  SteadyTime probe_at{};  // no try beyond `proved` before this
  std::string reason;     // of the last refusal, for people
  WallTime reason_at{};
  bool operator==(const RoomRow&) const = default;
};

// Slots that a run holds.
struct HeldRow {
  Kind kind = Kind::kVideo;
  std::string model, version;
  int tasks = 0;
  bool operator==(const HeldRow&) const = default;
};

struct RunRow {
  std::string batch;
  std::vector<HeldRow> held;  // by kind, model, version
  bool live = true;           // false: its process is gone, its tasks may still generate
  std::optional<int> max_in_flight;
  double submit_rate = 0, poll_rate = 0;          // as configured
  bool wants_video = false, wants_image = false;  // a task of it waits for a slot
  bool waits_pace = false;       // a task of it has a slot and waits for its turn to leave
  int priority = 0;              // of the first task that waits
  SteadyTime wanted_at{};        // when the wishes above were said last
  std::int64_t busy_ms = 0;      // slot-time in which the service generated, over all runs of it
  std::int64_t possible_ms = 0;  // slot-time that could have been used
  bool operator==(const RunRow&) const = default;
};

// How long tasks of one class took, as counts over steps of time that grow by 1 % each: step n
// holds what took up to 1.01^n ms (pipeline/poll_schedule.h).
struct TimingRow {
  std::map<int, double> counts;  // old ones weigh less
  bool operator==(const TimingRow&) const = default;
};

struct AccountView {
  PaceRow creates, queries;
  std::map<std::string, RoomRow> rooms;      // by scope: "video", "image", "video Kling/2.5"
  std::map<std::string, TimingRow> timings;  // by class
  RunRow own;
  std::vector<RunRow> others;  // read only
};

// One run's access. One thread: the loop's.
class Account {
 public:
  // Slots of a dead run count for so long after it was last heard of.
  static constexpr Millis kGhostLife = std::chrono::minutes{3};
  // A wish counts for so long; who still has it says so again in time.
  static constexpr Millis kWishLife = std::chrono::seconds{3};

  virtual ~Account() = default;
  // The view as of now; valid until Commit(). kIo, kDiskFull, kStateUnusable … when it cannot be
  // had; the caller then goes on by itself.
  virtual Result<AccountView*> Begin(SteadyTime now) = 0;
  virtual Status Commit() = 0;  // without Begin(): ok, nothing happens
};

// Of the account state of a batch that was run: for `status`. Reads only.
struct AccountGlance {
  PaceRow creates, queries;
  std::map<std::string, RoomRow> rooms;
  RunRow run;
  int other_runs = 0;  // that live now
};

}  // namespace aigc::store
