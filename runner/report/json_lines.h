// The report as JSON lines: one object per selected task with everything the state knows of it.
// Absent values are left out; tags, depends_on and outputs are lists.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "report/csv.h"
#include "report/report_line.h"
#include "report/row_filter.h"
#include "store/store.h"

namespace aigc::report {

struct JsonLinesOptions {
  std::vector<std::string> columns{};  // which members, in which order; empty: all
  RowFilter filter{};
};

// All members in their order: those of the CSV report (the outputs in one list of objects,
// `outputs`), then `spec`, what the manifest asked for, and `story`, the task's generations with
// their submissions, sends, files and journal as in report/story.h. Leaving `story` out is much
// faster.
std::span<const std::string_view> JsonLinesColumns();

// One of the objects, without `spec`, `story` and line end.
std::string LineJson(const ReportLine& line);

// kUsage for an unknown member, before anything is written.
Status WriteJsonLines(store::StoreReader& store, const store::Selection& selection,
                      const JsonLinesOptions& options, const TextSink& sink);

}  // namespace aigc::report
