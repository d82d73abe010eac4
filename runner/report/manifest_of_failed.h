// A manifest of exactly the tasks of a batch that failed, each with the settings it had, to be
// edited and run as a batch of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "report/csv.h"
#include "report/row_filter.h"
#include "store/store.h"
#include "task/task_spec.h"

namespace aigc::report {

struct ManifestOfFailedOptions {
  std::string head;  // YAML: everything before the tasks
  RowFilter filter{};
  // Where a local file of the old batch lies, as the new manifest names it: of a source, and of a
  // result (a path relative to the batch's folder).
  std::function<std::string(const Source& source)> source_path;
  std::function<std::string(std::string_view path)> result_path;
  // Whether a failed task was refused for its content, so that trying it again is no use.
  std::function<bool(const store::TaskRow& row)> refused;
  std::string default_filename;  // template of the new batch, ${id} and ${output} left in
  bool without_refused = false;
  bool with_lost = false;  // also what may have been paid for already: lost and overdue tasks
};

struct ManifestOfFailedCounts {
  std::int64_t written = 0;
  std::int64_t refused = 0;    // left out: without_refused
  std::int64_t lost = 0;       // left out: not with_lost
  std::int64_t dependent = 0;  // left out: what they need is neither made nor in the manifest
};

// Failed and skipped tasks that are in the manifest still, in its order. One that reads the output
// of a task that succeeded gets that output instead: as our own copy, else by file id, else by its
// link. Reads the rows twice; memory grows with the number of failed tasks only. An error of `sink`
// is handed on. When nothing failed, nothing is written at all (written is 0).
Result<ManifestOfFailedCounts> WriteManifestOfFailed(store::StoreReader& store,
                                                     const store::Selection& selection,
                                                     const ManifestOfFailedOptions& options,
                                                     const TextSink& sink);

// One task as an entry of a manifest's list `tasks`, two blanks before its dash. `spec` comes back
// from manifest/ as it went in. `default_filename`: as above, and not written when it says the
// same.
std::string ManifestEntry(const TaskSpec& spec, std::string_view default_filename);

}  // namespace aigc::report
