// From a manifest's tasks and the state to what a run would do, and the same written into the
// state. What is told and what is written come from one comparison (store/comparison.h), so that
// the two cannot differ.
//
// The tasks are walked, never held: once to compare them, and once more when something is to be
// listed or written. Memory does not grow with them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "pipeline/plan_files.h"
#include "store/store.h"
#include "task/task_spec.h"

namespace aigc::pipeline {

struct ListedTask {
  const TaskSpec& spec;
  // With the fingerprints of the tasks it reads in it (Fingerprint() of task/task_spec.h).
  std::string_view fingerprint;
};

// Visits every task of the manifest in its order, the same ones each time it is called, and hands
// on the first error of `visit`.
using Listing = std::function<Status(const std::function<Status(const ListedTask&)>& visit)>;

// The bytes of a local file of a spec, as they were when the spec's hash was made.
using ReadInput = std::function<Result<std::string>(const Source& source)>;

struct PlanOptions {
  // Of what is to be done, only the work on selected tasks is counted. Everything is compared.
  store::Selection selection{};
  // Estimated cost of one generation in millionths of the price list's currency; none: no price.
  std::function<std::optional<std::int64_t>(const TaskSpec&)> price{};
};

// What is still to be done for some tasks that are not at their end.
struct Workload {
  std::int64_t tasks = 0;
  std::int64_t submissions = 0;  // those of them that are yet to be submitted
  double seconds = 0;            // of video to be submitted, as far as they say their duration
  std::int64_t pictures = 0;     // to be submitted
  std::int64_t cost_micros = 0;  // of those to be submitted that have a price
  std::int64_t unpriced = 0;     // to be submitted, without a price
};

struct ModelWork {
  Kind kind = Kind::kVideo;
  std::string model, version;
  Workload work;
};

struct Plan {
  store::ComparisonCounts counts;
  Workload work;
  std::vector<ModelWork> models;  // by kind and name
};

// One line of a plan: a listed task, or one that the manifest has no longer.
struct PlannedTask {
  const TaskSpec* spec = nullptr;  // null: left out
  std::string_view fingerprint{};  // of the spec
  store::Compared compared;
  store::LeftOut left_out;
};

// Whether what so compares is to be submitted from the start.
bool IsMadeAnew(store::Match match);

class Planner {
 public:
  // `reader` null: there is no state yet, everything is new. It outlives the planner.
  Planner(store::StoreReader* reader, Listing listing, PlanOptions options);
  ~Planner();

  // Errors of the listing and of the store. With `for_writing` it also finds kept tasks whose tags,
  // priority or output names changed. Once.
  Status Compare(bool for_writing);
  const Plan& plan() const { return plan_; }

  // After Compare(): every listed task in order; what is left out, in the state's order. An error
  // of `visit` ends it and is handed on.
  Status ForEachListed(const std::function<Status(const PlannedTask&)>& visit);
  Status ForEachLeftOut(const std::function<Status(const PlannedTask&)>& visit);
  // Why: the fields that changed, of a changed task; the old id, of a renamed one; else empty.
  Result<std::string> Reason(const PlannedTask& task);

  // A task that was counted is not submitted but adopted from the service, and followed only.
  // `state`: its own after the plan.
  void CountAdopted(const TaskSpec& spec, TaskState state);

  // Writes it all in one turn of `store`, which is the reader: the plan is there whole or not at
  // all, and so is what `also`, if given, writes in that turn. Local files come first, in turns of
  // their own: they are kept by content and belong to no task. Without Compare() before it, the
  // state must not hold any task; then one walk does all.
  // kInvalid when a local file no longer has the content its spec was made from.
  Status Write(store::Store& store, const ReadInput& read_input, const Clock& clock,
               const std::function<Status()>& also = {});

 private:
  std::optional<std::int64_t> PriceOf(const TaskSpec& spec) const;
  // `price`: when it is known already.
  void Count(Plan& plan, const TaskSpec& spec, const store::Compared& compared,
             const std::optional<std::int64_t>* price = nullptr);
  Status WriteTurn(store::Store& store, const Clock& clock);
  Status WriteTask(store::Store& store, PlanFiles& files, const ListedTask& listed,
                   std::int64_t position, const store::Compared& compared,
                   std::optional<std::int64_t> price, WallTime now);
  Status KeepInputs(store::Store& store, const ReadInput& read_input, const Clock& clock);

  store::StoreReader* reader_;
  Listing listing_;
  PlanOptions options_;
  Plan plan_;
  std::unique_ptr<store::Comparison> comparison_;
  std::size_t last_model_ = 0;  // where Count() found the model of the task before
  store::NewTask writing_;      // by WriteTask(), here for the memory of its texts
  bool has_inputs_ = false;  // something that is to be written sends a local file inside a request
  bool inputs_kept_ = false;
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
