#include "report/html_data.h"

#include "base/json_writer.h"
#include "base/money.h"

namespace aigc::report {
namespace {

void Put(JsonWriter& json, std::string_view key, std::string_view value) {
  if (!value.empty()) json.Key(key).String(value);
}
void Put(JsonWriter& json, std::string_view key, const std::optional<double>& value) {
  if (value) json.Key(key).Double(*value);
}
void Put(JsonWriter& json, std::string_view key, WallTime value) {
  if (value != WallTime{}) json.Key(key).Int(ToUnixMillis(value));
}

void PutOutputs(JsonWriter& json, const ReportLine& line, const HtmlOptions& options) {
  if (line.outputs.empty()) return;
  json.Key("outputs").BeginArray();
  for (const OutputCell& output : line.outputs) {
    json.BeginObject();
    if (!output.file.empty()) {
      json.Key("file").String(output.file);
      json.Key("address").String(FileAddress(options.locate(output.file)));
    }
    Put(json, "url", output.url);
    Put(json, "file_id", output.file_id);
    if (output.bytes) json.Key("bytes").Int(*output.bytes);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace

std::string ScriptText(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      // Inside a string there is none, and between members it is as good as a blank.
      out += c == '\n' || c == '\r' ? ' ' : c;
    }
  }
  return out;
}

Result<std::string> BatchJson(store::StoreReader& store, const HtmlOptions& options,
                              std::int64_t tasks) {
  AIGC_ASSIGN_OR_RETURN(const store::BatchRecord batch, store.Batch());
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store.Money());
  JsonWriter json;
  json.BeginObject().Key("name").String(batch.name).Key("tasks").Int(tasks);
  Put(json, "reported", options.now);
  Put(json, "selection", options.selection);
  Put(json, "retry", options.retry);
  if (!money.terms.currency.empty()) {
    json.Key("money").BeginObject().Key("currency").String(money.terms.currency);
    json.Key("verified").Bool(money.terms.verified);
    json.Key("spent").String(AmountText(money.spent_micros));
    json.Key("reserved").String(AmountText(money.reserved_micros));
    if (money.terms.budget_micros) {
      json.Key("budget").String(AmountText(*money.terms.budget_micros));
    }
    json.EndObject();
  }
  json.EndObject();
  return json.Take();
}

std::string TaskJson(const ReportLine& line, const HtmlOptions& options) {
  const store::TaskRow& row = *line.row;
  JsonWriter json;
  json.BeginObject().Key("id").String(row.id).Key("state").String(Name(row.state));
  json.Key("kind").String(Name(row.kind));
  json.Key("model").String(row.model + "/" + row.version);
  Put(json, "prompt", line.spec.prompt);
  Put(json, "negative", line.spec.negative_prompt);
  Put(json, "duration", line.spec.duration);
  Put(json, "resolution", line.spec.resolution);
  Put(json, "aspect", line.spec.aspect_ratio);
  if (!line.spec.tags.empty()) {
    json.Key("tags").BeginArray();
    for (const std::string& tag : line.spec.tags) json.String(tag);
    json.EndArray();
  }
  PutOutputs(json, line, options);
  Put(json, "code", row.error_code);
  Put(json, "message", row.error_message);
  json.Key("attempts").Int(row.attempts);
  Put(json, "cost", line.estimated_cost);
  Put(json, "created", row.created_at);
  Put(json, "submitted", row.submitted_at);
  Put(json, "started", row.started_at);
  Put(json, "finished", row.finished_at);
  Put(json, "seconds", line.generation_seconds);
  json.EndObject();
  return json.Take();
}

}  // namespace aigc::report
