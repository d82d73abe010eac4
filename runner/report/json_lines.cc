#include "report/json_lines.h"

#include "base/json_writer.h"
#include "report/report_line.h"

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

void PutOutputs(JsonWriter& json, const std::vector<OutputCell>& outputs) {
  if (outputs.empty()) return;
  json.Key("outputs").BeginArray();
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

}  // namespace

std::string LineJson(const ReportLine& line) {
  const store::TaskRow& row = *line.row;
  JsonWriter json;
  json.BeginObject();
  json.Key("id").String(row.id);
  json.Key("state").String(Name(row.state));
  json.Key("kind").String(Name(row.kind));
  Put(json, "model", row.model);
  Put(json, "version", row.version);
  Put(json, "prompt", line.spec.prompt);
  Put(json, "duration", line.spec.duration);
  Put(json, "resolution", line.spec.resolution);
  Put(json, "aspect_ratio", line.spec.aspect_ratio);
  Put(json, "tags", line.spec.tags);
  Put(json, "depends_on", line.spec.depends_on);
  Put(json, "task_id", line.task_id);
  PutOutputs(json, line.outputs);
  Put(json, "error_code", row.error_code);
  Put(json, "error_message", row.error_message);
  json.Key("attempts").Int(row.attempts);
  // The digits as they are: a binary fraction would not be the same amount.
  if (!line.estimated_cost.empty()) json.Key("estimated_cost").Raw(line.estimated_cost);
  Put(json, "currency", line.currency);
  Put(json, "created_at", row.created_at);
  Put(json, "submitted_at", row.submitted_at);
  Put(json, "started_at", row.started_at);
  Put(json, "finished_at", row.finished_at);
  Put(json, "downloaded_at", row.downloaded_at);
  Put(json, "queue_seconds", line.queue_seconds);
  Put(json, "generation_seconds", line.generation_seconds);
  Put(json, "request_id", row.request_id);
  Put(json, "session_id", line.session_id);
  json.Key("generation").Int(row.generation);
  Put(json, "waits_for", line.waits_for);
  json.EndObject();
  return json.Take();
}

Status WriteJsonLines(store::StoreReader& store, const store::Selection& selection,
                      const TextSink& sink) {
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store.Money());
  return store.ForEachReportRow(selection, [&](const store::ReportRow& row) -> Status {
    AIGC_ASSIGN_OR_RETURN(const ReportLine line, MakeReportLine(row, money.terms.currency));
    return sink(LineJson(line) + "\n");
  });
}

}  // namespace aigc::report
