// A report in any of its formats, onto standard output or into a file: for `report -o` and for the
// manifest's output.report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/times.h"
#include "report/csv.h"
#include "report/row_filter.h"
#include "store/store.h"

namespace aigc::cli {

enum class ReportFormat { kCsv, kJsonLines, kHtml };

// By the file's ending: .jsonl and .ndjson, .html and .htm; everything else is CSV.
ReportFormat FormatOfFile(std::string_view path);

struct ReportWish {
  ReportFormat format = ReportFormat::kCsv;
  bool excel = false;                  // CSV only
  bool embed = false;                  // HTML only: small results inside the page
  std::vector<std::string> columns{};  // not HTML
  report::RowFilter filter{};
  std::string selection{};  // the flags that narrow it, for the HTML page
  bool sim = false;         // the batch is a simulated one
  WallTime now{};
};

// `path`: where the text goes, since an HTML page names its pictures from there; empty for standard
// output, which counts as the working directory.
Status WriteReport(store::StoreReader& store, const store::Selection& selection,
                   const ReportWish& wish, const std::string& path, const report::TextSink& sink);

// The same into a file, which is replaced only when the report is whole.
Status WriteReportFile(store::StoreReader& store, const store::Selection& selection,
                       const ReportWish& wish, const std::string& path);

}  // namespace aigc::cli
