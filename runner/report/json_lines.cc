#include "report/json_lines.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_writer.h"
#include "base/text.h"
#include "report/report_line.h"
#include "report/story.h"

namespace aigc::report {
namespace {

void Put(JsonWriter& json, std::string_view key, std::string_view value) {
  if (!value.empty()) json.Key(key).String(value);
}
void Put(JsonWriter& json, std::string_view key, const std::optional<double>& value) {
  if (value) json.Key(key).Double(*value);
}
void Put(JsonWriter& json, std::string_view key, WallTime value) {
  Put(json, key, TimeCell(value));
}
void Put(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.Key(key).BeginArray();
  for (const std::string& value : values) json.String(value);
  json.EndArray();
}

void PutOutputs(JsonWriter& json, std::string_view key, const std::vector<OutputCell>& outputs) {
  if (outputs.empty()) return;
  json.Key(key).BeginArray();
  for (const OutputCell& output : outputs) {
    json.BeginObject();
    Put(json, "file", output.file);
    Put(json, "url", output.url);
    Put(json, "file_id", output.file_id);
    if (output.bytes) json.Key("bytes").Int(*output.bytes);
    Put(json, "sha256", output.sha256);
    json.EndObject();
  }
  json.EndArray();
}

// Stored JSON, and amounts, whose digits stay as they are: a binary fraction would not be the same.
void PutRaw(JsonWriter& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.Key(key).Raw(text);
}

constexpr std::string_view kSpec = "spec";

using Key = std::string_view;
using Line = const ReportLine&;

struct Member {
  std::string_view name;
  void (*put)(JsonWriter& json, Key key, Line line);  // none: the story
};

constexpr std::array<Member, 31> kMembers = {{
    {"id", [](JsonWriter& json, Key key, Line line) { json.Key(key).String(line.row->id); }},
    {"state",
     [](JsonWriter& json, Key key, Line line) { json.Key(key).String(Name(line.row->state)); }},
    {"kind",
     [](JsonWriter& json, Key key, Line line) { json.Key(key).String(Name(line.row->kind)); }},
    {"model", [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->model); }},
    {"version", [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->version); }},
    {"prompt", [](JsonWriter& json, Key key, Line line) { Put(json, key, line.spec.prompt); }},
    {"duration", [](JsonWriter& json, Key key, Line line) { Put(json, key, line.spec.duration); }},
    {"resolution",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.spec.resolution); }},
    {"aspect_ratio",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.spec.aspect_ratio); }},
    {"tags", [](JsonWriter& json, Key key, Line line) { Put(json, key, line.spec.tags); }},
    {"depends_on",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.spec.depends_on); }},
    {"task_id", [](JsonWriter& json, Key key, Line line) { Put(json, key, line.task_id); }},
    {"outputs", [](JsonWriter& json, Key key, Line line) { PutOutputs(json, key, line.outputs); }},
    {"error_code",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->error_code); }},
    {"error_message",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->error_message); }},
    {"attempts",
     [](JsonWriter& json, Key key, Line line) { json.Key(key).Int(line.row->attempts); }},
    {"estimated_cost",
     [](JsonWriter& json, Key key, Line line) { PutRaw(json, key, line.estimated_cost); }},
    {"currency", [](JsonWriter& json, Key key, Line line) { Put(json, key, line.currency); }},
    {"created_at",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->created_at); }},
    {"submitted_at",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->submitted_at); }},
    {"started_at",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->started_at); }},
    {"finished_at",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->finished_at); }},
    {"downloaded_at",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->downloaded_at); }},
    {"queue_seconds",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.queue_seconds); }},
    {"generation_seconds",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.generation_seconds); }},
    {"request_id",
     [](JsonWriter& json, Key key, Line line) { Put(json, key, line.row->request_id); }},
    {"session_id", [](JsonWriter& json, Key key, Line line) { Put(json, key, line.session_id); }},
    {"generation",
     [](JsonWriter& json, Key key, Line line) { json.Key(key).Int(line.row->generation); }},
    {"waits_for", [](JsonWriter& json, Key key, Line line) { Put(json, key, line.waits_for); }},
    {kSpec, [](JsonWriter& json, Key key, Line line) { PutRaw(json, key, *line.spec_json); }},
    {"story", nullptr},
}};

constexpr auto kNames = [] {
  std::array<std::string_view, kMembers.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kMembers[i].name;
  return names;
}();

Result<std::vector<const Member*>> Chosen(const std::vector<std::string>& names) {
  std::vector<const Member*> chosen;
  for (const std::string& name : names) {
    const auto at = std::find(kNames.begin(), kNames.end(), name);
    if (at == kNames.end()) {
      const auto near = Nearest(name, kNames);
      return Error{ErrorCode::kUsage, "the report has no member \"" + Excerpt(name, 60) + "\"", "",
                   near ? "did you mean " + std::string(*near) + "?"
                        : "files, their addresses and hashes are in \"outputs\""};
    }
    chosen.push_back(&kMembers[static_cast<std::size_t>(at - kNames.begin())]);
  }
  if (names.empty()) {
    for (const Member& member : kMembers) chosen.push_back(&member);
  }
  return chosen;
}

// The task's generations, newest first. A task that is gone since its row was read has none.
Status PutStory(JsonWriter& json, store::StoreReader& store, const ReportLine& line,
                const std::string& currency) {
  auto stories = store.Story(line.row->id);
  if (stories.ok()) {
    json.Key("story").Raw(GenerationsJson(*stories, currency));
  } else if (stories.error().code != ErrorCode::kNotFound) {
    return std::move(stories).error();
  }
  return {};
}

}  // namespace

std::span<const std::string_view> JsonLinesColumns() { return kNames; }

std::string LineJson(const ReportLine& line) {
  JsonWriter json;
  json.BeginObject();
  for (const Member& member : kMembers) {
    const bool whole = member.put == nullptr || member.name == kSpec;
    if (!whole) member.put(json, member.name, line);
  }
  json.EndObject();
  return json.Take();
}

Status WriteJsonLines(store::StoreReader& store, const store::Selection& selection,
                      const JsonLinesOptions& options, const TextSink& sink) {
  AIGC_ASSIGN_OR_RETURN(const std::vector<const Member*> members, Chosen(options.columns));
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store.Money());
  const std::string& currency = money.terms.currency;
  std::string text;
  const auto add = [&](const store::ReportRow& row) -> Status {
    if (!options.filter.Takes(row.row)) return {};
    AIGC_ASSIGN_OR_RETURN(const ReportLine line, MakeReportLine(row, currency));
    JsonWriter json;
    json.BeginObject();
    for (const Member* member : members) {
      if (member->put != nullptr) {
        member->put(json, member->name, line);
      } else {
        AIGC_RETURN_IF_ERROR(PutStory(json, store, line, currency));
      }
    }
    json.EndObject();
    text += json.Take() + "\n";
    if (text.size() < kPiece) return {};
    Status written = sink(text);
    text.clear();
    return written;
  };
  AIGC_RETURN_IF_ERROR(store.ForEachReportRow(selection, add));
  return text.empty() ? Status{} : sink(text);
}

}  // namespace aigc::report
