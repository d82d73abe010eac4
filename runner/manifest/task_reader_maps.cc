// The fields of a task that are maps or lists: ext_info, api, tags, output, vars.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_writer.h"
#include "base/text.h"
#include "manifest/keys.h"
#include "manifest/node_json.h"
#include "manifest/output_names.h"
#include "manifest/task_reader.h"

namespace aigc::manifest {
namespace {

constexpr std::string_view kWrapper = "AdditionalParameters";
constexpr std::array<std::string_view, 7> kBuiltIns = {"id",   "index", "row_number", "repeat",
                                                       "kind", "model", "version"};

}  // namespace

bool IsVarName(std::string_view name) {
  return !name.empty() && name.find_first_of("{}$:. \t\r\n") == std::string_view::npos;
}

void WarnOfBuiltIn(const Node& key, std::string_view where, ProblemList& problems) {
  if (std::find(kBuiltIns.begin(), kBuiltIns.end(), key.text) == kBuiltIns.end()) return;
  problems.Warning(key.offset, fmt::format("the built-in ${{{}}} is taken before this", key.text),
                   fmt::format("write ${{{}.{}}}, or choose another name", where, key.text));
}

bool TaskReader::ReadExtInfo() {
  const Node* node = Effective(FieldId::kExtInfo);
  if (node == nullptr) return true;
  if (node->is_scalar()) {
    auto text = texts_.Expand(*node);
    if (text) spec_.ext_info = std::move(*text);
    return text.has_value();
  }
  if (!node->is_map()) {
    ReportType(Written(*node), "ext_info", "a map or JSON text", "", problems_);
    return false;
  }
  if (const Node* wrapped = node->Find(kWrapper)) {
    problems_.Error(wrapped->offset,
                    fmt::format("ext_info is put into \"{}\" by the program", kWrapper),
                    "write what stands inside it, or the whole ExtInfo as text in single quotes");
    return false;
  }
  const auto inner = MergedJson(node, context_.defaults[FieldId::kExtInfo], texts_, problems_);
  if (!inner) return false;
  // ExtInfo is JSON text whose one member is again JSON text (reference 3.5); the request encodes
  // it a third time.
  JsonWriter outer;
  outer.BeginObject().Key(kWrapper).String(*inner).EndObject();
  spec_.ext_info = outer.Take();
  return true;
}

bool TaskReader::ReadApi() {
  const Node* node = Effective(FieldId::kApi);
  if (node == nullptr) return true;
  if (!node->is_map()) {
    ReportType(Written(*node), "api", "a map", "it is merged into the request as it is", problems_);
    return false;
  }
  auto json = MergedJson(node, context_.defaults[FieldId::kApi], texts_, problems_);
  if (json) spec_.api = std::move(*json);
  return json.has_value();
}

bool TaskReader::ReadTexts(FieldId id, std::string_view what, std::string_view one,
                           std::vector<std::string>& out) {
  const Node* node = Effective(id);
  if (node == nullptr) return true;
  if (!node->is_list()) {
    ReportType(Written(*node), InfoOf(id).name, what,
               node->is_scalar() ? fmt::format("write [{}]", Excerpt(node->text, 40)) : "",
               problems_);
    return false;
  }
  bool ok = true;
  for (const Node* item : node->items) {
    std::string storage;
    const auto value = Expanded(*item, storage);
    auto text = value ? values_.Text(*value, one) : std::nullopt;
    ok = text.has_value() && ok;
    if (!text) continue;
    // The report joins the tags of a task with ";".
    if (id == FieldId::kTags && (text->empty() || text->find(';') != std::string::npos)) {
      problems_.Error(item->offset, fmt::format("a tag cannot be empty or hold \";\""));
      ok = false;
      continue;
    }
    out.push_back(std::move(*text));
  }
  return ok;
}

bool TaskReader::ReadTags() { return ReadTexts(FieldId::kTags, "a list", "a tag", spec_.tags); }

bool TaskReader::ReadDependsOn() {
  return ReadTexts(FieldId::kDependsOn, "a list of ids", "an id in depends_on", spec_.depends_on);
}

const Node* TaskReader::OutputMember(std::string_view key) const {
  const Node* own = entry_.own[FieldId::kOutput];
  if (own != nullptr && own->is_null()) return nullptr;
  for (const Node* map : {own, context_.defaults[FieldId::kOutput]}) {
    if (map == nullptr || !map->is_map()) continue;
    if (const Node* found = map->Find(key)) return found->is_null() ? nullptr : found;
  }
  return nullptr;
}

bool TaskReader::ReadOutput() {
  for (const Node* map : {entry_.own[FieldId::kOutput], context_.defaults[FieldId::kOutput]}) {
    if (map == nullptr || map->is_null()) continue;
    if (!map->is_map()) {
      ReportType(Written(*map), "output", "a map", "write {dir: …, filename: …}", problems_);
      return false;
    }
    if (!kept_) CheckKeys(*map, kTaskOutputKeys, "a task's output", problems_);
  }
  const Node* node = OutputMember("filename");
  if (node == nullptr) node = context_.filename;
  const std::size_t offset = node != nullptr ? node->offset : entry_.own.map->offset;
  if (node != nullptr && !node->is_scalar()) {
    (void)values_.Text(Written(*node), "output.filename");
    return false;
  }
  std::string& name = file_name_;
  const bool made = node != nullptr ? texts_.ExpandFileNameInto(*node, name)
                                    : texts_.ExpandFileNameInto(kDefaultFilename, offset, name);
  if (!made) return false;
  auto why = WhyNotBelow(name);
  if (!why && name.front() == '/') why = "is absolute";
  if (why) {
    problems_.Error(offset,
                    fmt::format("output.filename \"{}\" {}",
                                // As written, so that a batch's own template is reported once.
                                Excerpt(node != nullptr ? node->text : name, 60), *why),
                    "a file name stays below output.dir");
    return false;
  }
  if (spec_.count.value_or(1) > 1 && name.find("${output}") == std::string::npos) {
    problems_.Error(offset, fmt::format("this task makes {} files of one name", *spec_.count),
                    "put ${output} into output.filename");
    return false;
  }
  spec_.output_filename = name;
  return ReadOutputDir(OutputMember("dir"));
}

bool TaskReader::ReadOutputDir(const Node* node) {
  if (node == nullptr) return true;
  std::string storage;
  const auto value = Expanded(*node, storage);
  auto text = value ? values_.Text(*value, "output.dir") : std::nullopt;
  if (!text) return false;
  while (text->size() > 1 && text->back() == '/') text->pop_back();
  if (const auto why = WhyNotBelow(*text)) {
    problems_.Error(node->offset, fmt::format("output.dir \"{}\" {}", Excerpt(*text, 60), *why),
                    "name a folder below the manifest's, or an absolute path");
    return false;
  }
  spec_.output_dir = std::move(*text);
  return true;
}

VarTable ReadVars(const Node* node, ProblemList& problems) {
  VarTable table;
  if (node == nullptr || node->is_null()) return table;
  if (!node->is_map()) {
    ReportType(Written(*node), "vars", "a map", "write {name: text}", problems);
    return table;
  }
  for (const auto& member : node->members) {
    const std::string& name = member.key->text;
    if (!IsVarName(name)) {
      problems.Error(member.key->offset,
                     fmt::format("\"{}\" cannot be the name of a variable", Excerpt(name, 60)),
                     "leave out blanks, \".\", \":\", \"$\" and braces");
      continue;
    }
    if (!member.value->is_scalar()) {
      ReportType(Written(*member.value), fmt::format("vars.{}", Excerpt(name, 60)), "text", "",
                 problems);
      continue;
    }
    WarnOfBuiltIn(*member.key, "vars", problems);
    table.emplace(name, member.value);
  }
  return table;
}

}  // namespace aigc::manifest
