// One entry of the manifest's list of tasks → one TaskSpec. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifest/local_files.h"
#include "manifest/multiplier.h"
#include "manifest/node.h"
#include "manifest/problem_list.h"
#include "manifest/task_fields.h"
#include "manifest/template_text.h"
#include "manifest/value_reader.h"
#include "task/task_spec.h"

namespace aigc::manifest {

// What all tasks of a manifest share. Everything pointed to outlives the readers.
struct TaskContext {
  FieldNodes defaults;
  const VarTable* manifest_vars = nullptr;
  const Node* filename = nullptr;  // output.filename of the batch; nullptr: not said
  LocalFiles* files = nullptr;
  EnvironmentCache* environment = nullptr;
  bool pipelines = false;  // LoadOptions::allow_pipelines
  ProblemList* problems = nullptr;
};

// An entry, ready to be expanded.
struct Entry {
  FieldNodes own;
  VarTable own_vars{};
  Multiplier multiplier{};
  std::string folder{};  // where the relative paths of its sources begin
  std::string data{};    // the file of its rows, as it is opened; empty: none
};

// Which of the tasks that an entry makes.
struct Instance {
  std::int64_t index = 0;            // tasks of the manifest, from 1
  std::int64_t repeat = 1;           // from 1
  const VarTable* matrix = nullptr;  // the combination
  const Row* row = nullptr;
};

struct ReadTaskResult {
  TaskSpec spec;
  // Enough of it could be read for others to judge: model, inputs and prompt are what was written.
  bool complete = false;
};

class TaskReader {
 public:
  // All three outlive the reader.
  TaskReader(const TaskContext& context, const Entry& entry, const Instance& instance);

  ReadTaskResult Read();

  // In place of Read, with an entry that says nothing: problems of the defaults, which no task may
  // show because each has its own value. Values with templates are left to the tasks.
  void CheckDefaults();

 private:
  // The node that counts for a field: the task's own, else the default if it suits the kind; null
  // and absent are nullptr.
  const Node* Effective(FieldId id) const;
  // A node as a Value, its text in `storage`; none when a template of it could not be replaced.
  std::optional<Value> Expanded(const Node& node, std::string& storage);

  // Each reads what its name says into spec_; false when a problem was recorded.
  bool ReadKind();
  bool ReadModel();
  bool ReadId();
  bool ReadSimpleFields();
  bool ReadSimpleField(const FieldInfo& field, const Node& node);
  bool CheckText(const FieldInfo& field, const Node& node, const std::string& text);
  bool ReadPromptFile();
  bool ReadInputs();
  bool ReadExtInfo();
  bool ReadApi();
  bool ReadTags();
  bool ReadDependsOn();
  bool ReadOutput();
  bool ReadOutputDir(const Node* node);
  void RefuseForeignFields();
  bool CheckPrompt(bool inputs_ok);
  // The member of the map field `output` that counts: own over default.
  const Node* OutputMember(std::string_view key) const;

  const TaskContext& context_;
  const Entry& entry_;
  ProblemList& problems_;
  ValueReader values_;
  TextExpander texts_;
  TaskSpec spec_;
};

// Whether `name` can be that of a variable.
bool IsVarName(std::string_view name);

// Warns at `key` when a built-in is always taken before it. `where`: "vars" or "matrix".
void WarnOfBuiltIn(const Node& key, std::string_view where, ProblemList& problems);

// The variables of a map field `vars`, checked; what is wrong is left out. `node` may be nullptr.
VarTable ReadVars(const Node* node, ProblemList& problems);

}  // namespace aigc::manifest
