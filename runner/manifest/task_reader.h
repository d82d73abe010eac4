// One entry of the manifest's list of tasks → its TaskSpecs. One thread.
//
// An entry may make millions of tasks, most of whose fields are the same in all of them. So a
// reader reads everything for the first; once a task was read without any problem, only the fields
// that use templates are read again for the next ones, into a copy of what stays the same.
#pragma once

#include <bitset>
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

class TaskReader {
 public:
  // Both outlive the reader.
  TaskReader(const TaskContext& context, const Entry& entry);

  // Reads the next task of the entry; spec() is what could be read of it. Whether that is enough
  // for others to judge: model, inputs and prompt are what was written.
  bool Read(const Instance& instance);
  // The task read last; may be changed until the next one is read.
  TaskSpec& spec() { return spec_; }

  // In place of Read, with an entry that says nothing: problems of the defaults, which no task may
  // show because each has its own value. Values with templates are left to the tasks.
  void CheckDefaults();

 private:
  // The node that counts for a field: the task's own, else the default if it suits the kind; null
  // and absent are nullptr.
  const Node* Effective(FieldId id) const;
  // A node as a Value, its text in `storage`; none when a template of it could not be replaced.
  std::optional<Value> Expanded(const Node& node, std::string& storage);

  bool IsDue(FieldId id) const { return due_[static_cast<std::size_t>(id)]; }
  // Whether the field can be another one in the next task.
  bool Varies(FieldId id) const;
  // From now on only fields that vary are due. REQUIRES: everything was read, without a problem.
  void KeepWhatStays();

  // Each reads what its name says into spec_; false when a problem was recorded.
  bool ReadKind();
  bool ReadModel();
  bool ReadId();
  bool ReadSimpleFields();
  bool ReadSimpleField(const FieldInfo& field, const Node& node);
  bool ReadText(const FieldInfo& field, const Node& node, std::string& out);
  bool CheckText(const FieldInfo& field, const Node& node, const std::string& text);
  bool ReadPromptFile();
  bool ReadInputs();
  bool ReadSubjects();
  bool ReadExtInfo();
  bool ReadApi();
  bool ReadTags();
  bool ReadDependsOn();
  // A list of texts: `what` it holds ("ids"), and how a message calls one of them.
  bool ReadTexts(FieldId id, std::string_view what, std::string_view one,
                 std::vector<std::string>& out);
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
  std::bitset<kFieldCount> due_;            // what Read has to read
  std::vector<std::size_t> due_simple_;     // the same for fields with a target, in their order
  std::optional<TaskSpec> kept_;            // the fields that are not due, when some are not
  std::optional<std::string> prompt_file_;  // the text of the file, when all tasks name the same
  std::string file_name_;                   // memory for output.filename while it is made
};

// Whether `name` can be that of a variable.
bool IsVarName(std::string_view name);

// Warns at `key` when a built-in is always taken before it. `where`: "vars" or "matrix".
void WarnOfBuiltIn(const Node& key, std::string_view where, ProblemList& problems);

// The variables of a map field `vars`, checked; what is wrong is left out. `node` may be nullptr.
VarTable ReadVars(const Node* node, ProblemList& problems);

}  // namespace aigc::manifest
