#include "manifest/task_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "base/times.h"
#include "manifest/input_reader.h"

namespace aigc::manifest {
namespace {

constexpr std::array kKinds = std::to_array<Choice>({{"video", "video"}, {"image", "image"}});
constexpr std::size_t kMaxMediaName = 64;  // characters, reference 6.5
constexpr std::size_t kMaxIdBytes = 128;
constexpr std::string_view kBadIdCharacters = ";#/\\";
constexpr std::string_view kPendingInId = "has no value yet while the id is made; use ${index}";

template <typename T>
struct MemberType;
template <typename T>
struct MemberType<T TaskSpec::*> {
  using type = T;
};

// Whether a plain text loses its end to a comment: the place of the " #", or npos. `node.text` is
// the text with its line breaks folded, so blanks are skipped on both sides.
std::size_t FindLostEnd(const Node& node, std::string_view source) {
  std::size_t at = node.offset;
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  for (const char c : node.text) {
    if (is_blank(c)) continue;
    while (at < source.size() && is_blank(source[at])) ++at;
    if (at >= source.size() || source[at] != c) return std::string_view::npos;  // tag or anchor
    ++at;
  }
  const std::size_t end = at;
  while (at < source.size() && (source[at] == ' ' || source[at] == '\t')) ++at;
  return at > end && at < source.size() && source[at] == '#' ? end : std::string_view::npos;
}

std::string WhyBadId(const std::string& id) {
  if (id.empty()) return "an id cannot be empty";
  if (id.size() > kMaxIdBytes) {
    return fmt::format("an id has at most {} bytes; this one has {}", kMaxIdBytes, id.size());
  }
  for (const char c : id) {
    if (kBadIdCharacters.find(c) != std::string_view::npos) {
      return fmt::format("an id cannot hold \"{}\"", c);
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return "an id cannot hold a control character";
    }
  }
  if (id.find("${") != std::string::npos) return "an id cannot hold \"${\"";
  if (Trim(id).size() != id.size()) return "an id cannot begin or end with a blank";
  return "";
}

}  // namespace

TaskReader::TaskReader(const TaskContext& context, const Entry& entry)
    : context_(context),
      entry_(entry),
      problems_(*context.problems),
      values_(*context.problems),
      texts_({&entry.own_vars, context.manifest_vars}, *context.environment, *context.problems) {
  due_.set();
}

const Node* TaskReader::Effective(FieldId id) const {
  if (const Node* own = entry_.own[id]) return own->is_null() ? nullptr : own;
  const Node* fallback = context_.defaults[id];
  if (fallback == nullptr || fallback->is_null()) return nullptr;
  return AppliesTo(InfoOf(id).applies, spec_.kind) ? fallback : nullptr;
}

std::optional<Value> TaskReader::Expanded(const Node& node, std::string& storage) {
  if (!node.is_scalar() || !HasTemplate(node.text)) return Written(node);
  auto text = texts_.Expand(node);
  if (!text) return std::nullopt;
  storage = std::move(*text);
  return Value{&node, storage, true};
}

void TaskReader::CheckDefaults() {
  const Node* kind = context_.defaults[FieldId::kKind];
  if (kind != nullptr && !(kind->is_scalar() && HasTemplate(kind->text))) ReadKind();
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const FieldInfo& field = TaskFields()[i];
    const Node* node = context_.defaults.values[i];
    if (node == nullptr || node->is_null() || field.target.index() == 0) continue;
    if (node->is_scalar() && HasTemplate(node->text)) continue;
    ReadSimpleField(field, *node);
  }
}

bool TaskReader::ReadKind() {
  const Node* node = Effective(FieldId::kKind);
  std::string storage;
  if (node != nullptr) {
    const auto value = Expanded(*node, storage);
    const auto kind = value ? values_.OneOf(*value, "kind", kKinds) : std::nullopt;
    if (!kind) return false;
    spec_.kind = *kind == Name(Kind::kImage) ? Kind::kImage : Kind::kVideo;
  }
  texts_.SetBuiltIn("kind", Name(spec_.kind));
  return true;
}

bool TaskReader::ReadModel() {
  const Node* node = Effective(FieldId::kModel);
  if (node == nullptr) {
    problems_.Error(entry_.own.map->offset, "this task has no model",
                    "add model: NAME/VERSION here or under defaults, for example Hailuo/2.3");
    return false;
  }
  std::string storage;
  const auto value = Expanded(*node, storage);
  const auto text = value ? values_.Text(*value, "model") : std::nullopt;
  if (!text) return false;
  const auto slash = text->find('/');
  const bool has_blank = text->find_first_of(" \t\r\n") != std::string::npos;
  if (slash == std::string::npos || slash == 0 || slash + 1 == text->size() ||
      text->find('/', slash + 1) != std::string::npos || has_blank) {
    problems_.Error(node->offset,
                    fmt::format("model must be NAME/VERSION, not \"{}\"", Excerpt(*text, 60)),
                    "for example Hailuo/2.3 or Kling/2.1; `aigc-batch models` lists them");
    return false;
  }
  spec_.model = text->substr(0, slash);
  spec_.version = text->substr(slash + 1);
  texts_.SetBuiltIn("model", spec_.model);
  texts_.SetBuiltIn("version", spec_.version);
  return true;
}

bool TaskReader::ReadId() {
  const Node* node = Effective(FieldId::kId);
  if (node == nullptr) {
    problems_.Error(entry_.own.map->offset, "this task has no id",
                    "add id: NAME, unique in the manifest; the results are found by it");
    return false;
  }
  if (!node->is_scalar()) {
    (void)values_.Text(Written(*node), "id");
    return false;
  }
  texts_.SetPending("id", kPendingInId);
  const bool made = texts_.ExpandInto(*node, spec_.id);
  texts_.SetPending("", "");
  if (const std::string why = made ? WhyBadId(spec_.id) : ""; !why.empty()) {
    problems_.Error(node->offset, why, "letters, digits, \"-\", \"_\" and \".\" are always right");
    spec_.id.clear();
    return false;
  }
  if (!made) {
    spec_.id.clear();
    return false;
  }
  texts_.SetBuiltIn("id", spec_.id);
  return true;
}

void TaskReader::RefuseForeignFields() {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const FieldInfo& field = TaskFields()[i];
    const Node* own = entry_.own.values[i];
    if (own == nullptr || own->is_null() || AppliesTo(field.applies, spec_.kind)) continue;
    problems_.Error(own->offset,
                    fmt::format("{} does not apply to {} task", field.name,
                                spec_.kind == Kind::kImage ? "an image" : "a video"),
                    field.name == "first_frame" || field.name == "last_frame"
                        ? "an image task takes pictures under references"
                        : "remove it, or set kind");
  }
}

bool TaskReader::ReadSimpleFields() {
  bool ok = true;
  const auto read = [&](std::size_t i) {
    const FieldInfo& field = TaskFields()[i];
    if (field.target.index() == 0 || !AppliesTo(field.applies, spec_.kind)) return;
    const Node* node = Effective(static_cast<FieldId>(i));
    if (node != nullptr) ok = ReadSimpleField(field, *node) && ok;
  };
  if (kept_) {
    for (const std::size_t i : due_simple_) read(i);
  } else {
    for (std::size_t i = 0; i < kFieldCount; ++i) read(i);
  }
  return ok;
}

bool TaskReader::ReadText(const FieldInfo& field, const Node& node, std::string& out) {
  bool ok = false;
  if (field.choices.empty() && node.is_scalar()) {
    ok = texts_.ExpandInto(node, out);
  } else {
    std::string storage;
    const auto value = Expanded(node, storage);
    if (!value) return false;
    auto text = field.choices.empty() ? values_.Text(*value, field.name)
                                      : values_.OneOf(*value, field.name, field.choices);
    ok = text.has_value();
    if (ok) out = std::move(*text);
  }
  ok = ok && CheckText(field, node, out);
  if (!ok) out.clear();
  return ok;
}

bool TaskReader::ReadSimpleField(const FieldInfo& field, const Node& node) {
  if (const auto* text = std::get_if<std::string TaskSpec::*>(&field.target)) {
    return ReadText(field, node, spec_.**text);
  }
  std::string storage;
  const auto value = Expanded(node, storage);
  if (!value) return false;
  return std::visit(
      [&](auto target) -> bool {
        using Pointer = decltype(target);
        if constexpr (std::is_same_v<Pointer, std::monostate> ||
                      std::is_same_v<Pointer, std::string TaskSpec::*>) {
          return true;
        } else {
          using T = typename MemberType<Pointer>::type;
          if constexpr (std::is_same_v<T, std::optional<bool>>) {
            spec_.*target = values_.Bool(*value, field.name);
          } else if constexpr (std::is_same_v<T, std::optional<double>>) {
            spec_.*target = values_.Seconds(*value, field.name);
          } else {
            const auto number = values_.Integer(*value, field.name, field.low, field.high);
            if (number) spec_.*target = static_cast<typename T::value_type>(*number);
          }
          return (spec_.*target).has_value();
        }
      },
      field.target);
}

bool TaskReader::CheckText(const FieldInfo& field, const Node& node, const std::string& text) {
  // Of the text as it is written: once an entry's first task was right, so are the others.
  const bool is_prompt = field.name == "prompt" || field.name == "negative_prompt";
  if (node.plain && is_prompt && !kept_) {
    const std::size_t lost = FindLostEnd(node, problems_.source().text());
    if (lost != std::string_view::npos) {
      problems_.Error(lost, fmt::format("the {} ends here: \" #\" begins a comment", field.name),
                      "put the text in quotes, or the comment on a line of its own");
      return false;
    }
  }
  if (field.name == "media_name" && CountCodePoints(text) > kMaxMediaName) {
    problems_.Error(node.offset, fmt::format("media_name has {} characters; at most {} are allowed",
                                             CountCodePoints(text), kMaxMediaName));
    return false;
  }
  if (field.name == "expire_time" && !ParseIso(text)) {
    problems_.Error(
        node.offset,
        fmt::format("expire_time must be an ISO 8601 time, not \"{}\"", Excerpt(text, 60)),
        "for example 2030-01-31T12:00:00Z or 2030-01-31T20:00:00+08:00");
    return false;
  }
  return true;
}

bool TaskReader::ReadPromptFile() {
  const Node* node = Effective(FieldId::kPromptFile);
  const Node* own_prompt = entry_.own[FieldId::kPrompt];
  if (node == nullptr) return true;
  const bool own_text = own_prompt != nullptr && !own_prompt->is_null();
  if (own_text && entry_.own[FieldId::kPromptFile] == nullptr) return true;
  if (own_text) {
    problems_.Error(node->offset, "this task has a prompt and a prompt_file", "keep one of them");
    return false;
  }
  std::string storage;
  const auto value = Expanded(*node, storage);
  const auto path = value ? values_.Text(*value, "prompt_file") : std::nullopt;
  if (!path) return false;
  std::string content;
  if (!prompt_file_) {
    auto text = context_.files->ReadText(*path, entry_.folder);
    if (!text.ok()) {
      problems_.Error(node->offset, text.error().message, text.error().hint);
      return false;
    }
    content = *std::move(text);
    if (!HasTemplate(node->text)) prompt_file_ = content;
  }
  auto prompt = texts_.ExpandForeign(prompt_file_ ? *prompt_file_ : content, node->offset);
  if (prompt) spec_.prompt = std::move(*prompt);
  return prompt.has_value();
}

bool TaskReader::ReadInputs() {
  const InputNodes nodes{Effective(FieldId::kFirstFrame), Effective(FieldId::kLastFrame),
                         Effective(FieldId::kReferences), Effective(FieldId::kInputs)};
  const bool foreign = spec_.kind == Kind::kImage && (entry_.own[FieldId::kFirstFrame] != nullptr ||
                                                      entry_.own[FieldId::kLastFrame] != nullptr);
  InputReader reader(*context_.files, entry_.folder, texts_, problems_);
  return reader.Read(nodes, entry_.own.map->offset, spec_) && !foreign;
}

bool TaskReader::ReadSubjects() {
  const Node* subjects = Effective(FieldId::kSubjects);
  if (subjects == nullptr) return true;
  return InputReader(*context_.files, entry_.folder, texts_, problems_)
      .ReadSubjects(*subjects, spec_);
}

bool TaskReader::CheckPrompt(bool inputs_ok) {
  if (!spec_.prompt.empty()) return true;
  const Node* node = Effective(FieldId::kPromptFile);
  if (node != nullptr) return false;
  node = Effective(FieldId::kPrompt);
  // A prompt that is there but could not be read has its own problem.
  if (node != nullptr && !(node->is_scalar() && node->text.empty())) return false;
  const bool other_source = !inputs_ok || !spec_.inputs.empty() || !spec_.scene_type.empty() ||
                            Effective(FieldId::kExtInfo) != nullptr ||
                            Effective(FieldId::kApi) != nullptr;
  if (other_source) return true;
  problems_.Error(node != nullptr ? node->offset : entry_.own.map->offset,
                  "this task has no prompt, and no picture to work from",
                  "add prompt: TEXT; only tasks with inputs, a scene_type or ext_info do without");
  return false;
}

}  // namespace aigc::manifest
