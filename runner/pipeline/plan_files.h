// The local files of planned specs that are uploaded before their tasks: what the state must know
// of them before a run. One thread.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "base/times.h"
#include "store/store.h"
#include "task/task_spec.h"

namespace aigc::pipeline {

class PlanFiles {
 public:
  // The store must outlive it.
  PlanFiles(store::Store& store, WallTime now) : store_(store), now_(now) {}

  // Keeps the places of the spec's files that are uploaded, each once however many specs name it.
  // Returns the hashes of those that must be uploaded before the task (NewTask::uploads). Inside a
  // turn.
  Result<std::vector<std::string>> Keep(const TaskSpec& spec);

 private:
  Status KeepPlace(const Source& source);

  store::Store& store_;
  WallTime now_;
  std::unordered_set<std::string> kept_;     // hashes of what is in the state by now
  std::unordered_set<std::string> missing_;  // of files that must be uploaded
};

}  // namespace aigc::pipeline
