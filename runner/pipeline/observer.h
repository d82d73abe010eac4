// What a run tells while it goes on: typed events, for the progress line, the log and the JSON
// lines. Called on the loop's thread, after the turn that holds the change is committed. Must not
// block for long.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/times.h"
#include "store/store.h"

namespace aigc::pipeline {

struct Limits;

struct TaskEvent {
  WallTime at{};
  std::string_view id;
  int generation = 1;
  TaskState from = TaskState::kPending;
  TaskState to = TaskState::kPending;
  std::string_view why;
  std::string_view error_code{}, error_message{}, advice{}, request_id{};
};

struct Progress {
  WallTime at{};
  SteadyTime ticks{};
  bool changed = false;       // some task changed since the last call; counts: ask the store
  std::size_t in_flight = 0;  // slots held
  std::size_t window = 0;     // slots allowed; 0: no limit
  std::size_t downloads = 0;  // on the wire
  double submit_rate = 0, poll_rate = 0;  // requests a second that are let through now
  bool stopping = false;                  // nothing new is submitted any more
  bool paused = false;                    // nothing is submitted until a person says `resume`
  const Limits* limits = nullptr;         // as they are now, during the call; null: it only fetches
};

enum class Severity {
  kDetail,  // only for those who asked for more
  kInfo,
  kWarning
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnTask(const TaskEvent& event) = 0;
  virtual void OnProgress(const Progress& progress) = 0;  // once per turn of the loop
  // Something about the run, not one task: throttled, unreachable, clock corrected, interrupted.
  virtual void OnNotice(WallTime at, Severity severity, std::string_view text) = 0;
};

}  // namespace aigc::pipeline
