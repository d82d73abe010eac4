// Which tasks may be submitted next. Pending tasks are taken model by model from the index
// task_ready and merged, so that a full model in front costs nothing. With a selection, what was
// found selected is remembered, and how far was looked: a run of a few tasks of a million does not
// look at the million on every turn. Private to this room. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/sqlite_database.h"
#include "store/store.h"

namespace aigc::store {

// The hot statements, named for the test that looks at their query plans.
extern const std::string_view kReady;               // of a model, in order
extern const std::string_view kReadyHereSelected;   // selected ones of a priority, after a place
extern const std::string_view kReadyBelowSelected;  // selected ones of all lower priorities
extern const std::string_view kDueRetries;

class ReadyQueue {
 public:
  explicit ReadyQueue(Database& database) : database_(database) {}

  // Keys, best first. Throws SQLite::Exception.
  std::vector<std::int64_t> Next(WallTime now, std::size_t limit, const Selection& selection,
                                 const std::vector<std::string>& skip_models);
  // A task became pending. Its `awaited` must be what is stored.
  void Reappeared(const TaskRow& task);
  // Anything may have become pending, or selected.
  void Forget() { windows_.clear(); }

 private:
  using Model = std::pair<std::string, std::string>;  // name and version
  struct Candidate {
    // Priority, and within it whether others wait for it (the column `rank`); at first before every
    // task.
    std::int64_t rank = std::numeric_limits<std::int64_t>::max();
    std::int64_t position = 0;
    std::int64_t key = 0;
    bool operator<(const Candidate& other) const {
      if (rank != other.rank) return rank > other.rank;
      return position != other.position ? position < other.position : key < other.key;
    }
  };
  // What is known of a model's selected tasks.
  struct Window {
    std::set<Candidate> known;  // were pending and selected when looked at
    Candidate looked_up_to;     // every task up to here was looked at
    bool complete = false;      // all were
  };

  std::vector<Model> WaitingModels();
  // At most `limit` of a model's pending tasks, best first.
  std::vector<Candidate> Best(const Model& model, std::size_t limit);
  std::vector<Candidate> BestSelected(const Model& model, std::size_t limit,
                                      const Selection& selection);
  // Looks on for at most `limit` more selected tasks.
  void LookOn(const Model& model, Window& window, std::size_t limit, const Selection& selection);
  bool StillReady(std::int64_t key, const Selection& selection);

  Database& database_;
  Selection selection_;  // that windows_ was learnt with
  std::map<Model, Window> windows_;
};

}  // namespace aigc::store
