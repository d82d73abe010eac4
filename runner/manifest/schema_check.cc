// The only file that includes valijson, which takes its time to compile. Its yaml-cpp adapter does
// not (1.0), so the tree becomes Poco JSON: the settings as a whole, and one entry at a time.
#include "manifest/schema_check.h"

#include <Poco/Dynamic/Var.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>
#include <valijson/adapters/poco_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "base/text.h"
#include "manifest/scalar.h"
#include "manifest/schema_shapes.h"
#include "manifest/schema_text.h"

namespace aigc::manifest {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kMaxFindings = 1000;
// An entry of more nodes (aliases of aliases can stand for a million) is left to the readers.
constexpr std::uint64_t kMaxWeight = 100'000;

Var ScalarVar(const Node& node) {
  switch (TypeOfScalar(node)) {
    case ScalarType::kBool:
      return *ParseBool(node.text);
    case ScalarType::kInteger:
      return *ParseInteger(node.text);
    case ScalarType::kNumber:
      return *ParseNumber(node.text);
    case ScalarType::kText:
      break;
  }
  return node.text;
}

Var ToVar(const Node& node, bool skip_tasks) {
  switch (node.type) {
    case NodeType::kNull:
      return {};
    case NodeType::kScalar:
      return ScalarVar(node);
    case NodeType::kList: {
      Array::Ptr list = new Array;
      for (const Node* item : node.items) list->add(ToVar(*item, false));
      return list;
    }
    case NodeType::kMap:
      break;
  }
  Object::Ptr map = new Object;
  for (const Member& member : node.members) {
    const std::string& key = member.key->text;
    if (IsFreeField(key) && member.value->is_map()) {
      map->set(key, Object::Ptr(new Object));
    } else if (skip_tasks && key == "tasks" && member.value->is_list()) {
      map->set(key, Array::Ptr(new Array));
    } else {
      map->set(key, ToVar(*member.value, false));
    }
  }
  return map;
}

// --- the schema, made ready once ---

// Without what costs much and what the readers check: patterns of free texts. That of a template
// stays, since it tells "${seconds}" from a word in a number's place.
void DropPatterns(const Var& value, bool in_template) {
  if (value.type() == typeid(Array::Ptr)) {
    const auto& list = value.extract<Array::Ptr>();
    for (std::size_t i = 0; i < list->size(); ++i) {
      DropPatterns(list->get(static_cast<unsigned>(i)), false);
    }
    return;
  }
  if (value.type() != typeid(Object::Ptr)) return;
  Object::Ptr map = value.extract<Object::Ptr>();
  if (!in_template && map->has("pattern")) map->remove("pattern");
  for (const std::string& name : map->getNames()) {
    DropPatterns(map->get(name), name == "template");
  }
}

// Whether a part of the schema looks at more than types.
ValuesSeen LooksAt(const Var& value, const Object& definitions) {
  constexpr std::string_view kAll[] = {"enum", "const"};
  constexpr std::string_view kNumbers[] = {"minimum", "maximum", "exclusiveMinimum",
                                           "exclusiveMaximum", "multipleOf"};
  constexpr std::string_view kTexts[] = {"pattern", "minLength", "maxLength", "format"};
  ValuesSeen seen;
  if (value.type() == typeid(Array::Ptr)) {
    const auto& list = value.extract<Array::Ptr>();
    for (std::size_t i = 0; i < list->size(); ++i) {
      seen.Add(LooksAt(list->get(static_cast<unsigned>(i)), definitions));
    }
    return seen;
  }
  if (value.type() != typeid(Object::Ptr)) return seen;
  const auto& map = value.extract<Object::Ptr>();
  const auto has = [&](std::string_view word) { return map->has(std::string(word)); };
  if (std::any_of(std::begin(kAll), std::end(kAll), has)) seen = {true, true};
  if (std::any_of(std::begin(kNumbers), std::end(kNumbers), has)) seen.numbers = true;
  if (std::any_of(std::begin(kTexts), std::end(kTexts), has)) seen.texts = true;
  constexpr std::string_view kPrefix = "#/definitions/";
  if (map->has("$ref")) {
    const auto ref = map->getValue<std::string>("$ref");
    const std::string name = ref.rfind(kPrefix, 0) == 0 ? ref.substr(kPrefix.size()) : "";
    seen.Add(definitions.has(name) ? LooksAt(definitions.get(name), definitions)
                                   : ValuesSeen{true, true});
  }
  for (const char* word : {"anyOf", "allOf", "oneOf", "items", "additionalProperties"}) {
    if (map->has(word)) seen.Add(LooksAt(map->get(word), definitions));
  }
  return seen;
}

// The names under which such values stand, wherever they are.
void CollectNames(const Var& value, const Object& definitions, ValueNames& names) {
  if (value.type() == typeid(Array::Ptr)) {
    const auto& list = value.extract<Array::Ptr>();
    for (std::size_t i = 0; i < list->size(); ++i) {
      CollectNames(list->get(static_cast<unsigned>(i)), definitions, names);
    }
    return;
  }
  if (value.type() != typeid(Object::Ptr)) return;
  const auto& map = value.extract<Object::Ptr>();
  if (const auto properties = map->getObject("properties")) {
    for (const std::string& name : properties->getNames()) {
      names[name].Add(LooksAt(properties->get(name), definitions));
    }
  }
  for (const std::string& name : map->getNames()) {
    if (name != "examples") CollectNames(map->get(name), definitions, names);
  }
}

struct ReadySchema {
  valijson::Schema settings;  // the whole, but for what is in the list of tasks
  valijson::Schema task;      // one entry
  ValueNames value_names;

  ReadySchema() {
    Poco::JSON::Parser parser;
    const Var root = parser.parse(std::string(SchemaText()));
    DropPatterns(root, false);
    Object::Ptr whole = root.extract<Object::Ptr>();
    Object::Ptr definitions = whole->getObject("definitions");
    CollectNames(definitions->get("task"), *definitions, value_names);
    CollectNames(definitions->get("input"), *definitions, value_names);
    CollectNames(definitions->get("source"), *definitions, value_names);

    Object::Ptr properties = whole->getObject("properties");
    Object::Ptr list = new Object;
    list->set("type", "array");
    properties->set("tasks", list);
    whole->remove("$id");
    Populate(root, settings);

    Object::Ptr one = new Object;
    Object::Ptr reference = new Object;
    reference->set("$ref", "#/definitions/task");
    Array::Ptr all = new Array;
    all->add(reference);
    one->set("allOf", all);
    one->set("definitions", definitions);
    Populate(one, task);
  }

 private:
  static void Populate(const Var& from, valijson::Schema& schema) {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::PocoJsonAdapter(from), schema);
  }
};

const ReadySchema& Ready() {
  static const ReadySchema schema;
  return schema;
}

// --- what valijson says, in our words ---

// The node at the end of a path "<root>", "[tasks]", "[3]" …, and a JSON pointer to it. Stops where
// the tree has no such node.
struct Located {
  const Node* node;
  const Node* area;  // the task's field or the setting
  const Node* area_key;
  std::string pointer;
};
Located Locate(const Node& root, const std::vector<std::string>& path, const std::string& prefix) {
  // A setting may be one of a group (defaults, limits, output, vars).
  const std::size_t area_depth = prefix.empty() ? 2 : 1;
  Located at{&root, &root, nullptr, prefix};
  for (std::size_t i = 1; i < path.size(); ++i) {
    const std::string step = path[i].size() > 2 ? path[i].substr(1, path[i].size() - 2) : "";
    const Node* next = nullptr;
    const Node* key = nullptr;
    if (at.node->is_map()) {
      for (const Member& member : at.node->members) {
        if (member.key->text == step) std::tie(key, next) = std::tie(member.key, member.value);
      }
    } else if (at.node->is_list()) {
      const auto index = ParseInteger(step);
      if (index && *index >= 0 && static_cast<std::size_t>(*index) < at.node->items.size()) {
        next = at.node->items[static_cast<std::size_t>(*index)];
      }
    }
    if (next == nullptr) break;
    at.node = next;
    if (i <= area_depth && key != nullptr) std::tie(at.area, at.area_key) = std::tie(next, key);
    at.pointer += '/';
    for (const char c : step) at.pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return at;
}

std::string TypeOf(const Node& node) {
  switch (node.type) {
    case NodeType::kNull:
      return "null";
    case NodeType::kList:
      return "a list";
    case NodeType::kMap:
      return "a map";
    case NodeType::kScalar:
      break;
  }
  return fmt::format("\"{}\"", Excerpt(node.text, 60));
}

// valijson names the key that no part of the schema allows in quotes.
const Member* ForeignMember(const Node& map, const std::string& description) {
  if (!map.is_map() || description.find("additionalProperties") == std::string::npos) {
    return nullptr;
  }
  for (const Member& member : map.members) {
    if (description.find("'" + member.key->text + "'") != std::string::npos) return &member;
  }
  return nullptr;
}

void Translate(const Node& root, const std::string& prefix, valijson::ValidationResults& results,
               std::vector<SchemaFinding>& findings) {
  std::vector<valijson::ValidationResults::Error> errors(results.begin(), results.end());
  for (const auto& error : errors) {
    // What contains something wrong is wrong too, and is not worth a word of its own.
    const bool is_outer = std::any_of(errors.begin(), errors.end(), [&](const auto& other) {
      return other.context.size() > error.context.size() &&
             std::equal(error.context.begin(), error.context.end(), other.context.begin());
    });
    if (is_outer || findings.size() >= kMaxFindings) continue;
    const Located at = Locate(root, error.context, prefix);
    SchemaFinding finding{at.node, at.area, at.area_key, at.pointer, ""};
    if (const Member* foreign = ForeignMember(*at.node, error.description)) {
      finding.place = finding.area_key = foreign->key;
      finding.area = foreign->value;
      finding.message = fmt::format("the manifest's schema has no key \"{}\" here",
                                    Excerpt(foreign->key->text, 60));
    } else {
      finding.message = fmt::format("{} is not what the manifest's schema allows at {}",
                                    TypeOf(*at.node), at.pointer.empty() ? "/" : at.pointer);
    }
    const bool known = std::any_of(
        findings.rbegin(),
        findings.rbegin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(findings.size(), 50)),
        [&](const SchemaFinding& one) { return one.place == finding.place; });
    if (!known) findings.push_back(std::move(finding));
  }
}

// Nodes of a tree but for `left_out`, with aliases counted as often as they are used; once it is
// clear that there are more than kMaxWeight, any number above it.
std::uint64_t WeightOf(const Node& node, const Node* left_out = nullptr) {
  std::uint64_t weight = 1;
  for (const Node* item : node.items) {
    if (weight > kMaxWeight) return weight;
    if (item != left_out) weight += WeightOf(*item, left_out);
  }
  for (const Member& member : node.members) {
    if (weight > kMaxWeight) return weight;
    if (member.value != left_out) weight += WeightOf(*member.value, left_out);
  }
  return weight;
}

void CheckEntries(const Node& tasks, const ReadySchema& schema,
                  std::vector<SchemaFinding>& findings) {
  SchemaShapes shapes(schema.value_names);
  valijson::Validator validator;
  for (std::size_t i = 0; i < tasks.items.size() && findings.size() < kMaxFindings; ++i) {
    const Node& entry = *tasks.items[i];
    if (WeightOf(entry) > kMaxWeight) continue;
    const std::string& shape = shapes.Of(entry);
    if (shapes.IsAccepted(shape)) continue;
    const valijson::adapters::PocoJsonAdapter target(ToVar(entry, false));
    if (validator.validate(schema.task, target, nullptr)) {
      shapes.Accept(shape);
      continue;
    }
    valijson::ValidationResults results;
    validator.validate(schema.task, target, &results);
    Translate(entry, fmt::format("/tasks/{}", i), results, findings);
  }
}

// Whether one of `errors` (offsets) is about something in a part of the tree.
bool HasErrorInside(const Node& node, const std::set<std::size_t>& errors) {
  if (errors.count(node.offset) > 0) return true;
  for (const Node* item : node.items) {
    if (HasErrorInside(*item, errors)) return true;
  }
  return std::any_of(node.members.begin(), node.members.end(), [&](const Member& member) {
    return errors.count(member.key->offset) > 0 || HasErrorInside(*member.value, errors);
  });
}

}  // namespace

std::vector<SchemaFinding> SchemaFindings(const Node& root) {
  const ReadySchema& schema = Ready();
  std::vector<SchemaFinding> findings;
  const Node* tasks = root.Find("tasks");
  if (tasks != nullptr && !tasks->is_list()) tasks = nullptr;
  if (WeightOf(root, tasks) <= kMaxWeight) {
    const valijson::adapters::PocoJsonAdapter target(ToVar(root, true));
    valijson::ValidationResults results;
    if (!valijson::Validator().validate(schema.settings, target, &results)) {
      Translate(root, "", results, findings);
    }
  }
  if (tasks != nullptr) CheckEntries(*tasks, schema, findings);
  return findings;
}

void CheckAgainstSchema(const Node& root, ProblemList& problems) {
  std::vector<SchemaFinding> findings;
  try {
    findings = SchemaFindings(root);
  } catch (const Poco::Exception& failure) {
    problems.Error(root.offset, "the built-in schema cannot be used: " + failure.displayText());
  } catch (const std::exception& failure) {
    problems.Error(root.offset,
                   fmt::format("the built-in schema cannot be used: {}", failure.what()));
  }
  const std::set<std::size_t> errors = problems.ErrorOffsets();
  for (SchemaFinding& finding : findings) {
    const bool is_known =
        errors.count(finding.place->offset) > 0 || HasErrorInside(*finding.area, errors) ||
        (finding.area_key != nullptr && errors.count(finding.area_key->offset) > 0);
    if (is_known) continue;
    problems.Error(finding.place->offset, std::move(finding.message),
                   "`aigc-batch schema` describes all keys and values");
  }
}

}  // namespace aigc::manifest
