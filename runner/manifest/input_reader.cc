#include "manifest/input_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "manifest/keys.h"
#include "manifest/media_type.h"

namespace aigc::manifest {
namespace {

constexpr std::array kUsages = std::to_array<Choice>(
    {{"first_frame", "FirstFrame"}, {"last_frame", "LastFrame"}, {"reference", "Reference"}});
constexpr std::array kCategories =
    std::to_array<Choice>({{"image", "Image"}, {"video", "Video"}, {"audio", "Audio"}});

constexpr std::string_view kSourceHint =
    "a source is an https:// URL, vod:FILEID, or the path of a local file";

bool HasPrefix(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// The scheme of "scheme:rest" when it looks like one; a path like "C:x" or "a/b:c" has none.
std::string_view SchemeOf(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2) return {};
  const std::string_view scheme = text.substr(0, colon);
  const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  return plain ? scheme : std::string_view{};
}

bool HasBlankOrControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
}

// Whether a URL has a host.
bool HasHost(std::string_view url) {
  const std::string_view rest = url.substr(url.find("//") + 2);
  return !rest.substr(0, rest.find_first_of("/?#")).empty();
}

Category CategoryFrom(std::string_view sent) {
  if (sent == Name(Category::kVideo)) return Category::kVideo;
  return sent == Name(Category::kAudio) ? Category::kAudio : Category::kImage;
}

}  // namespace

std::optional<std::string> InputReader::TextOf(const Node& node, std::string_view field) {
  if (!node.is_scalar()) return values_.Text(Written(node), field);
  return texts_.Expand(node);
}

std::optional<InputReader::FoundSource> InputReader::FromText(const Node& node,
                                                              std::string_view field) {
  auto text = texts_.Expand(node);
  if (!text) return std::nullopt;
  const auto fail = [&](std::string message, std::string_view hint) -> std::optional<FoundSource> {
    problems_.Error(node.offset, std::move(message), std::string(hint));
    return std::nullopt;
  };
  FoundSource found;
  found.node = &node;
  found.source.text = *text;
  const std::string shown = Excerpt(*text, 60);
  if (text->empty()) return fail(fmt::format("{} is empty", field), kSourceHint);
  if (HasPrefix(*text, "https://") || HasPrefix(*text, "http://")) {
    if (HasBlankOrControl(*text)) {
      return fail(fmt::format("a URL cannot hold a blank: \"{}\"", shown), "write %20");
    }
    if (!HasHost(*text)) return fail(fmt::format("\"{}\" names no host", shown), "");
    found.category = CategoryFromUrl(*text);
    return found;
  }
  if (HasPrefix(*text, "vod:")) {
    found.source.type = SourceType::kFileId;
    found.source.text.erase(0, 4);
    if (found.source.text.empty() || HasBlankOrControl(found.source.text)) {
      return fail(fmt::format("\"{}\" names no file of VOD", shown), "write vod:FILEID");
    }
    return found;
  }
  if (HasPrefix(*text, "task:")) return FromTask(std::move(found));
  if (const auto scheme = SchemeOf(*text); !scheme.empty()) {
    return fail(fmt::format("\"{}:\" is no kind of source", scheme), kSourceHint);
  }
  if (text->find('\0') != std::string::npos) {
    return fail(fmt::format("a path cannot hold a NUL: \"{}\"", shown), "");
  }
  const LocalFile& file = files_.Get(*text, folder_);
  if (!file.problem.empty()) return fail(file.problem, file.hint);
  found.source.type = SourceType::kLocalFile;
  found.source.content_sha256 = file.sha256;
  found.source.content_bytes = static_cast<std::int64_t>(file.bytes);
  found.category = file.category;
  return found;
}

std::optional<InputReader::FoundSource> InputReader::FromTask(FoundSource found) {
  const std::string& text = found.source.text;
  const std::string_view rest = std::string_view(text).substr(std::string_view("task:").size());
  const std::size_t mark = std::min(rest.find('#'), rest.size());
  const std::string_view number = mark < rest.size() ? rest.substr(mark + 1) : "1";
  // No task has nearly as many outputs.
  const bool plain = !number.empty() && number.size() <= 4 && number.front() != '0' &&
                     number.find_first_not_of("0123456789") == std::string_view::npos;
  if (mark == 0 || !plain) {
    problems_.Error(found.node->offset,
                    fmt::format("\"{}\" names no output of a task", Excerpt(text, 60)),
                    "write task:ID, or task:ID#2 for its second output");
    return std::nullopt;
  }
  found.source.type = SourceType::kTask;
  found.source.output = std::stoi(std::string(number));
  found.source.text = std::string(rest.substr(0, mark));
  return found;
}

std::optional<InputReader::FoundSource> InputReader::ReadSource(const Node& node,
                                                                std::string_view field) {
  if (node.is_scalar()) return FromText(node, field);
  if (!node.is_map()) {
    ReportType(Written(node), field, "a source", std::string(kSourceHint), problems_);
    return std::nullopt;
  }
  CheckKeys(node, kSourceKeys, "a source", problems_);
  const Node* source = node.Find("source");
  if (source == nullptr || !source->is_scalar()) {
    problems_.Error(source == nullptr ? node.offset : source->offset,
                    fmt::format("{} needs a \"source\"", field), std::string(kSourceHint));
    return std::nullopt;
  }
  auto found = FromText(*source, field);
  if (const Node* key = node.Find("key"); key != nullptr && !key->is_null()) {
    const auto text = TextOf(*key, "key");
    if (!text) return std::nullopt;
    if (found) found->source.key = *text;
  }
  return found;
}

bool InputReader::ReadFrame(const Node* node, std::string_view field, std::string_view usage,
                            TaskSpec& spec) {
  if (node == nullptr) return true;
  auto found = ReadSource(*node, field);
  if (!found) return false;
  if (found->category.value_or(Category::kImage) != Category::kImage) {
    problems_.Error(found->node->offset,
                    fmt::format("{} must be an image, not {}", field, Phrase(*found->category)),
                    "give videos and sounds under references or inputs");
    return false;
  }
  Input input;
  input.source = std::move(found->source);
  input.usage = usage;
  spec.inputs.push_back(std::move(input));
  return true;
}

bool InputReader::ReadReferences(const Node& node, TaskSpec& spec) {
  if (!node.is_list()) {
    ReportType(Written(node), "references", "a list of sources",
               node.is_scalar() ? "write it as a list: [\"…\"]" : "", problems_);
    return false;
  }
  bool ok = true;
  for (const Node* item : node.items) {
    auto found = ReadSource(*item, "a reference");
    ok = found.has_value() && ok;
    if (!found) continue;
    Input input;
    input.source = std::move(found->source);
    input.usage = "Reference";
    input.category = found->category.value_or(Category::kImage);
    spec.inputs.push_back(std::move(input));
  }
  return ok;
}

bool InputReader::ReadTraits(const Node& node, Input& input, std::optional<Category>& category) {
  bool ok = true;
  const auto text = [&](const char* field, std::string& out) {
    const Node* value = node.Find(field);
    if (value == nullptr || value->is_null()) return;
    if (auto read = TextOf(*value, field)) {
      out = std::move(*read);
    } else {
      ok = false;
    }
  };
  const auto choice = [&](const char* field, std::span<const Choice> choices) -> std::string {
    const Node* value = node.Find(field);
    if (value == nullptr || value->is_null()) return "";
    const auto read = TextOf(*value, field);
    auto chosen = read ? values_.OneOf({value, *read, true}, field, choices) : std::nullopt;
    ok = chosen.has_value() && ok;
    return chosen.value_or("");
  };
  input.usage = choice("usage", kUsages);
  if (const std::string chosen = choice("category", kCategories); !chosen.empty()) {
    category = CategoryFrom(chosen);
  }
  text("key", input.source.key);
  text("reference_type", input.reference_type);
  text("object_id", input.object_id);
  text("voice_id", input.voice_id);
  text("text", input.text);
  const Node* sound = node.Find("keep_original_sound");
  if (sound != nullptr && !sound->is_null()) {
    const auto read = TextOf(*sound, "keep_original_sound");
    if (read) {
      const bool plain = sound->plain || HasTemplate(sound->text);
      input.keep_original_sound = values_.Bool({sound, *read, plain}, "keep_original_sound");
    }
    ok = input.keep_original_sound.has_value() && ok;
  }
  return ok;
}

bool InputReader::ReadInput(const Node& node, Input& input) {
  if (!node.is_map()) {
    ReportType(Written(node), "an input", "a map", "write {source: …, usage: …}", problems_);
    return false;
  }
  CheckKeys(node, kInputKeys, "an input", problems_);
  std::optional<Category> category;
  bool ok = ReadTraits(node, input, category);
  const Node* source = node.Find("source");
  if (source == nullptr || source->is_null()) {
    problems_.Error(node.offset, "an input needs a \"source\"", std::string(kSourceHint));
    return false;
  }
  auto found = ReadSource(*source, "source");
  if (!found) return false;
  if (found->source.key.empty()) found->source.key = input.source.key;
  input.source = std::move(found->source);
  // The content of a local file is certain, the suffix of a URL a guess.
  const bool certain = input.source.type == SourceType::kLocalFile;
  if (certain && category && *category != *found->category) {
    problems_.Error(node.Find("category")->offset,
                    fmt::format("category says {}, but {} holds {}", ToLower(Name(*category)),
                                Excerpt(input.source.text, 60), Phrase(*found->category)),
                    "leave category out for local files");
    ok = false;
  }
  input.category = category ? *category : found->category.value_or(Category::kImage);
  return ok;
}

bool InputReader::ReadInputs(const Node& node, TaskSpec& spec) {
  if (!node.is_list()) {
    ReportType(Written(node), "inputs", "a list of maps", "", problems_);
    return false;
  }
  bool ok = true;
  for (const Node* item : node.items) {
    Input input;
    if (ReadInput(*item, input)) {
      spec.inputs.push_back(std::move(input));
    } else {
      ok = false;
    }
  }
  return ok;
}

// Reference 3.2, 3.7 and 10 (12): nothing of it is certain enough to refuse the task.
void InputReader::WarnOf(const LocalFile& file, Kind kind, bool uploaded, std::size_t entry) {
  const std::uint64_t most = kind == Kind::kVideo ? 10'000'000 : 7'000'000;
  const std::string name = Excerpt(file.path, 120);
  if (file.category == Category::kImage && file.bytes > most) {
    problems_.Warning(entry,
                      fmt::format("{} has {} bytes; the service recommends images below {}", name,
                                  file.bytes, most),
                      "it may refuse the task; a smaller picture is safe");
  }
  if (uploaded && file.suffix == "webp") {
    problems_.Warning(
        entry,
        fmt::format("{} is WebP, and is uploaded: whether the service takes WebP that "
                    "way is not documented",
                    name),
        "convert it to PNG or JPEG, or make it small enough to go inside the request");
  }
}

bool InputReader::ChooseRoad(std::size_t entry, TaskSpec& spec) {
  std::vector<Input*> local;
  std::int64_t inside = 0;  // bytes
  for (Input& input : spec.inputs) {
    if (input.source.type != SourceType::kLocalFile) continue;
    local.push_back(&input);
    inside += input.source.content_bytes;
  }
  const auto most = static_cast<std::int64_t>(kMaxInlineBytes);
  if (files_.upload() == Upload::kNever && inside > most) {
    problems_.Error(entry,
                    fmt::format("the local files of this task have {} bytes; they are sent inside "
                                "the request, which takes at most {} bytes of them",
                                inside, kMaxInlineBytes),
                    "make them smaller, leave \"upload: never\" out, or give some as https:// URLs "
                    "or as vod:FILEID");
    return false;
  }
  // The largest first: as few uploads as possible.
  std::stable_sort(local.begin(), local.end(), [](const Input* a, const Input* b) {
    return a->source.content_bytes > b->source.content_bytes;
  });
  for (Input* input : local) {
    const LocalFile& file = files_.Get(input->source.text, folder_);
    const bool uploaded = files_.upload() == Upload::kAlways || inside > most;
    WarnOf(file, spec.kind, uploaded, entry);
    if (!uploaded) continue;
    inside -= input->source.content_bytes;
    input->source.upload_path = file.absolute;
    input->source.upload_type = file.suffix;
  }
  return true;
}

bool InputReader::Read(const InputNodes& nodes, std::size_t entry, TaskSpec& spec) {
  bool ok = ReadFrame(nodes.first_frame, "first_frame", "FirstFrame", spec);
  ok = ReadFrame(nodes.last_frame, "last_frame", "LastFrame", spec) && ok;
  if (nodes.references != nullptr) ok = ReadReferences(*nodes.references, spec) && ok;
  if (nodes.inputs != nullptr) ok = ReadInputs(*nodes.inputs, spec) && ok;
  return ChooseRoad(entry, spec) && ok;
}

}  // namespace aigc::manifest
