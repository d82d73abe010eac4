#include "simulator/request_check.h"

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "simulator/request_json.h"

namespace aigc::simulator {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kMaxBase64Raw = 7'340'032;  // 7 MiB, all files of a request together

Problem WrongType(const std::string& path) {
  return ApiError{"InvalidParameter", "The value type of parameter `" + path + "` is not valid."};
}

Problem CheckItems(const Array& items, const Field& field, const std::string& path) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    Var item = items.get(static_cast<unsigned>(i));
    std::string at = path + "." + std::to_string(i);
    if (field.type == FieldType::kStrings) {
      if (!item.isString()) return WrongType(at);
      continue;
    }
    if (!IsObject(item)) return WrongType(at);
    if (Problem problem = CheckObject(*item.extract<Object::Ptr>(), field.members, at + ".")) {
      return problem;
    }
  }
  return std::nullopt;
}

Problem CheckValue(const Var& value, const Field& field, const std::string& path) {
  switch (field.type) {
    case FieldType::kString: {
      if (!value.isString()) return WrongType(path);
      const auto& text = value.extract<std::string>();
      if (field.required && text.empty()) {
        return ApiError{"MissingParameter",
                        "The request is missing a required parameter `" + path + "`."};
      }
      // The empty string means "not given" everywhere.
      if (text.empty() || field.values.empty() ||
          std::find(field.values.begin(), field.values.end(), text) != field.values.end()) {
        return std::nullopt;
      }
      return ApiError{"InvalidParameterValue", path + " has invalid value " + Excerpt(text, 100)};
    }
    case FieldType::kInt:
      return IsInt(value) ? std::nullopt : WrongType(path);
    case FieldType::kNumber:
      return IsNumber(value) ? std::nullopt : WrongType(path);
    case FieldType::kObject:
      if (!IsObject(value)) return WrongType(path);
      return CheckObject(*value.extract<Object::Ptr>(), field.members, path + ".");
    case FieldType::kObjects:
    case FieldType::kStrings:
      if (!IsArray(value)) return WrongType(path);
      return CheckItems(*value.extract<Array::Ptr>(), field, path);
  }
  return std::nullopt;
}

// Raw size of standard Base64; empty when it is anything else, a "data:" prefix for example.
std::optional<std::size_t> Base64RawSize(const std::string& text) {
  std::size_t padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
  if (text.empty() || text.size() % 4 != 0 || padding > 2) return std::nullopt;
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<bool, 256> is_good{};
  for (char c : kAlphabet) is_good[static_cast<unsigned char>(c)] = true;
  for (std::size_t i = 0; i + padding < text.size(); ++i) {
    if (!is_good[static_cast<unsigned char>(text[i])]) return std::nullopt;
  }
  return text.size() / 4 * 3 - padding;
}

Problem CheckFiles(const Array& files) {
  std::size_t raw_bytes = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Object& file = *files.getObject(static_cast<unsigned>(i));
    std::string path = "FileInfos." + std::to_string(i) + ".";
    std::string type = Text(file, "Type");
    std::string source = type.empty() ? "" : type == "File" ? "FileId" : type;
    if (!source.empty() && Text(file, source).empty()) {
      return ApiError{"InvalidParameterValue", path + source + " is empty"};
    }
    if (type != "Base64") continue;
    std::optional<std::size_t> size = Base64RawSize(Text(file, "Base64"));
    if (!size) return ApiError{"InvalidParameterValue", path + "Base64 is not valid Base64"};
    raw_bytes += *size;
  }
  if (raw_bytes > kMaxBase64Raw) {
    return ApiError{"InvalidParameterValue", "the Base64 files are larger than 7 MB together"};
  }
  return std::nullopt;
}

// ExtInfo is JSON text whose AdditionalParameters is JSON text again.
Problem CheckExtInfo(const std::string& text) {
  if (text.empty()) return std::nullopt;
  Object::Ptr outer = ParseObject(text);
  if (!outer) return ApiError{"InvalidParameterValue", "ExtInfo is not a JSON object"};
  if (!outer->has("AdditionalParameters")) return std::nullopt;
  if (!ParseObject(Text(*outer, "AdditionalParameters"))) {
    return ApiError{"InvalidParameterValue",
                    "ExtInfo.AdditionalParameters is not the text of a JSON object"};
  }
  return std::nullopt;
}

}  // namespace

Problem CheckObject(const Object& object, std::span<const Field> fields, const std::string& path) {
  for (const auto& member : object) {
    const std::string& name = member.first;  // clang 14 captures no structured bindings
    auto field = std::find_if(fields.begin(), fields.end(),
                              [&](const Field& f) { return f.accept && f.name == name; });
    if (field == fields.end()) {
      return ApiError{"UnknownParameter",
                      "The parameter `" + path + Excerpt(name, 100) + "` is not recognized."};
    }
    if (Problem problem = CheckValue(member.second, *field, path + name)) return problem;
  }
  for (const Field& field : fields) {
    std::string name(field.name);
    if (field.required && !object.has(name)) {
      return ApiError{"MissingParameter",
                      "The request is missing a required parameter `" + path + name + "`."};
    }
  }
  return std::nullopt;
}

Problem OutOfRange(const std::string& name) {
  return ApiError{"InvalidParameterValue", name + " is out of range"};
}

Problem CheckCreate(const Object& root, Kind kind) {
  if (CountCodePoints(Text(root, "SessionId")) > 50) {
    return ApiError{"InvalidParameterValue.SessionIdTooLong",
                    DefaultMessage("InvalidParameterValue.SessionIdTooLong", "")};
  }
  if (CountCodePoints(Text(root, "SessionContext")) > 1000) {
    return ApiError{"InvalidParameterValue.SessionContextTooLong",
                    DefaultMessage("InvalidParameterValue.SessionContextTooLong", "")};
  }
  std::int64_t priority = Int(root, "TasksPriority");
  if (priority < -10 || priority > 10) return OutOfRange("TasksPriority");
  Object::Ptr output = Member(root, "OutputConfig");
  if (CountCodePoints(Text(*output, "MediaName")) > 64) return OutOfRange("OutputConfig.MediaName");
  if (Number(*output, "Duration") < 0) return OutOfRange("OutputConfig.Duration");
  std::int64_t count = Int(*output, "OutputImageCount", 1);
  if (kind == Kind::kImage && (count < 1 || count > 9)) {
    return OutOfRange("OutputConfig.OutputImageCount");
  }
  if (Problem problem = CheckFiles(*Items(root, "FileInfos"))) return problem;
  if (Problem problem = CheckExtInfo(Text(root, "ExtInfo"))) return problem;
  if (Text(root, "Prompt").empty() && Items(root, "FileInfos")->size() == 0 &&
      Text(root, "SceneType").empty() && Text(root, "ExtInfo").empty()) {
    return ApiError{"MissingParameter", "The request is missing a required parameter `Prompt`."};
  }
  return std::nullopt;
}

}  // namespace aigc::simulator
