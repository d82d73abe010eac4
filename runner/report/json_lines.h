// The report as JSON lines: one object per selected task, with the CSV report's columns as members.
// Absent values are left out; tags, depends_on and outputs are lists.
#pragma once

#include "base/result.h"
#include "report/csv.h"
#include "report/report_line.h"
#include "store/store.h"

namespace aigc::report {

// One of the objects, without line end.
std::string LineJson(const ReportLine& line);

Status WriteJsonLines(store::StoreReader& store, const store::Selection& selection,
                      const TextSink& sink);

}  // namespace aigc::report
