// How many tasks may generate at once: overall and per model. A slot is held from the moment a
// create request is recorded until the task is seen finished, given up, or refused.
//
// With a fixed limit the number is obeyed exactly. Without one ("auto") room is proved: one task
// more than has been proved at once is tried; a task is proof when it was seen processing, or
// finished without a concurrency code. A refusal takes the limit back to what is proved in process
// (at least 1), and the next try comes after 60 s, doubling to 15 min. Errors of the network or the
// service never change it.
//
// Pure state, no clock of its own; the loop's thread only.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/times.h"
#include "pipeline/limits.h"

namespace aigc::pipeline {

class Window {
 public:
  explicit Window(const Limits& limits);

  // Other numbers from now on; what is in flight and what was proved stays.
  void SetLimits(const Limits& limits);

  // Whether one more task of this model may start.
  bool HasRoom(std::string_view model, std::string_view version, SteadyTime now) const;
  // Whether any task may start, whatever its model.
  bool HasRoom(SteadyTime now) const;
  void Enter(std::string_view model, std::string_view version);
  // `proved`: it had been counted as proof (see Prove).
  void Leave(std::string_view model, std::string_view version, bool proved);
  // A task in the window was seen processing, or finished without a concurrency code. Once per
  // task.
  void Prove();
  // The service said: too many at once.
  void Refuse(SteadyTime now);

  // When a probe or a held window opens again; none when only a finished task can make room.
  std::optional<SteadyTime> NextOpening(SteadyTime now) const;

  std::size_t in_flight() const { return in_flight_; }
  // Slots allowed now.
  std::size_t limit(SteadyTime now) const;
  // Models that are full by a limit of their own ("Kling", "Kling/2.1"), so that they do not block
  // others.
  std::vector<std::string> FullModels() const;

 private:
  struct Share {  // of a model, or of a version of it
    std::optional<int> limit{};
    int used = 0;
    bool full() const { return limit && used >= *limit; }
  };
  std::optional<std::size_t> fixed_;
  std::map<std::string, Share, std::less<>> shares_;
  std::size_t in_flight_ = 0;
  std::size_t proved_now_ = 0;   // tasks in the window that are proof
  std::size_t proved_most_ = 0;  // the most of them at once, less what refusals took back
  bool held_ = false;            // no probing until probe_at_
  SteadyTime probe_at_{};
  int refusals_ = 0;
};

}  // namespace aigc::pipeline
