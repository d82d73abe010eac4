#include "report/csv.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "report/report_line.h"

namespace aigc::report {
namespace {

// One value per output, or nothing at all when no output has one.
template <typename Put>
void PutOutputs(const ReportLine& line, std::string& out, Put put) {
  bool any = false;
  const std::size_t begin = out.size();
  for (std::size_t i = 0; i < line.outputs.size(); ++i) {
    if (i > 0) out += ';';
    const std::size_t before = out.size();
    put(line.outputs[i], out);
    any = any || out.size() > before;
  }
  if (!any) out.resize(begin);
}

void PutTexts(const std::vector<std::string>& texts, std::string& out) {
  for (const std::string& text : texts) {
    if (!out.empty()) out += ';';
    out += text;
  }
}

void PutUrl(const OutputCell& output, std::string& out) {
  for (const char c : output.url) {
    if (c == ';') {
      out += "%3B";
    } else {
      out += c;
    }
  }
}

void PutSeconds(const std::optional<double>& seconds, std::string& out) {
  if (seconds) out += NumberCell(*seconds);
}

// Appends the text of one column; the texts are not made one by one, for there are 32 of them in
// every row.
struct Column {
  std::string_view name;
  void (*put)(const ReportLine&, std::string& out);
  bool text = false;  // foreign text, to be guarded from spreadsheets
};

// The first thirty are the product's promise; their order never changes.
constexpr std::array<Column, 32> kColumns = {{
    {"id", [](const ReportLine& line, std::string& out) { out += line.row->id; }, true},
    {"state", [](const ReportLine& line, std::string& out) { out += Name(line.row->state); }},
    {"kind", [](const ReportLine& line, std::string& out) { out += Name(line.row->kind); }},
    {"model", [](const ReportLine& line, std::string& out) { out += line.row->model; }, true},
    {"version", [](const ReportLine& line, std::string& out) { out += line.row->version; }, true},
    {"prompt", [](const ReportLine& line, std::string& out) { out += line.spec.prompt; }, true},
    {"duration",
     [](const ReportLine& line, std::string& out) { PutSeconds(line.spec.duration, out); }},
    {"resolution", [](const ReportLine& line, std::string& out) { out += line.spec.resolution; },
     true},
    {"aspect_ratio",
     [](const ReportLine& line, std::string& out) { out += line.spec.aspect_ratio; }, true},
    {"tags", [](const ReportLine& line, std::string& out) { PutTexts(line.spec.tags, out); }, true},
    {"task_id", [](const ReportLine& line, std::string& out) { out += line.task_id; }, true},
    {"files",
     [](const ReportLine& line, std::string& out) {
       PutOutputs(line, out, [](const OutputCell& one, std::string& to) { to += one.file; });
     },
     true},
    {"urls", [](const ReportLine& line, std::string& out) { PutOutputs(line, out, PutUrl); }, true},
    {"file_ids",
     [](const ReportLine& line, std::string& out) {
       PutOutputs(line, out, [](const OutputCell& one, std::string& to) { to += one.file_id; });
     },
     true},
    {"bytes",
     [](const ReportLine& line, std::string& out) {
       PutOutputs(line, out, [](const OutputCell& one, std::string& to) {
         if (one.bytes) to += std::to_string(*one.bytes);
       });
     }},
    {"sha256",
     [](const ReportLine& line, std::string& out) {
       PutOutputs(line, out, [](const OutputCell& one, std::string& to) { to += one.sha256; });
     }},
    {"error_code", [](const ReportLine& line, std::string& out) { out += line.row->error_code; },
     true},
    {"error_message",
     [](const ReportLine& line, std::string& out) { out += line.row->error_message; }, true},
    {"attempts",
     [](const ReportLine& line, std::string& out) { out += std::to_string(line.row->attempts); }},
    // Without a price there is no estimate, which is not the same as 0.
    {"estimated_cost",
     [](const ReportLine& line, std::string& out) { out += line.estimated_cost; }},
    {"currency", [](const ReportLine& line, std::string& out) { out += line.currency; }},
    {"created_at",
     [](const ReportLine& line, std::string& out) { out += TimeCell(line.row->created_at); }},
    {"submitted_at",
     [](const ReportLine& line, std::string& out) { out += TimeCell(line.row->submitted_at); }},
    {"started_at",
     [](const ReportLine& line, std::string& out) { out += TimeCell(line.row->started_at); }},
    {"finished_at",
     [](const ReportLine& line, std::string& out) { out += TimeCell(line.row->finished_at); }},
    {"downloaded_at",
     [](const ReportLine& line, std::string& out) { out += TimeCell(line.row->downloaded_at); }},
    {"queue_seconds",
     [](const ReportLine& line, std::string& out) { PutSeconds(line.queue_seconds, out); }},
    {"generation_seconds",
     [](const ReportLine& line, std::string& out) { PutSeconds(line.generation_seconds, out); }},
    {"request_id", [](const ReportLine& line, std::string& out) { out += line.row->request_id; },
     true},
    {"session_id", [](const ReportLine& line, std::string& out) { out += line.session_id; }, true},
    {"generation",
     [](const ReportLine& line, std::string& out) { out += std::to_string(line.row->generation); }},
    {"waits_for", [](const ReportLine& line, std::string& out) { PutTexts(line.waits_for, out); },
     true},
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

bool IsPlain(char c) {
  return static_cast<unsigned char>(c) < 0x80 && c != ',' && c != '"' && c != '\r' && c != '\n';
}

// `cell` is the caller's to be changed.
void AppendCell(std::string& out, std::string& cell, bool guard) {
  if (guard && !cell.empty() &&
      std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos) {
    cell.insert(0, "'");
  }
  if (std::all_of(cell.begin(), cell.end(), IsPlain)) {
    out += cell;
    return;
  }
  ReplaceBadUtf8(cell);
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
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
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store.Money());
  std::string cell;
  const auto add = [&](const store::ReportRow& row) -> Status {
    if (!options.filter.Takes(row.row)) return {};
    AIGC_ASSIGN_OR_RETURN(const ReportLine line, MakeReportLine(row, money.terms.currency));
    for (const Column* column : columns) {
      if (column != columns.front()) text += ',';
      cell.clear();
      column->put(line, cell);
      AppendCell(text, cell, options.excel && column->text);
    }
    text += "\r\n";
    if (text.size() < kPiece) return {};
    Status written = sink(text);
    text.clear();
    return written;
  };
  AIGC_RETURN_IF_ERROR(store.ForEachReportRow(selection, add));
  return sink(text);
}

}  // namespace aigc::report
