// One row of a report: what the state knows of a task, as the texts that CSV and JSON lines show.
// Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"
#include "task/task_spec.h"

namespace aigc::report {

// Rows are handed on in pieces of this size, which are worth a system call.
inline constexpr std::size_t kPiece = std::size_t{64} * 1024;

// One output of a task; what is not known is empty.
struct OutputCell {
  std::string file, url, file_id, sha256;
  std::optional<std::int64_t> bytes;  // of the file on disk
};

struct ReportLine {
  const store::TaskRow* row = nullptr;     // not owned
  const std::string* spec_json = nullptr;  // not owned
  TaskSpec spec;                           // only what ParseSpecCells() reads
  std::string task_id, session_id;
  std::vector<OutputCell> outputs;     // by output number
  std::vector<std::string> waits_for;  // as in store::ReportRow
  // Seconds between acceptance and the start of generation, and from there to its end, by the
  // service's times; a difference that the clocks make negative counts as 0.
  std::optional<double> queue_seconds, generation_seconds;
  // What one submission of the task costs, by the estimate; both empty when that is not known.
  std::string estimated_cost, currency;
};

// `row` must outlive the line; `currency` is that of the batch. kStateDamaged when the row's spec
// cannot be read.
Result<ReportLine> MakeReportLine(const store::ReportRow& row, const std::string& currency);

// "2026-08-20T08:00:05Z"; empty for the epoch, which stands for "not yet".
std::string TimeCell(WallTime time);
// Shortest form with at most three decimals: "6", "12.5".
std::string NumberCell(double number);

}  // namespace aigc::report
