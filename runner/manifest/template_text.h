// Templates: `${name}` in the texts of a task. A built-in (id, index, row_number, repeat, kind,
// model, version) that has a value where it stands comes first; then the matrix, the row, and the
// layers of variables, the innermost first. `${matrix.x}`, `${row.x}` and `${vars.x}` look in one
// of them only; `${env:NAME}` takes the environment; `$${` is a literal `${`. A variable and a
// value of the matrix may themselves use names; a row is taken as it is. Nothing is executed.
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
#include "manifest/row.h"
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

  // The combination and the row a task is made of; nullptr: none. They outlive the expander.
  void SetMatrix(const VarTable* values) { matrix_ = values; }
  void SetRow(const Row* row) { row_ = row; }
  void SetBuiltIn(std::string_view name, std::string value) {
    built_ins_.emplace_back(name, std::move(value));
  }
  // A name that will have a value, but not in the text that is being read; `why` follows its name.
  void SetPending(std::string_view name, std::string_view why) { pending_ = {name, why}; }

  // The text of a scalar with its templates replaced; none when a problem was recorded, at the line
  // and column of the template.
  std::optional<std::string> Expand(const Node& scalar);
  // The same for a text that is not in the manifest; problems are reported at `offset`.
  std::optional<std::string> ExpandForeign(std::string_view text, std::size_t offset);
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
  enum class Found { kNo, kYes, kFailed };
  Found FromVariables(std::string_view name, const Job& job, std::size_t at, std::string& value);
  std::optional<std::string> FromEnvironment(std::string_view name, std::size_t at);
  void ReportUnknown(std::string_view name, std::size_t at);

  std::vector<const VarTable*> layers_;
  const VarTable* matrix_ = nullptr;
  const Row* row_ = nullptr;
  EnvironmentCache* environment_;
  ProblemList* problems_;
  std::vector<std::pair<std::string_view, std::string>> built_ins_;
  std::pair<std::string_view, std::string_view> pending_{};
  bool gave_up_ = false;  // a variable led too deep or grew too long
};

inline bool HasTemplate(std::string_view text) { return text.find("${") != std::string_view::npos; }

}  // namespace aigc::manifest
