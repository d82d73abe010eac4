// When tasks begin and end. Accepting a task fixes how long it waits and generates; this class
// plays the events in order of time, counts who generates, lets the next one in when a place is
// free, and keeps the sorted indexes DescribeTasks reads. Every call costs O(log n).
//
// Two lives that see the same calls in the same order end in the same state: that is how a ledger
// file is taken up again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "simulator/ledger.h"

namespace aigc::simulator {

class Schedule {
 public:
  using Key = std::pair<WallTime, std::uint64_t>;  // time, number of the task
  using Index = std::set<Key>;

  // `limits` and `ledger` must outlive it.
  Schedule(const Limits& limits, Ledger& ledger) : limits_(limits), ledger_(ledger) {}

  // Plays everything that is due. A `now` before an earlier one changes nothing.
  void Advance(WallTime now);
  // Takes the task in at `now`. REQUIRES: Advance(now) was called.
  LedgerTask& Accept(LedgerTask task, WallTime now);
  // Ends a task that is WAITING; false when it is not.
  bool Abort(LedgerTask& task, WallTime now);
  // Another look at the task's detail was answered; moves tasks that are driven by looks.
  void NotePoll(LedgerTask& task, WallTime now);

  // Whether one more would be above the limit of generating tasks.
  bool IsFull(Kind kind) const;

  const Index& by_create() const { return by_create_; }
  const Index& by_finish() const { return by_finish_; }  // ended ones, aborted included
  // By create time. REQUIRES: not kAborted, for which the service has no filter.
  const Index& by_create(Phase phase) const { return by_phase_[static_cast<std::size_t>(phase)]; }

 private:
  enum class Event { kReady, kFinish };
  struct Due {
    WallTime at;
    std::uint64_t number;
    Event event;
    bool operator>(const Due& other) const {
      return std::pair(at, number) > std::pair(other.at, other.number);
    }
  };

  std::optional<int> Limit(Kind kind) const {
    return kind == Kind::kVideo ? limits_.video : limits_.image;
  }
  void MakeReady(LedgerTask& task, WallTime at);
  void Begin(LedgerTask& task, WallTime at);
  void Finish(LedgerTask& task, WallTime at);
  void Move(LedgerTask& task, Phase to);

  const Limits& limits_;
  Ledger& ledger_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  // Waiting for a place: higher TasksPriority first, then in order of acceptance.
  std::array<std::set<std::pair<std::int64_t, std::uint64_t>>, 2> queue_;
  std::array<int, 2> running_{};  // generating, those above the limit not counted
  std::array<int, 2> open_{};     // accepted and not ended, likewise
  Index by_create_;
  Index by_finish_;
  std::array<Index, 3> by_phase_;
};

}  // namespace aigc::simulator
