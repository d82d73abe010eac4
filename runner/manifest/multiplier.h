// How one entry of the manifest becomes many tasks: `matrix`, `exclude`, `repeat`, and which rows
// of its data file count (`where`). Read once; immutable afterwards, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/node.h"
#include "manifest/problem_list.h"
#include "manifest/row.h"
#include "manifest/task_fields.h"
#include "manifest/template_text.h"

namespace aigc::manifest {

// One name of the matrix and the values it takes.
struct Axis {
  std::string_view name;
  std::vector<const Node*> values;  // scalars, all different
};

// `name: value` or `name: [value, …]` of an exclude or a where.
struct Condition {
  std::string_view name;
  const Node* key = nullptr;
  std::vector<std::string_view> accepted;

  bool Accepts(std::string_view value) const;
};

struct Multiplier {
  std::vector<Axis> axes;                        // in the order written
  std::vector<std::vector<Condition>> excluded;  // a combination that meets all of one is dropped
  std::vector<Condition> where;                  // a row that meets all is kept
  std::int64_t repeat = 1;

  // Tasks of one row before exclusions; INT64_MAX when there are more.
  std::int64_t Product() const;
  // The values of a combination by name, and which repetition (from 1).
  using Visit = std::function<bool(const VarTable& values, std::int64_t repeat)>;
  // Every combination that is not excluded, the last name changing fastest, and each as often as
  // `repeat` says. `row` may be nullptr. Ends early, with false, when `visit` returns false.
  bool ForEach(const Row* row, const Visit& visit) const;
  bool Keeps(const Row& row) const;

 private:
  bool ForEachRepeat(const VarTable& values, const Row* row, const Visit& visit) const;
  bool IsExcluded(const VarTable& values, const Row* row) const;
};

// What the fields of an entry say; what is wrong is left out, with a problem.
Multiplier ReadMultiplier(const FieldNodes& own, ProblemList& problems);

}  // namespace aigc::manifest
