// Templates: `${name}` in the texts of a task. A built-in (id, index, row_number, repeat, kind,
// model, version) that has a value where it stands comes first; then the matrix, the row, and the
// layers of variables, the innermost first. `${matrix.x}`, `${row.x}` and `${vars.x}` look in one
// of them only; `${env:NAME}` takes the environment; `$${` is a literal `${`. A variable and a
// value of the matrix may themselves use names; a row is taken as it is. Nothing is executed.
//
// One expander serves all tasks of an entry, one after the other: nothing is allocated for a text
// whose parts fit into memory that earlier ones left behind.
//
// Lifetime: layers and nodes must outlive the expander. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
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
// Templates of one text that are reported when they cannot be replaced.
inline constexpr int kMaxBadTemplates = 1000;

class TextExpander {
 public:
  // `layers`: variables, innermost first.
  TextExpander(std::vector<const VarTable*> layers, EnvironmentCache& environment,
               ProblemList& problems)
      : layers_(std::move(layers)), environment_(&environment), problems_(&problems) {}

  // The combination and the row a task is made of; nullptr: none. They stay until the next ones.
  void SetMatrix(const VarTable* values) { matrix_ = values; }
  void SetRow(const Row* row) { row_ = row; }
  // In place of an earlier value. `name` is a constant of the program.
  void SetBuiltIn(std::string_view name, std::string_view value);
  void SetBuiltIn(std::string_view name, std::int64_t value);
  // From now on the name has no value.
  void ForgetBuiltIn(std::string_view name);
  // To be called for each task: what one led to says nothing about the next.
  void BeginTask() { gave_up_ = false; }
  // A name that will have a value, but not in the text that is being read; `why` follows its name.
  void SetPending(std::string_view name, std::string_view why) { pending_ = {name, why}; }

  // The text of a scalar with its templates replaced; none when a problem was recorded, at the line
  // and column of the template.
  std::optional<std::string> Expand(const Node& scalar);
  // The same, with the text in place of what `out` held; false when a problem was recorded.
  bool ExpandInto(const Node& scalar, std::string& out);
  // The same for a text that is not in the manifest; problems are reported at `offset`.
  std::optional<std::string> ExpandForeign(std::string_view text, std::size_t offset);
  // The same for a file name: `${output}`, `${ext}` and `${generation}` stay, and nothing else may
  // bring in a "${".
  bool ExpandFileNameInto(const Node& scalar, std::string& out);
  bool ExpandFileNameInto(std::string_view text, std::size_t offset, std::string& out);

 private:
  struct Job {
    const Node* node;  // nullptr: text that the program made
    std::size_t offset;
    bool file_name;
    int depth;
  };
  struct BuiltIn {
    std::string_view name;
    std::string value;
    bool has_value;
  };
  // Where the "${" at `at` of the job's text is reported.
  std::size_t PlaceOf(const Job& job, std::size_t at) const;
  // Each adds what its name says to `out`; false when a problem was recorded, and what was added
  // then means nothing. `at`: of the "${" in the job's text.
  bool Append(std::string_view text, const Job& job, std::string& out);
  bool AppendValue(std::string_view name, const Job& job, std::size_t at, std::string& out);
  enum class Found { kNo, kYes, kFailed };
  Found AppendVariable(std::string_view name, const Job& job, std::size_t at, std::string& out);
  bool AppendEnvironment(std::string_view name, const Job& job, std::size_t at, std::string& out);
  BuiltIn& SlotOf(std::string_view name);
  void ReportUnknown(std::string_view name, std::size_t at);

  std::vector<const VarTable*> layers_;
  const VarTable* matrix_ = nullptr;
  const Row* row_ = nullptr;
  EnvironmentCache* environment_;
  ProblemList* problems_;
  std::vector<BuiltIn> built_ins_;
  std::pair<std::string_view, std::string_view> pending_{};
  bool gave_up_ = false;  // a variable led too deep or grew too long
};

inline bool HasTemplate(std::string_view text) { return text.find("${") != std::string_view::npos; }

}  // namespace aigc::manifest
