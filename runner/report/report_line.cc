#include "report/report_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/money.h"
#include "report/spec_cells.h"

namespace aigc::report {
namespace {

std::optional<double> SecondsBetween(WallTime from, WallTime to) {
  if (from == WallTime{} || to == WallTime{}) return std::nullopt;
  return std::max(0.0, static_cast<double>((to - from).count()) / 1000.0);
}

}  // namespace

Result<ReportLine> MakeReportLine(const store::ReportRow& row, const std::string& currency) {
  ReportLine line;
  line.row = &row.row;
  line.spec_json = &row.spec_json;
  Result<TaskSpec> spec = ParseSpecCells(row.spec_json);
  if (!spec.ok()) {
    Error error = std::move(spec).error();
    error.context = "task " + row.row.id;
    return error;
  }
  line.spec = std::move(*spec);
  line.task_id = row.task_id;
  line.session_id = row.session_id;
  line.waits_for = row.waits_for;
  std::vector<const store::ArtifactRow*> artifacts;
  for (const store::ArtifactRow& artifact : row.artifacts) artifacts.push_back(&artifact);
  std::sort(artifacts.begin(), artifacts.end(),
            [](const auto* a, const auto* b) { return a->number < b->number; });
  for (const store::ArtifactRow* artifact : artifacts) {
    OutputCell& cell = line.outputs.emplace_back();
    cell.file = artifact->path;
    cell.url = artifact->url;
    cell.file_id = artifact->file_id;
    cell.sha256 = artifact->sha256;
    if (!artifact->path.empty()) cell.bytes = artifact->bytes;
  }
  if (row.row.estimate_micros) {
    line.estimated_cost = AmountText(*row.row.estimate_micros);
    line.currency = currency;
  }
  line.queue_seconds = SecondsBetween(row.row.submitted_at, row.row.started_at);
  line.generation_seconds = SecondsBetween(row.row.started_at, row.row.finished_at);
  return line;
}

std::string TimeCell(WallTime time) { return time == WallTime{} ? "" : FormatIso(time); }

std::string NumberCell(double number) {
  std::string text = fmt::format("{:.3f}", number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace aigc::report
