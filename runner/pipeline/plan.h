// From expanded specs and the state to what a run would do, and the same written into the state.
//
// `Planner` takes the specs one by one, in manifest order; memory does not grow with them. Without
// a writer it only counts (`plan`, `--dry-run`); with one it also writes, inside turns of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "pipeline/plan_files.h"
#include "store/store.h"
#include "task/task_spec.h"

namespace aigc::pipeline {

struct PlanCounts {
  std::int64_t fresh = 0;     // + new
  std::int64_t changed = 0;   // ~ another fingerprint under the same id
  std::int64_t remade = 0;    //   … of which had succeeded, and would be made and paid again
  std::int64_t kept = 0;      // =
  std::int64_t left_out = 0;  // - in the state, no longer in the manifest
  std::int64_t to_run = 0;    // tasks that are not final yet, new and changed ones included
  double seconds = 0;         // of video to be made by them, as far as they say their duration
  std::int64_t pictures = 0;
};

class Planner {
 public:
  // `reader` null: there is no state yet, everything is new. `writer`, when given, is the same
  // state.
  Planner(store::StoreReader* reader, store::Store* writer, ReadInput read_input,
          const Clock& clock);

  // `fingerprint`: of the spec and of what it reads. Errors of the store, and kInvalid when a local
  // file no longer has the content its spec was made from.
  Status Add(const TaskSpec& spec, const std::string& fingerprint);
  // Ends the listing; what was not added is left out.
  Result<PlanCounts> Finish();

 private:
  Status Write(const TaskSpec& spec, const std::string& fingerprint,
               const std::optional<store::TaskRow>& existing);
  Status Begin();

  store::StoreReader* reader_;
  store::Store* writer_;
  std::optional<PlanFiles> files_;  // with a writer
  const Clock& clock_;
  PlanCounts counts_;
  std::int64_t position_ = 0;
  std::int64_t in_turn_ = 0;
  bool listing_ = false;
};

// What a state belongs to (design: "Never pay twice" 6).
struct BatchIdentity {
  std::string name;
  std::string endpoint;
  std::int64_t sub_app_id = 0;
  std::string machine;
};

// kStateForeign when `batch` belongs to another endpoint, application or machine; the message names
// both.
Status CheckIdentity(const store::BatchRecord& batch, const BatchIdentity& identity);

}  // namespace aigc::pipeline
