// The data of the HTML report: what its script reads. Private to the room.
#pragma once

#include <string>
#include <string_view>

#include "report/html.h"
#include "report/report_line.h"
#include "store/store.h"

namespace aigc::report {

// JSON inside a <script> element: no "<" is left that could end it.
std::string ScriptText(std::string_view json);

// What the page says about the batch as a whole. `tasks`: how many are shown.
Result<std::string> BatchJson(store::StoreReader& store, const HtmlOptions& options,
                              std::int64_t tasks);

// One task as the contact sheet and the charts need it; members that are not known are left out.
std::string TaskJson(const ReportLine& line, const HtmlOptions& options);

}  // namespace aigc::report
