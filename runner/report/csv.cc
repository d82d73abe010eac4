#include "report/csv.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "report/report_line.h"

namespace aigc::report {
namespace {

// One value per output, or nothing at all when no output has one.
template <typename Value>
std::string JoinOutputs(const ReportLine& line, Value value) {
  std::string joined;
  bool any = false;
  for (std::size_t i = 0; i < line.outputs.size(); ++i) {
    const std::string text = value(line.outputs[i]);
    any = any || !text.empty();
    if (i > 0) joined += ';';
    joined += text;
  }
  return any ? joined : "";
}

std::string Join(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) {
    if (!joined.empty()) joined += ';';
    joined += text;
  }
  return joined;
}

std::string UrlCell(const OutputCell& output) {
  std::string url;
  for (const char c : output.url) {
    if (c == ';') {
      url += "%3B";
    } else {
      url += c;
    }
  }
  return url;
}

std::string SecondsCell(const std::optional<double>& seconds) {
  return seconds ? NumberCell(*seconds) : "";
}

struct Column {
  std::string_view name;
  std::string (*cell)(const ReportLine&);
  bool text = false;  // foreign text, to be guarded from spreadsheets
};

// The first thirty are the product's promise; their order never changes.
constexpr std::array<Column, 32> kColumns = {{
    {"id", [](const ReportLine& line) { return line.row->id; }, true},
    {"state", [](const ReportLine& line) { return std::string(Name(line.row->state)); }},
    {"kind", [](const ReportLine& line) { return std::string(Name(line.row->kind)); }},
    {"model", [](const ReportLine& line) { return line.row->model; }, true},
    {"version", [](const ReportLine& line) { return line.row->version; }, true},
    {"prompt", [](const ReportLine& line) { return line.spec.prompt; }, true},
    {"duration", [](const ReportLine& line) { return SecondsCell(line.spec.duration); }},
    {"resolution", [](const ReportLine& line) { return line.spec.resolution; }, true},
    {"aspect_ratio", [](const ReportLine& line) { return line.spec.aspect_ratio; }, true},
    {"tags", [](const ReportLine& line) { return Join(line.spec.tags); }, true},
    {"task_id", [](const ReportLine& line) { return line.task_id; }, true},
    {"files",
     [](const ReportLine& line) {
       return JoinOutputs(line, [](const OutputCell& output) { return output.file; });
     },
     true},
    {"urls", [](const ReportLine& line) { return JoinOutputs(line, UrlCell); }, true},
    {"file_ids",
     [](const ReportLine& line) {
       return JoinOutputs(line, [](const OutputCell& output) { return output.file_id; });
     },
     true},
    {"bytes",
     [](const ReportLine& line) {
       return JoinOutputs(line, [](const OutputCell& output) {
         return output.bytes ? std::to_string(*output.bytes) : "";
       });
     }},
    {"sha256",
     [](const ReportLine& line) {
       return JoinOutputs(line, [](const OutputCell& output) { return output.sha256; });
     }},
    {"error_code", [](const ReportLine& line) { return line.row->error_code; }, true},
    {"error_message", [](const ReportLine& line) { return line.row->error_message; }, true},
    {"attempts", [](const ReportLine& line) { return std::to_string(line.row->attempts); }},
    // Without a price there is no estimate, which is not the same as 0.
    {"estimated_cost", [](const ReportLine& line) { return line.estimated_cost; }},
    {"currency", [](const ReportLine& line) { return line.currency; }},
    {"created_at", [](const ReportLine& line) { return TimeCell(line.row->created_at); }},
    {"submitted_at", [](const ReportLine& line) { return TimeCell(line.row->submitted_at); }},
    {"started_at", [](const ReportLine& line) { return TimeCell(line.row->started_at); }},
    {"finished_at", [](const ReportLine& line) { return TimeCell(line.row->finished_at); }},
    {"downloaded_at", [](const ReportLine& line) { return TimeCell(line.row->downloaded_at); }},
    {"queue_seconds", [](const ReportLine& line) { return SecondsCell(line.queue_seconds); }},
    {"generation_seconds",
     [](const ReportLine& line) { return SecondsCell(line.generation_seconds); }},
    {"request_id", [](const ReportLine& line) { return line.row->request_id; }, true},
    {"session_id", [](const ReportLine& line) { return line.session_id; }, true},
    {"generation", [](const ReportLine& line) { return std::to_string(line.row->generation); }},
    {"waits_for", [](const ReportLine& line) { return Join(line.waits_for); }, true},
}};

constexpr auto kNames = [] {
  std::array<std::string_view, kColumns.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kColumns[i].name;
  return names;
}();

Result<std::vector<const Column*>> Chosen(const std::vector<std::string>& names) {
  std::vector<const Column*> chosen;
  for (const std::string& name : names) {
    const auto at = std::find(kNames.begin(), kNames.end(), name);
    if (at == kNames.end()) {
      const auto near = Nearest(name, kNames);
      return Error{ErrorCode::kUsage, "the report has no column \"" + Excerpt(name, 60) + "\"", "",
                   near ? "did you mean " + std::string(*near) + "?"
                        : "leave --columns out to see which there are"};
    }
    chosen.push_back(&kColumns[static_cast<std::size_t>(at - kNames.begin())]);
  }
  if (names.empty()) {
    for (const Column& column : kColumns) chosen.push_back(&column);
  }
  return chosen;
}

void ReplaceBadUtf8(std::string& text) {
  std::size_t from = 0;
  while (const auto bad = FindBadUtf8(std::string_view(text).substr(from))) {
    text.replace(from + *bad, 1, "\uFFFD");
    from += *bad + std::string_view("\uFFFD").size();
  }
}

void AppendCell(std::string& out, std::string cell, bool guard) {
  if (cell.empty()) return;
  ReplaceBadUtf8(cell);
  if (guard && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos) {
    cell.insert(0, "'");
  }
  const bool plain = std::none_of(cell.begin(), cell.end(), [](char c) {
    return c == ',' || c == '"' || c == '\r' || c == '\n';
  });
  if (plain) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::span<const std::string_view> CsvColumns() { return kNames; }

Status WriteCsv(store::StoreReader& store, const store::Selection& selection,
                const CsvOptions& options, const TextSink& sink) {
  AIGC_ASSIGN_OR_RETURN(const std::vector<const Column*> columns, Chosen(options.columns));
  std::string text = options.excel ? "\uFEFF" : "";
  for (const Column* column : columns) {
    if (column != columns.front()) text += ',';
    text += column->name;
  }
  text += "\r\n";
  AIGC_RETURN_IF_ERROR(sink(text));
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store.Money());
  return store.ForEachReportRow(selection, [&](const store::ReportRow& row) -> Status {
    if (!options.filter.Takes(row.row)) return {};
    AIGC_ASSIGN_OR_RETURN(const ReportLine line, MakeReportLine(row, money.terms.currency));
    text.clear();
    for (const Column* column : columns) {
      if (column != columns.front()) text += ',';
      AppendCell(text, column->cell(line), options.excel && column->text);
    }
    text += "\r\n";
    return sink(text);
  });
}

}  // namespace aigc::report
