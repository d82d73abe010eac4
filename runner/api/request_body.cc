#include "api/request_body.h"

#include <optional>
#include <utility>

#include "api/answer_json.h"
#include "api/json_merge.h"
#include "base/digest.h"
#include "base/json_writer.h"

namespace aigc::api {
namespace {

// How the stored form names a local file. Inside a JSON text this cannot be anything but the member
// itself: quotes of user texts are escaped.
constexpr std::string_view kInputMember = R"("Base64":")";
constexpr std::string_view kInputPrefix = "input:";
constexpr std::size_t kSha256Digits = 64;

void Put(JsonWriter& json, std::string_view key, const std::string& value) {
  if (!value.empty()) json.Key(key).String(value);
}
void Put(JsonWriter& json, std::string_view key, const std::optional<bool>& value) {
  if (value) json.Key(key).String(*value ? "Enabled" : "Disabled");
}
void Put(JsonWriter& json, std::string_view key, const std::optional<int>& value) {
  if (value) json.Key(key).Int(*value);
}
void Put(JsonWriter& json, std::string_view key, const std::optional<std::int64_t>& value) {
  if (value) json.Key(key).Int(*value);
}
void Put(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.Key(key).BeginArray();
  for (const std::string& value : values) json.String(value);
  json.EndArray();
}

// Type, and for video tasks Category, come before the member that holds the source, as in the
// service's own examples.
Status PutSource(JsonWriter& json, const Input& input, Kind kind) {
  std::string_view type, member;
  std::string value = input.source.text;
  switch (input.source.type) {
    case SourceType::kUrl:
      type = "Url";
      member = "Url";
      break;
    case SourceType::kFileId:
      type = "File";
      member = "FileId";
      break;
    case SourceType::kLocalFile:
      type = "Base64";
      member = "Base64";
      value = std::string(kInputPrefix) + input.source.content_sha256;
      break;
    case SourceType::kTask:
      return Error{ErrorCode::kInvalid,
                   "an input still refers to the output of task '" + input.source.text + "'"};
  }
  json.Key("Type").String(type);
  if (kind == Kind::kVideo) json.Key("Category").String(Name(input.category));
  json.Key(member).String(value);
  return {};
}

Status PutInputs(JsonWriter& json, const TaskSpec& spec) {
  if (spec.inputs.empty()) return {};
  json.Key("FileInfos").BeginArray();
  for (const Input& input : spec.inputs) {
    json.BeginObject();
    AIGC_RETURN_IF_ERROR(PutSource(json, input, spec.kind));
    if (spec.kind == Kind::kVideo) {
      Put(json, "Usage", input.usage);
      Put(json, "ReferenceType", input.reference_type);
      Put(json, "ObjectId", input.object_id);
      Put(json, "VoiceId", input.voice_id);
      Put(json, "KeepOriginalSound", input.keep_original_sound);
      Put(json, "Text", input.text);
    } else {
      Put(json, "Text", input.text);
      Put(json, "ReferenceType", input.reference_type);
    }
    json.EndObject();
  }
  json.EndArray();
  return {};
}

void PutSubjects(JsonWriter& json, const std::vector<Subject>& subjects) {
  if (subjects.empty()) return;
  json.Key("SubjectInfos").BeginArray();
  for (const Subject& subject : subjects) {
    json.BeginObject();
    Put(json, "Id", subject.id);
    Put(json, "Name", subject.name);
    Put(json, "VoiceId", subject.voice_id);
    Put(json, "ImageUrls", subject.image_urls);
    Put(json, "VideoUrls", subject.video_urls);
    json.EndObject();
  }
  json.EndArray();
}

void PutStorage(JsonWriter& json, const TaskSpec& spec) {
  Put(json, "StorageMode", spec.storage);
  Put(json, "MediaName", spec.media_name);
  Put(json, "ClassId", spec.class_id);
  Put(json, "ExpireTime", spec.expire_time);
}

void PutVideoOutput(JsonWriter& json, const TaskSpec& spec) {
  PutStorage(json, spec);
  if (spec.duration) json.Key("Duration").Double(*spec.duration);
  Put(json, "Resolution", spec.resolution);
  Put(json, "AspectRatio", spec.aspect_ratio);
  Put(json, "AudioGeneration", spec.audio);
  Put(json, "PersonGeneration", spec.person_generation);
  Put(json, "InputComplianceCheck", spec.input_compliance_check);
  Put(json, "OutputComplianceCheck", spec.output_compliance_check);
  Put(json, "EnhanceSwitch", spec.enhance);
  Put(json, "OffPeak", spec.off_peak);
  Put(json, "FrameInterpolate", spec.frame_interpolate);
  Put(json, "LogoAdd", spec.logo);
  Put(json, "EnableBGM", spec.bgm);
}

void PutImageOutput(JsonWriter& json, const TaskSpec& spec) {
  PutStorage(json, spec);
  Put(json, "PersonGeneration", spec.person_generation);
  Put(json, "InputComplianceCheck", spec.input_compliance_check);
  Put(json, "OutputComplianceCheck", spec.output_compliance_check);
  Put(json, "Resolution", spec.resolution);
  Put(json, "AspectRatio", spec.aspect_ratio);
  Put(json, "OutputImageCount", spec.count);
  Put(json, "OutputFormat", spec.format);
  Put(json, "LogoAdd", spec.logo);
}

// Left out altogether when nothing in it was said.
void PutOutputConfig(JsonWriter& json, const TaskSpec& spec) {
  JsonWriter config;
  config.BeginObject();
  if (spec.kind == Kind::kVideo) {
    PutVideoOutput(config, spec);
  } else {
    PutImageOutput(config, spec);
  }
  config.EndObject();
  if (config.text() != "{}") json.Key("OutputConfig").Raw(config.text());
}

}  // namespace

Result<std::string> EncodeCreate(const TaskSpec& spec, const CreateContext& context) {
  const bool video = spec.kind == Kind::kVideo;
  JsonWriter json;
  json.BeginObject();
  json.Key("SubAppId").Int(context.sub_app_id);
  Put(json, "ModelName", spec.model);
  Put(json, "ModelVersion", spec.version);
  AIGC_RETURN_IF_ERROR(PutInputs(json, spec));
  if (video) PutSubjects(json, spec.subjects);
  Put(json, "Prompt", spec.prompt);
  Put(json, "NegativePrompt", spec.negative_prompt);
  Put(json, "EnhancePrompt", spec.enhance_prompt);
  PutOutputConfig(json, spec);
  Put(json, "InputRegion", spec.input_region);
  Put(json, "SceneType", spec.scene_type);
  if (video) Put(json, "Procedure", spec.procedure);
  Put(json, "Seed", spec.seed);
  Put(json, "SessionId", context.session_id);
  Put(json, "SessionContext", context.session_context);
  Put(json, "TasksPriority", spec.priority);
  Put(json, "ExtInfo", spec.ext_info);
  json.EndObject();
  if (spec.api.empty()) return json.Take();
  return MergeJson(json.Take(), spec.api);
}

Result<std::string> ExpandInputs(
    std::string_view stored,
    const std::function<Result<std::string>(std::string_view sha256)>& read) {
  const std::string mark = std::string(kInputMember) + std::string(kInputPrefix);
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = stored.find(mark); at != std::string_view::npos;
       at = stored.find(mark, at + mark.size())) {
    const std::size_t begin = at + mark.size();
    const std::string_view sha256 = stored.substr(begin, kSha256Digits);
    const bool ours = sha256.size() == kSha256Digits &&
                      sha256.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
                      stored.substr(begin + kSha256Digits, 1) == "\"";
    if (!ours) continue;
    AIGC_ASSIGN_OR_RETURN(const std::string bytes, read(sha256));
    out += stored.substr(done, at + kInputMember.size() - done);
    out += Base64(bytes);
    done = begin + kSha256Digits;
  }
  out += stored.substr(done);
  return out;
}

std::string SessionContextOf(std::string_view stored) {
  const auto body = ReadAnswerJson(std::string(stored));
  return body.ok() ? TextOf(**body, "SessionContext") : std::string();
}

}  // namespace aigc::api
