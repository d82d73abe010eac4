#include "task/task_spec.h"

#include "base/digest.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace aigc {
namespace {

std::string_view Name(SourceType type) {
  switch (type) {
    case SourceType::kUrl:
      return "url";
    case SourceType::kFileId:
      return "vod";
    case SourceType::kTask:
      return "task";
    case SourceType::kLocalFile:
      return "file";
  }
  return "url";
}

void Put(JsonWriter& json, std::string_view key, const std::string& value) {
  if (!value.empty()) json.Key(key).String(value);
}
void Put(JsonWriter& json, std::string_view key, const std::optional<bool>& value) {
  if (value) json.Key(key).Bool(*value);
}
void Put(JsonWriter& json, std::string_view key, const std::optional<int>& value) {
  if (value) json.Key(key).Int(*value);
}
// As text: Poco's reader rounds large negative integers.
void Put(JsonWriter& json, std::string_view key, const std::optional<std::int64_t>& value) {
  if (value) json.Key(key).String(std::to_string(*value));
}
void Put(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.Key(key).BeginArray();
  for (const auto& value : values) json.String(value);
  json.EndArray();
}

// What a source is to the fingerprint: its key, its content, or which output of a task (of which
// one is told by that task's fingerprint, see Fingerprint).
void PutSourceIdentity(JsonWriter& json, const Source& source) {
  if (!source.key.empty()) {
    Put(json, "key", source.key);
  } else if (source.type == SourceType::kLocalFile) {
    Put(json, "sha256", source.content_sha256);
  } else if (source.type == SourceType::kTask) {
    json.Key("output").Int(source.output);
  } else {
    Put(json, Name(source.type), source.text);
  }
}

void PutSource(JsonWriter& json, const Source& source) {
  Put(json, Name(source.type), source.text);
  Put(json, "key", source.key);
  if (source.type == SourceType::kTask) json.Key("output").Int(source.output);
  if (source.type == SourceType::kLocalFile) {
    Put(json, "sha256", source.content_sha256);
    json.Key("bytes").Int(source.content_bytes);
    Put(json, "upload", source.upload_path);
    Put(json, "type", source.upload_type);
  }
}

void PutInputTraits(JsonWriter& json, const Input& input) {
  Put(json, "usage", input.usage);
  json.Key("category").String(Name(input.category));
  Put(json, "reference_type", input.reference_type);
  Put(json, "object_id", input.object_id);
  Put(json, "voice_id", input.voice_id);
  Put(json, "keep_original_sound", input.keep_original_sound);
  Put(json, "text", input.text);
}

enum class Spelling { kAsIs, kFolded };

// The members that shape the output, apart from inputs. Shared by the stored form and the
// fingerprint, so that no new field can be stored and forgotten in the fingerprint. kFolded: what a
// catalog respells is in lower case.
void PutShape(JsonWriter& json, const TaskSpec& spec, Spelling spelling) {
  const auto put_name = [&](std::string_view key, const std::string& value) {
    Put(json, key, spelling == Spelling::kFolded ? ToLower(value) : value);
  };
  json.Key("kind").String(Name(spec.kind));
  put_name("model", spec.model);
  put_name("version", spec.version);
  Put(json, "prompt", spec.prompt);
  Put(json, "negative_prompt", spec.negative_prompt);
  Put(json, "enhance_prompt", spec.enhance_prompt);
  if (!spec.subjects.empty()) {
    json.Key("subjects").BeginArray();
    for (const Subject& subject : spec.subjects) {
      json.BeginObject();
      Put(json, "id", subject.id);
      Put(json, "name", subject.name);
      Put(json, "voice_id", subject.voice_id);
      Put(json, "image_urls", subject.image_urls);
      Put(json, "video_urls", subject.video_urls);
      json.EndObject();
    }
    json.EndArray();
  }
  if (spec.duration) json.Key("duration").Double(*spec.duration);
  put_name("resolution", spec.resolution);
  put_name("aspect_ratio", spec.aspect_ratio);
  Put(json, "audio", spec.audio);
  Put(json, "bgm", spec.bgm);
  Put(json, "enhance", spec.enhance);
  Put(json, "frame_interpolate", spec.frame_interpolate);
  Put(json, "logo", spec.logo);
  Put(json, "person_generation", spec.person_generation);
  Put(json, "input_compliance_check", spec.input_compliance_check);
  Put(json, "output_compliance_check", spec.output_compliance_check);
  Put(json, "count", spec.count);
  Put(json, "format", spec.format);
  Put(json, "seed", spec.seed);
  Put(json, "scene_type", spec.scene_type);
  Put(json, "ext_info", spec.ext_info);
  Put(json, "api", spec.api);  // as text, so that its bytes come back unchanged
}

}  // namespace

std::string_view Name(Kind kind) { return kind == Kind::kVideo ? "video" : "image"; }

std::string_view Name(Category category) {
  switch (category) {
    case Category::kImage:
      return "Image";
    case Category::kVideo:
      return "Video";
    case Category::kAudio:
      return "Audio";
  }
  return "Image";
}

std::string SpecJson(const TaskSpec& spec) {
  JsonWriter json;
  json.BeginObject();
  Put(json, "id", spec.id);
  PutShape(json, spec, Spelling::kAsIs);
  if (!spec.inputs.empty()) {
    json.Key("inputs").BeginArray();
    for (const Input& input : spec.inputs) {
      json.BeginObject();
      PutSource(json, input.source);
      PutInputTraits(json, input);
      json.EndObject();
    }
    json.EndArray();
  }
  Put(json, "off_peak", spec.off_peak);
  Put(json, "storage", spec.storage);
  Put(json, "media_name", spec.media_name);
  Put(json, "class_id", spec.class_id);
  Put(json, "expire_time", spec.expire_time);
  Put(json, "priority", spec.priority);
  Put(json, "input_region", spec.input_region);
  Put(json, "procedure", spec.procedure);
  Put(json, "tags", spec.tags);
  Put(json, "depends_on", spec.depends_on);
  Put(json, "output_dir", spec.output_dir);
  Put(json, "output_filename", spec.output_filename);
  json.EndObject();
  return json.Take();
}

std::string OwnDigest(const TaskSpec& spec) {
  JsonWriter json;
  json.BeginObject();
  PutShape(json, spec, Spelling::kFolded);
  if (!spec.inputs.empty()) {
    json.Key("inputs").BeginArray();
    for (const Input& input : spec.inputs) {
      json.BeginObject();
      PutSourceIdentity(json, input.source);
      PutInputTraits(json, input);
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  return Sha256Hex(json.text());
}

std::vector<std::string> TasksRead(const TaskSpec& spec) {
  std::vector<std::string> ids;
  for (const Input& input : spec.inputs) {
    if (input.source.type == SourceType::kTask && input.source.key.empty()) {
      ids.push_back(input.source.text);
    }
  }
  return ids;
}

std::string Fingerprint(std::string_view own_digest,
                        const std::vector<std::string>& input_fingerprints) {
  std::string digest(own_digest);
  if (!input_fingerprints.empty()) {
    for (const std::string& fingerprint : input_fingerprints) digest += "\n" + fingerprint;
    digest = Sha256Hex(digest);
  }
  return std::string(kFingerprintPrefix) + digest.substr(0, 32);
}

std::string Fingerprint(const TaskSpec& spec, const std::vector<std::string>& input_fingerprints) {
  return Fingerprint(OwnDigest(spec), input_fingerprints);
}

}  // namespace aigc
