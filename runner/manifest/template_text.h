// Templates: `${name}` in the texts of a task. A name is looked up in the layers of variables, the
// innermost first, and then among the built-ins (id, index, kind, model, version); `${vars.x}`
// looks among the variables only; `${env:NAME}` takes the environment; `$${` is a literal `${`. A
// variable may itself use names. Nothing is executed.
//
// Lifetime: layers and nodes must outlive the expander. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "manifest/node.h"
#include "manifest/problem_list.h"
#include "manifest/source_check.h"

namespace aigc::manifest {

using VarTable = std::unordered_map<std::string_view, const Node*>;

// Asks for each variable once, so that a manifest expands the same way every time.
class EnvironmentCache {
 public:
  explicit EnvironmentCache(Environment environment) : environment_(std::move(environment)) {}
  const std::optional<std::string>& Get(const std::string& name);

 private:
  Environment environment_;
  std::map<std::string, std::optional<std::string>> values_;
};

// An expanded text: no template may give more.
inline constexpr std::size_t kMaxExpandedBytes = 1'000'000;

class TextExpander {
 public:
  // `layers`: variables, innermost first.
  TextExpander(std::vector<const VarTable*> layers, EnvironmentCache& environment,
               ProblemList& problems)
      : layers_(std::move(layers)), environment_(&environment), problems_(&problems) {}

  void SetBuiltIn(std::string_view name, std::string value) {
    built_ins_.emplace_back(name, std::move(value));
  }
  // A name that will have a value, but not in the text that is being read; `why` follows its name.
  void SetPending(std::string_view name, std::string_view why) { pending_ = {name, why}; }

  // The text of a scalar with its templates replaced; none when a problem was recorded, at the line
  // and column of the template.
  std::optional<std::string> Expand(const Node& scalar);
  // The same for a file name: `${output}`, `${ext}` and `${generation}` stay, and nothing else may
  // bring in a "${".
  std::optional<std::string> ExpandFileName(const Node& scalar);
  std::optional<std::string> ExpandFileName(std::string_view text, std::size_t offset);

 private:
  struct Job {
    const Node* node;  // nullptr: text that the program made
    std::size_t offset;
    bool file_name;
    int depth;
  };
  std::optional<std::string> Expand(std::string_view text, const Job& job);
  std::optional<std::string> Resolve(std::string_view name, const Job& job, std::size_t at);
  std::optional<std::string> FromEnvironment(std::string_view name, std::size_t at);
  void ReportUnknown(std::string_view name, std::size_t at);

  std::vector<const VarTable*> layers_;
  EnvironmentCache* environment_;
  ProblemList* problems_;
  std::vector<std::pair<std::string_view, std::string>> built_ins_;
  std::pair<std::string_view, std::string_view> pending_{};
  bool gave_up_ = false;  // a variable led too deep or grew too long
};

inline bool HasTemplate(std::string_view text) { return text.find("${") != std::string_view::npos; }

}  // namespace aigc::manifest
