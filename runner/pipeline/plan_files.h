// The local files of planned specs: what the state must hold of them before a run. One thread.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"
#include "task/task_spec.h"

namespace aigc::pipeline {

// The bytes of a local file of a spec, as they were when the spec's hash was made.
using ReadInput = std::function<Result<std::string>(const Source& source)>;

class PlanFiles {
 public:
  // References must outlive it.
  PlanFiles(store::Store& store, ReadInput read, const Clock& clock)
      : store_(store), read_(std::move(read)), clock_(clock) {}

  // Keeps the bytes of files that go inside requests and the places of files that are uploaded,
  // each file once however many specs name it. Returns the hashes of those that must be uploaded
  // before the task (NewTask::uploads). kInvalid when a file no longer has the content its spec was
  // made from. Inside a turn.
  Result<std::vector<std::string>> Keep(const TaskSpec& spec);

 private:
  Status KeepBytes(const Source& source, const std::string& task);
  Status KeepPlace(const Source& source);

  store::Store& store_;
  ReadInput read_;
  const Clock& clock_;
  std::unordered_set<std::string> kept_;     // hashes of what is in the state by now
  std::unordered_set<std::string> missing_;  // of files that must be uploaded
};

}  // namespace aigc::pipeline
