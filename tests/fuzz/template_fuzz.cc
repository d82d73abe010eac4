// Any text as a template: the first line is expanded, each further line NAME=VALUE is a variable
// (of the matrix when NAME begins with "m", of a row when it begins with "r"). A text within its
// bound or a problem, twice the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>

#include "base/text.h"
#include "manifest/problem_list.h"
#include "manifest/template_text.h"

namespace aigc::manifest {
namespace {

struct Scene {
  std::deque<Node> nodes;
  VarTable vars, matrix;
  Row row;

  explicit Scene(std::string_view text) {
    for (const std::string_view line : Split(text, '\n')) {
      const auto equals = line.find('=');
      if (equals == std::string_view::npos || equals == 0) continue;
      Node& name = nodes.emplace_back();
      name.text = line.substr(0, equals);
      Node& value = nodes.emplace_back();
      value.type = NodeType::kScalar;
      value.text = line.substr(equals + 1);
      if (line[0] == 'r') {
        if (row.Find(name.text) != nullptr) continue;
        row.names.push_back(name.text);
        row.values.push_back(value.text);
      } else {
        (line[0] == 'm' ? matrix : vars).emplace(name.text, &value);
      }
    }
  }
};

std::string ExpandAll(const Scene& scene, const Node& node, std::string_view text) {
  const SourceText source(text, "fuzz.yaml");
  ProblemList problems(source);
  EnvironmentCache environment([](const std::string& name) -> std::optional<std::string> {
    if (name.empty()) return std::nullopt;
    return "[" + name + "]";
  });
  TextExpander texts({&scene.vars}, environment, problems);
  texts.SetMatrix(&scene.matrix);
  texts.SetRow(&scene.row);
  texts.SetBuiltIn("index", "7");
  texts.SetPending("id", "has no value yet");
  std::string all;
  const auto take = [&](const std::optional<std::string>& expanded) {
    if (!expanded && problems.errors() == 0) std::abort();
    if (expanded && expanded->size() > kMaxExpandedBytes) std::abort();
    all += expanded.value_or("-") + "\n";
  };
  take(texts.Expand(node));
  std::string name;
  take(texts.ExpandFileNameInto(node, name) ? std::optional(name) : std::nullopt);
  for (const Problem& problem : problems.Sorted()) {
    if (problem.place.line < 1) std::abort();
    all += problem.message + "\n" + problem.hint + "\n";
  }
  return all;
}

}  // namespace
}  // namespace aigc::manifest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aigc::manifest;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const Scene scene(text.substr(end));
  Node node;
  node.type = NodeType::kScalar;
  node.plain = true;
  node.text = text.substr(0, end);
  if (ExpandAll(scene, node, text) != ExpandAll(scene, node, text)) std::abort();
  return 0;
}
