// Everything that one seed decides before a simulation begins: the batch, the limits, the service
// and its faults, the network's weather, and which kinds of trouble its processes meet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "pipeline/limits.h"
#include "simulator/scenario.h"
#include "support/crash_disk.h"
#include "support/simulated_exchange.h"
#include "task/task_spec.h"

namespace aigc::testing {

// What becomes of the state file between two lives.
enum class Copies {
  kNone,
  kRestored,  // a backup is put back in its place
  kDiverged,  // two copies go on, in turns
};

// How the one process that meets trouble ends, where a test goes through all the ways.
struct Death {
  // Each counts from 1; 0: not there.
  std::uint64_t at_operation = 0;  // of the disk, from the opening of the state on
  std::uint64_t at_request = 0;    // recorded, and about to leave
  std::uint64_t at_wait = 0;
  CrashDisk::Kept kept = CrashDisk::Kept::kAll;
  // Afterwards, what a broken disk left of the write-ahead log and of part files; none: all.
  std::optional<std::uint64_t> log_bytes{}, part_bytes{};
};

struct Case {
  std::uint64_t seed = 0;
  std::vector<TaskSpec> specs;
  bool edits = false;  // the manifest changes between two lives
  pipeline::Limits limits;
  simulator::Scenario scenario;
  NetworkOptions network;
  Copies copies = Copies::kNone;
  int foreign_tasks = 0;   // of others, under the same batch name and contexts
  int lives = 1;           // that may end badly; then as many as it takes to come to an end
  double cut_share = 0;    // of these lives: power cut or kill, by operation of the disk
  double die_share = 0;    // killed in a wait
  double full_share = 0;   // disk full or broken
  double stop_share = 0;   // interrupted
  double jump_share = 0;   // the wall clock is set
  double sleep_share = 0;  // the machine is suspended
  bool long_pauses = false;
  // Drawn apart from all the above, so that a seed keeps its meaning.
  bool long_sleeps = false;              // of days
  double command_share = 0;              // of these lives: a person cancels or retries
  std::optional<double> budget_share{};  // of what all tasks cost once; raised when it is reached
  int forgets_after_life = 0;            // the state is lost after that many lives; 0: never
  std::optional<Death> death{};  // instead of the shares above; after a life that only plans
};

Case DrawCase(std::uint64_t seed);

// Local files of the manifest: they lie nowhere, and their name says what is in them.
inline constexpr std::string_view kInputFolder = "/inputs/";
inline std::string ContentOf(std::string_view path) { return "the picture " + std::string(path); }

}  // namespace aigc::testing
