// A manifest's tasks held against those of the state: which are new, changed, kept, back, renamed
// or left out (the table "Identity" of the manifest's description). Decides and changes nothing;
// works on a read-only state.
//
// Use: Add() every task in the manifest's order, Finish(), then ask At() for the same tasks in the
// same order. Memory does not grow with the tasks: what differs is kept in a temporary table.
//
// A fingerprint that another version of the program made is computed again from the stored spec
// before it is compared.
//
// One at a time for a store, on its thread; the store outlives it. Between Compare() and Finish()
// the state is read as of one moment and no turn can be begun.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "task/task_state.h"

namespace aigc::store {

enum class Match {
  kNew,      // nothing of it is in the state
  kChanged,  // another request under the same id
  kKept,     // the same request under the same id
  kBack,     // the request of an earlier generation of the same id, which counts again
  kRenamed,  // the request of a task whose id is gone or asks for something else now
};
std::string_view Name(Match match);  // "new", "changed", "kept", "back", "renamed"

// What is compared of a listed task.
struct Candidate {
  std::string_view id, fingerprint;
  // SpecJson; empty: whether a kept task's tags, priority or names changed is not looked at.
  std::string_view spec_json;
};

struct Compared {
  Match match = Match::kNew;
  // The row of the state that this is about: of kKept, kBack and kRenamed the one that counts from
  // now on; of kChanged the one that is replaced or followed; 0 of kNew.
  std::int64_t key = 0;
  TaskState state = TaskState::kPending;  // of that row
  bool sent = false;                      // that row had a submission
  // Of kKept: something is to be written. Place: position, or taken back after it was left out.
  bool place_differs = false;
  bool spec_differs = false;  // what does not shape the output, or the fingerprint's version
  // Of kBack and kRenamed: the row of this id that stops to be current; 0 without one.
  std::int64_t current_key = 0;
  bool differs() const { return match != Match::kKept || place_differs || spec_differs; }
};

struct ComparisonCounts {
  std::int64_t fresh = 0, changed = 0, kept = 0, back = 0, renamed = 0;
  std::int64_t remade = 0;     // changed ones that had succeeded
  std::int64_t left_out = 0;   // current tasks of the state that are not listed, now or before
  std::int64_t differing = 0;  // listed tasks with Compared::differs()
};

// A task of the state that the manifest has no longer.
struct LeftOut {
  std::int64_t key = 0;
  std::string_view id, model, version;
  TaskState state = TaskState::kPending;
  bool listed = true;  // false: since an earlier time
};

class Comparison {
 public:
  virtual ~Comparison() = default;

  // The next task. kNew and kChanged may turn out kRenamed, and kChanged kNew, in Finish().
  virtual Result<Compared> Add(const Candidate& candidate) = 0;
  virtual Result<ComparisonCounts> Finish() = 0;

  // After Finish(): the task that was added as number `position` (from 1). Positions must not fall
  // from call to call; Rewind() starts anew. Of a kept task that does not differ, key and state are
  // not told.
  virtual Result<Compared> At(std::int64_t position) = 0;
  virtual void Rewind() = 0;
  // Keys of all renamed rows; ids in the state's order of those left out.
  virtual Status ForEachRenamed(const std::function<Status(std::int64_t key)>& visit) = 0;
  virtual Status ForEachLeftOut(const std::function<Status(const LeftOut&)>& visit) = 0;
};

}  // namespace aigc::store
