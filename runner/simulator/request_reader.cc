// Bodies are parsed by Poco JSON and held against the tables of request_fields.h; then one walk of
// the same tables writes the echo.
#include "simulator/request_reader.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "simulator/request_check.h"
#include "simulator/request_fields.h"
#include "simulator/request_json.h"

namespace aigc::simulator {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

// The body as an object that fits the table.
Checked<Object::Ptr> ReadBody(const std::string& body, std::span<const Field> fields) {
  Object::Ptr root = ParseObject(body);
  if (!root) return ApiError{"InvalidRequest", "the request body is not a JSON object"};
  if (Problem problem = CheckObject(*root, fields, "")) return *problem;
  return root;
}

// --- the echo ----------------------------------------------------------------------------------

void EchoObject(JsonWriter& json, const Object& object, std::span<const Field> fields,
                bool echo_base64);

void EchoArray(JsonWriter& json, const Array& items, const Field& field, bool echo_base64) {
  json.BeginArray();
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto index = static_cast<unsigned>(i);
    if (field.type == FieldType::kStrings) {
      json.String(items.getElement<std::string>(index));
    } else {
      EchoObject(json, *items.getObject(index), field.members, echo_base64);
    }
  }
  json.EndArray();
}

void EchoObject(JsonWriter& json, const Object& object, std::span<const Field> fields,
                bool echo_base64) {
  json.BeginObject();
  for (const Field& field : fields) {
    if (!field.echo) continue;
    std::string name(field.name);
    json.Key(name);
    switch (field.type) {
      case FieldType::kString: {
        std::string text = Text(object, name);
        if (name == "Base64" && !echo_base64) text.clear();
        json.String(text.empty() ? field.echo_default : text);
        break;
      }
      case FieldType::kInt:
        json.Int(Int(object, name));
        break;
      case FieldType::kNumber:
        json.Double(Number(object, name));
        break;
      case FieldType::kObject:
        EchoObject(json, *Member(object, name), field.members, echo_base64);
        break;
      case FieldType::kObjects:
      case FieldType::kStrings:
        EchoArray(json, *Items(object, name), field, echo_base64);
        break;
    }
  }
  json.EndObject();
}

// --- the parts of a listing --------------------------------------------------------------------

std::optional<WallTime> CeilToSecond(std::optional<WallTime> time) {
  if (time) time = std::chrono::ceil<Seconds>(*time);
  return time;
}

Problem ReadRange(const Object& root, const std::string& name, TimeRange& range) {
  Object::Ptr object = Member(root, name);
  for (bool is_after : {true, false}) {
    std::string member = is_after ? "After" : "Before";
    std::string text = Text(*object, member);
    if (text.empty()) continue;
    std::optional<WallTime> time = CeilToSecond(ParseIso(text));
    if (!time) {
      return ApiError{"InvalidParameterValue",
                      name + "." + member + " has invalid value " + Excerpt(text, 100)};
    }
    (is_after ? range.after : range.before) = time;
  }
  return std::nullopt;
}

std::optional<std::int64_t> SubAppId(const Object& root) {
  if (!root.has("SubAppId")) return std::nullopt;
  return Int(root, "SubAppId");
}

}  // namespace

Checked<CreateRequest> ReadCreate(Kind kind, const std::string& body, bool echo_base64) {
  std::span<const Field> fields = kind == Kind::kVideo ? CreateVideoFields() : CreateImageFields();
  auto checked = ReadBody(body, fields);
  if (auto* error = std::get_if<ApiError>(&checked)) return std::move(*error);
  const Object& root = *std::get<Object::Ptr>(checked);
  if (Problem problem = CheckCreate(root, kind)) return *problem;

  Object::Ptr output = Member(root, "OutputConfig");
  CreateRequest request;
  request.kind = kind;
  request.sub_app_id = Int(root, "SubAppId");
  request.model = Text(root, "ModelName");
  request.version = Text(root, "ModelVersion");
  request.prompt = Text(root, "Prompt");
  request.session_id = Text(root, "SessionId");
  request.session_context = Text(root, "SessionContext");
  request.priority = Int(root, "TasksPriority");
  request.has_inputs = Items(root, "FileInfos")->size() > 0 ||
                       Items(root, "SubjectInfos")->size() > 0 || !Text(root, "SceneType").empty();
  const Array::Ptr files = Items(root, "FileInfos");
  for (unsigned i = 0; i < files->size(); ++i) {
    std::string file_id = Text(*files->getObject(i), "FileId");
    if (!file_id.empty()) request.file_ids.push_back(std::move(file_id));
  }
  request.resolution = Text(*output, "Resolution");
  request.aspect_ratio = Text(*output, "AspectRatio");
  request.output_format = Text(*output, "OutputFormat");
  request.duration = Number(*output, "Duration");
  request.output_count = Int(*output, "OutputImageCount", 1);
  request.permanent = Text(*output, "StorageMode") == "Permanent";
  request.media_name = Text(*output, "MediaName");
  request.class_id = Int(*output, "ClassId");
  JsonWriter json;
  EchoObject(json, root, fields, echo_base64);
  request.input_json = json.Take();
  return request;
}

Checked<DetailRequest> ReadDetail(const std::string& body) {
  auto checked = ReadBody(body, DetailFields());
  if (auto* error = std::get_if<ApiError>(&checked)) return std::move(*error);
  const Object& root = *std::get<Object::Ptr>(checked);
  return DetailRequest{SubAppId(root), Text(root, "TaskId")};
}

Checked<ListRequest> ReadList(const std::string& body) {
  auto checked = ReadBody(body, ListFields());
  if (auto* error = std::get_if<ApiError>(&checked)) {
    if (error->code == "InvalidParameterValue" && error->message.rfind("Status ", 0) == 0) {
      error->code = "InvalidParameterValue.Status";
    }
    return std::move(*error);
  }
  const Object& root = *std::get<Object::Ptr>(checked);
  ListRequest request;
  request.sub_app_id = SubAppId(root);
  request.status = Text(root, "Status");
  request.file_id = Text(root, "FileId");
  if (Problem problem = ReadRange(root, "CreateTime", request.created)) return *problem;
  if (Problem problem = ReadRange(root, "FinishTime", request.finished)) return *problem;
  Object::Ptr sort = Member(root, "Sort");
  request.by_finish_time = Text(*sort, "Field") == "FinishTime";
  request.ascending = Text(*sort, "Order") == "Asc";
  std::int64_t limit = Int(root, "Limit", 10);
  if (limit < 1 || limit > 100) return *OutOfRange("Limit");
  request.limit = static_cast<std::size_t>(limit);
  request.scroll_token = Text(root, "ScrollToken");
  return request;
}

Checked<ManageRequest> ReadManage(const std::string& body) {
  auto checked = ReadBody(body, ManageFields());
  if (auto* error = std::get_if<ApiError>(&checked)) return std::move(*error);
  const Object& root = *std::get<Object::Ptr>(checked);
  return ManageRequest{SubAppId(root), Text(root, "TaskId"), Text(root, "OperationType")};
}

Checked<ApplyUploadRequest> ReadApplyUpload(const std::string& body) {
  auto checked = ReadBody(body, ApplyUploadFields());
  if (auto* error = std::get_if<ApiError>(&checked)) {
    // The action has codes of its own for its values.
    if (error->message.rfind("MediaType ", 0) == 0) error->code = "InvalidParameterValue.MediaType";
    return std::move(*error);
  }
  const Object& root = *std::get<Object::Ptr>(checked);
  ApplyUploadRequest request{Int(root, "SubAppId"), Text(root, "MediaType"),
                             Text(root, "MediaName"), std::nullopt};
  if (CountCodePoints(request.media_name) > 64) return *OutOfRange("MediaName");
  if (root.has("ExpireTime")) {
    request.delete_at = ParseIso(Text(root, "ExpireTime"));
    if (!request.delete_at) {
      return ApiError{"InvalidParameterValue.ExpireTime", "ExpireTime is invalid"};
    }
  }
  return request;
}

Checked<CommitUploadRequest> ReadCommitUpload(const std::string& body) {
  auto checked = ReadBody(body, CommitUploadFields());
  if (auto* error = std::get_if<ApiError>(&checked)) return std::move(*error);
  const Object& root = *std::get<Object::Ptr>(checked);
  return CommitUploadRequest{Int(root, "SubAppId"), Text(root, "VodSessionKey")};
}

BodyFacts PeekBody(const std::string& body) {
  Object::Ptr root = ParseObject(body);
  if (!root) return {};
  return {Text(*root, "ModelName"), Text(*root, "ModelVersion"), Text(*root, "Prompt"),
          Text(*root, "SessionId")};
}

}  // namespace aigc::simulator
