// ParseSpec: the stored JSON form of a spec read back through Poco JSON.
#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <charconv>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "task/task_spec.h"

namespace aigc {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

// The members that an object has. A stored spec has a few of the many that there are, and asking
// Poco's map for each of them by name took longer than reading the text.
class Members {
 public:
  explicit Members(const Object& object) {
    items_.reserve(object.size());
    for (const auto& [name, value] : object) items_.emplace_back(name, &value);
  }
  const Var* Find(std::string_view key) const {
    for (const auto& [name, value] : items_) {
      if (name == key) return value;
    }
    return nullptr;
  }
  bool has(std::string_view key) const { return Find(key) != nullptr; }

 private:
  std::vector<std::pair<std::string_view, const Var*>> items_;
};

std::string Text(const Members& members, std::string_view key) {
  const Var* const value = members.Find(key);
  if (value == nullptr || value->isEmpty()) return {};
  if (value->isString()) return value->extract<std::string>();
  return value->convert<std::string>();
}

template <typename T>
T Number(const Members& members, std::string_view key, T otherwise) {
  const Var* const value = members.Find(key);
  return value == nullptr ? otherwise : value->convert<T>();
}

template <typename T>
std::optional<T> Optional(const Members& members, std::string_view key) {
  const Var* const value = members.Find(key);
  if (value == nullptr) return std::nullopt;
  // Poco turns an object or text into a truth value without a word.
  if (std::is_same_v<T, bool> != value->isBoolean()) {
    throw Poco::DataFormatException("member " + std::string(key));
  }
  return value->convert<T>();
}

// None when it is absent or no list.
Array::Ptr List(const Members& members, std::string_view key) {
  const Var* const value = members.Find(key);
  if (value == nullptr || value->type() != typeid(Array::Ptr)) return nullptr;
  return value->extract<Array::Ptr>();
}

// Written as text; see Put in task_spec.cc.
std::optional<std::int64_t> LongNumber(const Members& object, std::string_view key) {
  if (!object.has(key)) return std::nullopt;
  const std::string text = Text(object, key);
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) {
    throw Poco::DataFormatException("member " + std::string(key));
  }
  return value;
}

std::vector<std::string> Texts(const Members& object, std::string_view key) {
  std::vector<std::string> out;
  if (const Array::Ptr array = List(object, key)) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      out.push_back(array->getElement<std::string>(static_cast<unsigned>(i)));
    }
  }
  return out;
}

Members MembersOf(const Array& list, unsigned index) {
  const Object::Ptr object = list.getObject(index);
  if (!object) throw Poco::DataFormatException("a list of objects");
  return Members(*object);
}

Source ReadSource(const Members& object) {
  Source source;
  if (object.has("url")) {
    source.text = Text(object, "url");
  } else if (object.has("vod")) {
    source.type = SourceType::kFileId;
    source.text = Text(object, "vod");
  } else if (object.has("task")) {
    source.type = SourceType::kTask;
    source.text = Text(object, "task");
    source.output = Number<int>(object, "output", 1);
  } else {
    source.type = SourceType::kLocalFile;
    source.text = Text(object, "file");
    source.content_sha256 = Text(object, "sha256");
    source.content_bytes = Number<Poco::Int64>(object, "bytes", 0);
    source.upload_path = Text(object, "upload");
    source.upload_type = Text(object, "type");
  }
  source.key = Text(object, "key");
  return source;
}

Input ReadInput(const Members& object) {
  Input input;
  input.source = ReadSource(object);
  input.usage = Text(object, "usage");
  const std::string category = Text(object, "category");
  if (category == "Video") input.category = Category::kVideo;
  if (category == "Audio") input.category = Category::kAudio;
  input.reference_type = Text(object, "reference_type");
  input.object_id = Text(object, "object_id");
  input.voice_id = Text(object, "voice_id");
  input.keep_original_sound = Optional<bool>(object, "keep_original_sound");
  input.text = Text(object, "text");
  return input;
}

Subject ReadSubject(const Members& object) {
  return {Text(object, "id"), Text(object, "name"), Text(object, "voice_id"),
          Texts(object, "image_urls"), Texts(object, "video_urls")};
}

TaskSpec ReadSpec(const Members& object) {
  TaskSpec spec;
  spec.id = Text(object, "id");
  spec.kind = Text(object, "kind") == "image" ? Kind::kImage : Kind::kVideo;
  spec.model = Text(object, "model");
  spec.version = Text(object, "version");
  spec.prompt = Text(object, "prompt");
  spec.negative_prompt = Text(object, "negative_prompt");
  spec.enhance_prompt = Optional<bool>(object, "enhance_prompt");
  if (const Array::Ptr inputs = List(object, "inputs")) {
    for (unsigned i = 0; i < inputs->size(); ++i)
      spec.inputs.push_back(ReadInput(MembersOf(*inputs, i)));
  }
  if (const Array::Ptr subjects = List(object, "subjects")) {
    for (unsigned i = 0; i < subjects->size(); ++i) {
      spec.subjects.push_back(ReadSubject(MembersOf(*subjects, i)));
    }
  }
  spec.duration = Optional<double>(object, "duration");
  spec.resolution = Text(object, "resolution");
  spec.aspect_ratio = Text(object, "aspect_ratio");
  spec.audio = Optional<bool>(object, "audio");
  spec.bgm = Optional<bool>(object, "bgm");
  spec.enhance = Optional<bool>(object, "enhance");
  spec.frame_interpolate = Optional<bool>(object, "frame_interpolate");
  spec.off_peak = Optional<bool>(object, "off_peak");
  spec.logo = Optional<bool>(object, "logo");
  spec.person_generation = Text(object, "person_generation");
  spec.input_compliance_check = Optional<bool>(object, "input_compliance_check");
  spec.output_compliance_check = Optional<bool>(object, "output_compliance_check");
  spec.count = Optional<int>(object, "count");
  spec.format = Text(object, "format");
  spec.storage = Text(object, "storage");
  spec.media_name = Text(object, "media_name");
  spec.class_id = LongNumber(object, "class_id");
  spec.expire_time = Text(object, "expire_time");
  spec.seed = LongNumber(object, "seed");
  spec.scene_type = Text(object, "scene_type");
  spec.priority = Optional<int>(object, "priority");
  spec.input_region = Text(object, "input_region");
  spec.procedure = Text(object, "procedure");
  spec.ext_info = Text(object, "ext_info");
  spec.api = Text(object, "api");
  spec.tags = Texts(object, "tags");
  spec.depends_on = Texts(object, "depends_on");
  spec.output_dir = Text(object, "output_dir");
  spec.output_filename = Text(object, "output_filename");
  return spec;
}

}  // namespace

Result<TaskSpec> ParseSpec(std::string_view json) {
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(64);  // a spec is at most a few levels deep
    const auto parsed = parser.parse(std::string(json));
    return ReadSpec(Members(*parsed.extract<Object::Ptr>()));
  } catch (const Poco::Exception& e) {
    return Error{ErrorCode::kStateDamaged, "a stored task cannot be read: " + e.displayText()};
  } catch (const std::exception& e) {
    return Error{ErrorCode::kStateDamaged,
                 std::string("a stored task cannot be read: ") + e.what()};
  }
}

}  // namespace aigc
