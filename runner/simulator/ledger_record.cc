#include "simulator/ledger_record.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <exception>

#include "base/json_writer.h"

namespace aigc::simulator {
namespace {

using Poco::JSON::Object;

constexpr std::string_view kShapes[] = {"wide", "tall", "square"};

JsonWriter& Begin(JsonWriter& json, std::string_view kind, WallTime at) {
  json.BeginObject().Key("record").String(kind).Key("at").Int(ToUnixMillis(at));
  return json;
}

void WriteOutcome(JsonWriter& json, const LedgerTask& task) {
  json.Key("outcome").BeginObject();
  json.Key("err_code").Int(task.outcome.err_code);
  json.Key("err_code_ext").String(task.outcome.err_code_ext);
  json.Key("message").String(task.outcome.message);
  json.Key("inner_fail").Bool(task.outcome.inner_fail);
  json.Key("empty_output").Bool(task.outcome.empty_output);
  json.EndObject();
}

void WriteProduct(JsonWriter& json, const LedgerTask& task) {
  json.Key("product").BeginObject();
  json.Key("shape").String(kShapes[static_cast<std::size_t>(task.product.shape)]);
  json.Key("suffix").String(task.product.suffix);
  json.Key("permanent").Bool(task.product.permanent);
  json.Key("media_name").String(task.product.media_name);
  json.Key("class_id").Int(task.product.class_id);
  json.Key("seconds").Double(task.product.seconds);
  json.EndObject();
  json.Key("files").BeginArray();
  for (const ResultFile& file : task.files) {
    json.BeginObject().Key("path").String(file.path);
    json.Key("bytes").Int(static_cast<std::int64_t>(file.bytes));
    json.Key("sha256").String(file.sha256).EndObject();
  }
  json.EndArray();
}

std::string Text(const Object& object, const std::string& name) {
  return object.getValue<std::string>(name);
}
std::int64_t Int(const Object& object, const std::string& name) {
  return object.getValue<Poco::Int64>(name);
}
int SmallInt(const Object& object, const std::string& name) {
  return object.getValue<Poco::Int32>(name);
}

// Throws Poco's exceptions for anything missing or of another type.
LedgerTask ReadTask(const Object& object) {
  LedgerTask task;
  task.task_id = Text(object, "task_id");
  task.kind = Text(object, "kind") == Name(Kind::kVideo) ? Kind::kVideo : Kind::kImage;
  task.sub_app_id = Int(object, "sub_app_id");
  task.model = Text(object, "model");
  task.version = Text(object, "version");
  task.session_id = Text(object, "session_id");
  task.session_context = Text(object, "session_context");
  task.request_sha256 = Text(object, "request_sha256");
  task.input_json = Text(object, "input");
  task.priority = Int(object, "priority");
  task.accepted_at = FromUnixMillis(Int(object, "at"));
  task.waits = Millis{Int(object, "waits_ms")};
  if (!object.isNull("takes_ms")) task.takes = Millis{Int(object, "takes_ms")};
  task.over_limit = object.getValue<bool>("over_limit");
  task.waiting_polls = SmallInt(object, "waiting_polls");
  task.processing_polls = SmallInt(object, "processing_polls");
  task.null_polls = SmallInt(object, "null_polls");

  const Object& outcome = *object.getObject("outcome");
  task.outcome = {SmallInt(outcome, "err_code"), Text(outcome, "err_code_ext"),
                  Text(outcome, "message"), outcome.getValue<bool>("inner_fail"),
                  outcome.getValue<bool>("empty_output")};
  const Object& product = *object.getObject("product");
  std::string shape = Text(product, "shape");
  task.product.shape = shape == kShapes[1]   ? Shape::kTall
                       : shape == kShapes[2] ? Shape::kSquare
                                             : Shape::kWide;
  task.product.suffix = Text(product, "suffix");
  task.product.permanent = product.getValue<bool>("permanent");
  task.product.media_name = Text(product, "media_name");
  task.product.class_id = Int(product, "class_id");
  task.product.seconds = product.getValue<double>("seconds");
  Poco::JSON::Array::Ptr files = object.getArray("files");
  for (unsigned i = 0; i < files->size(); ++i) {
    const Object& file = *files->getObject(i);
    task.files.push_back(
        {Text(file, "path"), static_cast<std::uint64_t>(Int(file, "bytes")), Text(file, "sha256")});
  }
  return task;
}

}  // namespace

std::string WriteRecord(const LedgerTask& task) {
  JsonWriter json;
  Begin(json, "task", task.accepted_at);
  json.Key("task_id").String(task.task_id).Key("kind").String(Name(task.kind));
  json.Key("sub_app_id").Int(task.sub_app_id);
  json.Key("model").String(task.model).Key("version").String(task.version);
  json.Key("session_id").String(task.session_id);
  json.Key("session_context").String(task.session_context);
  json.Key("request_sha256").String(task.request_sha256);
  json.Key("priority").Int(task.priority);
  json.Key("waits_ms").Int(task.waits.count()).Key("takes_ms");
  if (task.takes) {
    json.Int(task.takes->count());
  } else {
    json.Null();
  }
  json.Key("over_limit").Bool(task.over_limit);
  json.Key("waiting_polls").Int(task.waiting_polls);
  json.Key("processing_polls").Int(task.processing_polls);
  json.Key("null_polls").Int(task.null_polls);
  WriteOutcome(json, task);
  WriteProduct(json, task);
  json.Key("input").String(task.input_json);
  json.EndObject();
  return json.Take();
}

std::string WriteRecord(const AbortRecord& record) {
  JsonWriter json;
  Begin(json, "abort", record.at).Key("task_id").String(record.task_id).EndObject();
  return json.Take();
}

std::string WriteRecord(const SessionRecord& record) {
  JsonWriter json;
  Begin(json, "session", record.at).Key("session_id").String(record.session_id).EndObject();
  return json.Take();
}

Result<Record> ReadRecord(const std::string& line) {
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(8);
    auto object = parser.parse(line).extract<Object::Ptr>();
    std::string kind = Text(*object, "record");
    WallTime at = FromUnixMillis(Int(*object, "at"));
    if (kind == "task") return Record(ReadTask(*object));
    if (kind == "abort") return Record(AbortRecord{Text(*object, "task_id"), at});
    if (kind == "session") return Record(SessionRecord{Text(*object, "session_id"), at});
    return Error{ErrorCode::kInvalid, "unknown record '" + kind + "'"};
  } catch (const std::exception& e) {
    return Error{ErrorCode::kInvalid, std::string("not a ledger record: ") + e.what()};
  }
}

}  // namespace aigc::simulator
