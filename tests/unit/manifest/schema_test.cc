// The schema, the reader and the list of fields agree; and what the schema alone refuses.
#include "manifest/schema_check.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "manifest/keys.h"
#include "manifest/schema_text.h"
#include "manifest/task_fields.h"
#include "manifest/yaml_reader.h"
#include "test_paths.h"
#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

using Poco::JSON::Object;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Keys = std::set<std::string>;

std::map<std::string, Keys> ListedKeys() {
  std::map<std::string, Keys> listed;
  std::ifstream file(std::string(AIGC_TEST_DATA) + "/manifests/fields.txt");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (line.empty() || line[0] == '#' || colon == std::string::npos) continue;
    std::istringstream words(line.substr(colon + 1));
    for (std::string word; words >> word;) listed[line.substr(0, colon)].insert(word);
  }
  return listed;
}

template <typename Names>
Keys AsKeys(const Names& names) {
  return Keys(names.begin(), names.end());
}

Object::Ptr Schema() {
  static const Object::Ptr schema =
      Poco::JSON::Parser().parse(std::string(SchemaText())).extract<Object::Ptr>();
  return schema;
}

Object::Ptr At(Object::Ptr from, std::initializer_list<const char*> path) {
  for (const char* step : path) {
    from = from->isArray(step) ? from->getArray(step)->getObject(1) : from->getObject(step);
    if (!from) ADD_FAILURE() << "the schema has no " << step;
    if (!from) return new Object;
  }
  return from;
}

Keys PropertiesOf(const Object::Ptr& map) {
  EXPECT_TRUE(map->has("additionalProperties"));
  EXPECT_TRUE(map->get("additionalProperties").isBoolean()) << "lets unknown keys pass";
  return AsKeys(map->getObject("properties")->getNames());
}

TEST(Schema, HasTheKeysOfTheListAndOfTheReader) {
  const auto listed = ListedKeys();
  const auto agree = [&](const std::string& group, const Keys& read, const Object::Ptr& map) {
    SCOPED_TRACE(group);
    ASSERT_TRUE(listed.count(group) > 0);
    EXPECT_EQ(read, listed.at(group));
    EXPECT_EQ(PropertiesOf(map), listed.at(group));
  };
  const auto top = Schema();
  agree("top", AsKeys(kTopKeys), top);
  agree("limits", AsKeys(kLimitKeys), At(top, {"properties", "limits"}));
  agree("limits.per_model", AsKeys(kModelLimitKeys),
        At(top, {"properties", "limits", "properties", "per_model", "additionalProperties"}));
  agree("limits.stop_when", AsKeys(kStopWhenKeys),
        At(top, {"properties", "limits", "properties", "stop_when"}));
  agree("output", AsKeys(kOutputKeys), At(top, {"properties", "output"}));
  const auto definitions = top->getObject("definitions");
  agree("task.output", AsKeys(kTaskOutputKeys), At(definitions, {"task", "properties", "output"}));
  agree("source", AsKeys(kSourceKeys), At(definitions, {"source", "anyOf"}));
  agree("input", AsKeys(kInputKeys), At(definitions, {"input"}));
  agree("subject", AsKeys(kSubjectKeys),
        At(definitions, {"task", "properties", "subjects", "items"}));

  Keys fields, defaults, multipliers;
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const std::string name(TaskFields()[i].name);
    fields.insert(name);
    (Multiplies(static_cast<FieldId>(i)) ? multipliers : defaults).insert(name);
  }
  agree("task", fields, At(definitions, {"task"}));
  EXPECT_EQ(multipliers, listed.at("not a default"));
  EXPECT_EQ(PropertiesOf(At(top, {"properties", "defaults"})), defaults);
}

// --- what an editor shows ---

// Calls visit(path, property) for each property of the schema that describes itself.
void ForEachProperty(const Poco::Dynamic::Var& value, const std::string& path,
                     const std::function<void(const std::string&, const Object::Ptr&)>& visit) {
  if (value.type() == typeid(Poco::JSON::Array::Ptr)) {
    for (const auto& item : *value.extract<Poco::JSON::Array::Ptr>()) {
      ForEachProperty(item, path, visit);
    }
  }
  if (value.type() != typeid(Object::Ptr)) return;
  const auto map = value.extract<Object::Ptr>();
  if (const auto properties = map->getObject("properties")) {
    for (const std::string& name : properties->getNames()) {
      const auto property = properties->getObject(name);
      if (!property->has("$ref")) visit(path + "/" + name, property);
    }
  }
  for (const std::string& name : map->getNames()) {
    if (name == "examples" || name == "default") continue;
    ForEachProperty(map->get(name), name == "properties" ? path : path + "/" + name, visit);
  }
}

TEST(Schema, DescribesEveryFieldWithAnExample) {
  int count = 0;
  ForEachProperty(Schema(), "", [&](const std::string& path, const Object::Ptr& property) {
    ++count;
    EXPECT_TRUE(property->has("title")) << path;
    EXPECT_TRUE(property->has("description")) << path;
    EXPECT_TRUE(property->has("examples")) << path;
  });
  EXPECT_GT(count, 80);
}

// Every file there is: a picture, a text, or rows.
class AnyFile : public FileReader {
 public:
  Result<FileContent> Read(const std::string& path, std::uint64_t) override {
    const std::string bytes = path.find(".png") != std::string::npos ? Png(64) : "a red fox";
    return FileContent{bytes.size(), bytes};
  }
  Result<std::unique_ptr<ByteStream>> Open(const std::string&) override {
    MemoryFiles rows;
    rows.files["rows.csv"] = "season,x\nspring,1\nsummer,2\n";
    return rows.Open("rows.csv");
  }
};

std::string JsonOf(const Poco::Dynamic::Var& value) {
  std::ostringstream text;
  Poco::JSON::Stringifier::stringify(value, text);
  return text.str();
}

// What a task needs beside the field so that its example makes sense.
std::string Beside(const std::string& field) {
  std::string text;
  if (field != "id") text += "    id: a-${index}\n";
  if (field != "model") text += "    model: A/1\n";
  if (field != "prompt" && field != "prompt_file") text += "    prompt: p\n";
  if (field == "count" || field == "format") text += "    kind: image\n";
  if (field == "count") text += "    output: {filename: \"${id}-${output}.png\"}\n";
  if (field == "exclude") text += "    matrix: {tone: [bold, calm], size: [s, m, l]}\n";
  if (field == "where") text += "    from: rows.csv\n";
  return text;
}

TEST(Schema, ShowsExamplesThatTheReaderTakes) {
  AnyFile files;
  const auto expect_taken = [&](const std::string& manifest) {
    LoadOptions options = TestOptions(&files);
    const LoadResult loaded = Load(manifest, "example.yaml", options);
    EXPECT_TRUE(loaded.manifest.has_value()) << manifest << Render(loaded.problems, false);
  };
  const std::string vars = "vars: {style: s, sku: x, seconds: 6}\n";
  const auto task = Schema()->getObject("definitions")->getObject("task")->getObject("properties");
  int count = 0;
  for (const std::string& name : task->getNames()) {
    const auto examples = task->getObject(name)->getArray("examples");
    if (!examples) continue;  // $ref
    for (const auto& example : *examples) {
      const std::string other = "tasks:\n  - {id: still, kind: image, model: A/1, prompt: p}\n";
      expect_taken("manifest: 1\n" + vars + other + "  - " + name + ": " + JsonOf(example) + "\n" +
                   Beside(name));
      ++count;
    }
  }
  EXPECT_GT(count, 45);
  const auto top = Schema()->getObject("properties");
  for (const std::string& name : top->getNames()) {
    if (name == "manifest" || name == "tasks" || name == "vars") continue;
    const auto examples = top->getObject(name)->getArray("examples");
    ASSERT_TRUE(examples) << name;
    for (const auto& example : *examples) {
      expect_taken("manifest: 1\n" + name + ": " + JsonOf(example) +
                   "\ntasks:\n  - {id: a, model: A/1, prompt: p}\n");
    }
  }
  const auto limits = top->getObject("limits")->getObject("properties");
  for (const std::string& name : limits->getNames()) {
    for (const auto& example : *limits->getObject(name)->getArray("examples")) {
      expect_taken("manifest: 1\nlimits: {" + name + ": " + JsonOf(example) +
                   "}\ntasks:\n  - {id: a, model: A/1, prompt: p}\n");
    }
  }
}

// --- validation ---

std::string ProblemsOf(const std::string& text) {
  MemoryFiles files;
  return Render(Load(text, "test.yaml", TestOptions(&files)).problems, false);
}

TEST(SchemaCheck, FindsWhatNoReaderLookedAt) {
  // Each task has its own inputs, so that the wrong default is never taken.
  EXPECT_EQ(ProblemsOf("manifest: 1\n"
                       "defaults: {model: A/1, inputs: {source: a.png}}\n"
                       "tasks:\n"
                       "  - {id: a, prompt: p, inputs: []}\n"),
            "test.yaml:2:32: error: a map is not what the manifest's schema allows at "
            "/defaults/inputs\n"
            "     2 | defaults: {model: A/1, inputs: {source: a.png}}\n"
            "       |                                ^\n"
            "  hint: `aigc-batch schema` describes all keys and values\n"
            "1 error, 0 warnings\n");
  // No row is left, so that nobody reads the rest of the entry.
  EXPECT_THAT(ProblemsOf("manifest: 1\n"
                         "tasks:\n"
                         "  - {id: a, model: A/1, prompt: p}\n"
                         "  - id: b-${sku}\n"
                         "    from: data/ok.csv\n"
                         "    where: {sku: none}\n"
                         "    subjects: [{nane: fox}]\n"),
              HasSubstr("test.yaml:7:17: error: the manifest's schema has no key \"nane\" here\n"));
  EXPECT_THAT(ProblemsOf("manifest: 1\n"
                         "tasks:\n"
                         "  - {id: a, model: A/1, prompt: p}\n"
                         "  - {id: \"b-${sku}\", from: data/header.csv, storage: forever}\n"),
              HasSubstr("test.yaml:4:54: error: \"forever\" is not what the manifest's schema "
                        "allows at /tasks/1/storage\n"));
}

TEST(SchemaCheck, SaysNothingWhereTheReaderDid) {
  const std::string problems = ProblemsOf(
      "manifest: 1\n"
      "tasks:\n"
      "  - {id: a, model: A/1, prompt: p, duration: long, references: {a: 1}, inputs: [5]}\n");
  EXPECT_THAT(problems, HasSubstr("3 errors"));
  EXPECT_THAT(problems, testing::Not(HasSubstr("schema")));
}

TEST(SchemaCheck, TellsAllOfThemApartByTheirPlace) {
  const std::string problems = ProblemsOf(
      "manifest: 1\n"
      "defaults:\n"
      "  model: A/1\n"
      "  references: x\n"
      "  subjects: {}\n"
      "  api: [1]\n"
      "tasks:\n"
      "  - {id: a, prompt: p, references: [], subjects: [], api: {}}\n");
  EXPECT_THAT(problems, HasSubstr("test.yaml:4:15: error: \"x\" is not"));
  EXPECT_THAT(problems, HasSubstr("test.yaml:5:13: error: a map is not"));
  EXPECT_THAT(problems, HasSubstr("test.yaml:6:8: error: a list is not"));
  EXPECT_THAT(problems, HasSubstr("3 errors"));
}

struct Tree {
  explicit Tree(const std::string& text) : source(text, "t.yaml"), problems(source) {
    document = ReadYaml(source, problems);
  }
  SourceText source;
  ProblemList problems;
  std::optional<Document> document;
};

// The manifests of the table whose form is wrong, and not only what their values mean: here the
// schema must say no too, without the reader.
TEST(SchemaCheck, RefusesWhatTheReaderRefusesForItsForm) {
  for (const char* stem : {"unknown_keys",
                           "wrong_types",
                           "choices",
                           "top_level_types",
                           "task_is_text",
                           "tasks_is_map",
                           "defaults_is_list",
                           "matrix_types",
                           "exclude",
                           "where",
                           "limits_stop_when",
                           "version_is_text",
                           "newer_version",
                           "sub_app_id_quoted",
                           "sub_app_id_zero",
                           "repeat_values",
                           "subjects",
                           "inputs",
                           "limits",
                           "out_of_range",
                           "multipliers_in_defaults",
                           "bad_tags",
                           "bad_vars",
                           "wrong_defaults_once",
                           "no_tasks"}) {
    const std::string text =
        ReadWholeFile(std::string(AIGC_TEST_DATA) + "/manifests/bad/" + stem + ".yaml");
    const Tree tree(text);
    ASSERT_TRUE(tree.document.has_value()) << stem;
    EXPECT_THAT(SchemaFindings(*tree.document->root), testing::Not(IsEmpty())) << stem;
  }
}

TEST(SchemaCheck, FindsTheOneThatDiffersAmongManyAlike) {
  std::string text = "manifest: 1\ntasks:\n";
  for (int i = 0; i < 20'000; ++i) {
    text += "  - {id: t" + std::to_string(i) +
            ", model: A/1, prompt: p, seed: " + std::to_string(i) +
            ", priority: " + (i == 15'000 ? "11" : "10") + "}\n";
  }
  const Tree tree(text);
  const auto findings = SchemaFindings(*tree.document->root);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].pointer, "/tasks/15000/priority");
  EXPECT_EQ(tree.source.PlaceOf(findings[0].place->offset).line, 15'003);
}

TEST(SchemaCheck, StopsAfterAThousand) {
  std::string text = "manifest: 1\ntasks:\n";
  for (int i = 0; i < 1100; ++i) text += "  - {id: [a], count: " + std::to_string(-i) + "}\n";
  EXPECT_THAT(SchemaFindings(*Tree(text).document->root), SizeIs(1000));
}

}  // namespace
}  // namespace aigc::manifest
