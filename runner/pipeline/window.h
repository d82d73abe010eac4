// How many tasks may generate at once: overall, per kind and per model. A slot is held from the
// moment a create request is recorded until the task is seen finished, given up, or refused.
//
// With a fixed limit the number is obeyed exactly. Without one ("auto") room is proved, for each
// kind of task apart: one task more than what is proved is tried (a probe), and it has proved its
// slot when it is seen processing, or finishes without a concurrency code. A refusal takes the
// limit back to what is in process (at least 1), and the next try comes after 60 s, doubling to 15
// min. Where a batch has several models of a kind, the refused one is held alone at first, and the
// kind only when a second one is refused: a full model never blocks the others. Errors of the
// network or the service change nothing.
//
// Runs that share an account count each other's slots (Share). Of a number that does not suffice
// for all, each gets an equal part while others want theirs; who has the higher priority goes
// first.
//
// Pure state, no clock of its own; the loop's thread only.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/times.h"
#include "pipeline/limits.h"
#include "store/account.h"
#include "task/task_spec.h"

namespace aigc::pipeline {

// A task as the window sees it.
struct Tenant {
  Kind kind = Kind::kVideo;
  std::string model, version;
  int priority = 0;
  bool inside = false;
  bool probe = false;    // beyond what was proved when it entered, and not seen to fit yet
  bool proved = false;   // seen processing
  bool waiting = false;  // seen waiting in the service's own queue
};

// Tasks of ours that the service has in process, as the loop counts them.
struct InProcess {
  int of_kind = 0, of_model = 0;
};

class Window {
 public:
  explicit Window(const Limits& limits);

  // Other numbers from now on; what is in flight and what was proved stays.
  void SetLimits(const Limits& limits);
  // The batch has tasks of this model.
  void Know(Kind kind, std::string_view model, std::string_view version);
  // What the account knows: other runs, and rooms that were learnt.
  void Share(const std::vector<store::RunRow>& others,
             const std::map<std::string, store::RoomRow>& rooms);
  const std::map<std::string, store::RoomRow>& rooms() const { return rooms_; }
  std::vector<store::HeldRow> held() const;

  // Whether this task may start.
  bool HasRoom(const Tenant& task, SteadyTime now) const;
  // Whether some task may start, whatever its model.
  bool HasRoom(SteadyTime now) const;
  void Enter(Tenant& task);
  void Leave(Tenant& task);
  // It was seen processing, or finished without a concurrency code.
  void Prove(Tenant& task, const InProcess& in_process, SteadyTime now);
  // The service said: too many at once; or it keeps the task waiting. `task` has left, or waits.
  // True when the limit changed.
  bool Refuse(const Tenant& task, const InProcess& in_process, SteadyTime now, WallTime wall,
              std::string reason);
  // Whether it is worth counting what is in process.
  bool Learns() const { return !fixed_; }

  // When a probe or a held window opens again; none when only a finished task can make room.
  std::optional<SteadyTime> NextOpening(SteadyTime now) const;
  std::size_t in_flight() const { return in_flight_; }
  // Slots allowed now to this run.
  std::size_t limit(SteadyTime now) const;
  // Models of which nothing may start ("Kling", "Kling/2.1"), so that they do not block others.
  std::vector<std::string> FullModels(SteadyTime now) const;

  static std::string Scope(Kind kind);
  static std::string Scope(Kind kind, std::string_view model, std::string_view version);

 private:
  using Model = std::tuple<Kind, std::string, std::string>;

  bool IsFull(Kind kind, const std::string& model, const std::string& version,
              SteadyTime now) const;
  bool MayTakeShare(const Tenant& task, int capacity, SteadyTime now) const;
  int Own(Kind kind) const;
  int Others(Kind kind) const;
  int OthersInAll() const { return Others(Kind::kVideo) + Others(Kind::kImage); }
  int UsedOf(std::string_view name) const;  // "Kling" or "Kling/2.1", by all runs
  int LimitOf(const store::RoomRow& room, int in_flight, SteadyTime now) const;
  const store::RoomRow& RoomOf(const std::string& scope) const;
  int Capacity(Kind kind, SteadyTime now) const;
  bool Hold(store::RoomRow& room, int least, int in_process, SteadyTime now, WallTime wall,
            const std::string& reason);

  std::optional<int> fixed_;
  std::map<std::string, int, std::less<>> model_limits_;
  std::map<Model, int> models_;  // known ones, and how many of them are in the window
  std::map<std::string, store::RoomRow> rooms_;
  std::vector<store::RunRow> others_;
  std::size_t in_flight_ = 0;
  SteadyTime fixed_hold_{};  // of a fixed window that was refused
};

}  // namespace aigc::pipeline
