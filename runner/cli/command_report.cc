// `report`: one row for each task, as CSV, JSON lines or a page; or a manifest of what failed.
#include <fmt/format.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/failed_manifest.h"
#include "cli/open_batch.h"
#include "cli/report_file.h"

namespace aigc::cli {
namespace {

store::Selection SelectionOf(const Options& options) {
  store::Selection selection;
  selection.globs = options.tasks;
  selection.tags = options.tags;
  selection.left_out = options.all;
  return selection;
}

ReportFormat FormatOf(const Options& options) {
  if (options.format == "html") return ReportFormat::kHtml;
  if (options.format == "jsonl") return ReportFormat::kJsonLines;
  if (options.format == "csv" || !options.output_file) return ReportFormat::kCsv;
  return FormatOfFile(*options.output_file);
}

// What narrows the report, as it was said.
std::string SelectionText(const Options& options) {
  std::string text = options.report_failed ? "--failed" : "";
  const auto add = [&](std::string_view flag, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      text += fmt::format("{}{} {}", text.empty() ? "" : " ", flag, value);
    }
  };
  add("--filter", options.filters);
  add("--tag", options.tags);
  add("--task", options.tasks);
  return text;
}

Result<report::RowFilter> FilterOf(const Options& options) {
  AIGC_ASSIGN_OR_RETURN(report::RowFilter filter, report::RowFilter::Parse(options.filters));
  if (options.report_failed) {
    filter.KeepOnly({TaskState::kFailed, TaskState::kLost, TaskState::kSkipped});
  }
  return filter;
}

Status CheckReportFlags(const Options& options, ReportFormat format) {
  const auto refuse = [](std::string message) {
    return Error{ErrorCode::kUsage, std::move(message), "report"};
  };
  if (options.manifest_of_failed) {
    if (!options.format.empty() || options.output_file || options.excel || options.embed ||
        !options.columns.empty()) {
      return refuse("--manifest-of-failed writes a manifest, and no report");
    }
    return {};
  }
  if (options.without_refused || options.with_lost) {
    return refuse("--without-refused and --with-lost go with --manifest-of-failed only");
  }
  if (options.excel && format != ReportFormat::kCsv) return refuse("--excel goes with CSV only");
  if (options.embed && format != ReportFormat::kHtml) return refuse("--embed goes with HTML only");
  if (!options.columns.empty() && format == ReportFormat::kHtml) {
    return refuse("--columns goes with CSV and JSON lines only");
  }
  return {};
}

Result<int> WriteManifest(const Context& context, const OpenBatch& batch) {
  const Options& options = context.options;
  const std::string& path = *options.manifest_of_failed;
  FailedManifestWish wish;
  AIGC_ASSIGN_OR_RETURN(wish.filter, report::RowFilter::Parse(options.filters));
  wish.without_refused = options.without_refused;
  wish.with_lost = options.with_lost;
  AIGC_ASSIGN_OR_RETURN(const report::ManifestOfFailedCounts counts,
                        WriteFailedManifest(*batch.store, SelectionOf(options), wish, path));
  const auto say = [&](std::int64_t count, std::string_view what) {
    if (count > 0) context.console.Info(fmt::format("left out: {} {}", count, what));
  };
  if (counts.written == 0) {
    context.console.Info(fmt::format("nothing to write: {} has no such task", batch.name));
  } else {
    context.console.Info(fmt::format("{} task{} in {}; next: aigc-batch plan {}{}", counts.written,
                                     counts.written == 1 ? "" : "s", path,
                                     options.sim ? "--sim " : "", path));
  }
  say(counts.refused, "refused for their content");
  say(counts.lost,
      "lost or overdue, which may have been made and paid for (--with-lost takes them in)");
  say(counts.dependent, "that need a task which is neither made nor written");
  return kExitDone;
}

}  // namespace

Result<int> ReportCommand(const Context& context) {
  const Options& options = context.options;
  ReportWish wish;
  wish.format = FormatOf(options);
  AIGC_RETURN_IF_ERROR(CheckReportFlags(options, wish.format));
  AIGC_ASSIGN_OR_RETURN(wish.filter, FilterOf(options));
  AIGC_ASSIGN_OR_RETURN(const OpenBatch batch, OpenTheBatch(context));
  if (options.manifest_of_failed) return WriteManifest(context, batch);
  wish.excel = options.excel;
  wish.embed = options.embed;
  wish.columns = options.columns;
  wish.selection = SelectionText(options);
  wish.sim = options.sim;
  wish.now = SystemClock().Now();
  const store::Selection selection = SelectionOf(options);
  if (!options.output_file || *options.output_file == "-") {
    AIGC_RETURN_IF_ERROR(WriteReport(*batch.store, selection, wish, "", [&](std::string_view text) {
      return context.console.Out(text);
    }));
    return kExitDone;
  }
  AIGC_RETURN_IF_ERROR(WriteReportFile(*batch.store, selection, wish, *options.output_file));
  return kExitDone;
}

}  // namespace aigc::cli
