// The compiled form of a manifest: its tree, its entries, and how they become tasks. Owned by a
// Manifest; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manifest/local_files.h"
#include "manifest/manifest.h"
#include "manifest/node.h"
#include "manifest/problem_list.h"
#include "manifest/row_reader.h"
#include "manifest/source_text.h"
#include "manifest/task_links.h"
#include "manifest/task_reader.h"
#include "manifest/template_text.h"

namespace aigc::manifest {

class Expansion {
 public:
  Expansion(std::string_view text, const std::string& path, const LoadOptions& options);
  Expansion(const Expansion&) = delete;
  Expansion& operator=(const Expansion&) = delete;

  // Reads and checks everything; to be called once. Whether the manifest can be used.
  bool Load();
  std::vector<Problem> SortedProblems() const { return problems_.Sorted(); }

  const Settings& settings() const { return settings_; }
  std::int64_t task_count() const { return task_count_; }
  Status ForEachTask(const std::function<Status(const ExpandedTask&)>& visit);
  Result<std::string> ReadInput(std::string_view sha256) { return files_.ReadAgain(sha256); }

 private:
  class Readers;

  void MaskSecretKeys();
  void Compile(const Node& root);
  void CompileTasks(const Node& tasks);
  void RefuseMultipliersInDefaults();
  void CheckCount(const Node& tasks);
  std::int64_t MaxTasks() const;
  void FindData(Entry& entry);
  // All tasks in order; ends early when `visit` returns false. What is wrong about data files goes
  // to `problems`, and so does where a task comes from.
  using Visit = std::function<bool(const Entry&, const Instance&)>;
  void ForEachInstance(ProblemList& problems, const Visit& visit);
  bool ForEachRow(const Entry& entry, ProblemList& problems,
                  const std::function<bool(const Row&)>& visit);
  static bool CheckColumns(const Entry& entry, const RowReader& rows, ProblemList& problems);
  bool NamesAllFilesById() const;
  void CheckTasks();
  void ResolveLinks();
  Status ForEachSpec(const std::function<Status(const TaskSpec&, Place)>& visit);
  void CheckSpec(const Entry& entry, ProblemList& problems, TaskSpec& spec);
  std::size_t PlaceOfField(const Entry& entry, std::string_view field) const;
  TaskContext ContextFor(ProblemList& problems);

  LoadOptions options_;
  SourceText source_;
  ProblemList problems_;
  EnvironmentCache environment_;
  LocalFiles files_;
  Document document_;
  Settings settings_;
  VarTable vars_;
  VarTable default_vars_;
  FieldNodes defaults_;
  const Node* filename_ = nullptr;
  std::vector<Entry> entries_;
  std::int64_t task_count_ = 0;
  TaskLinks links_;
};

}  // namespace aigc::manifest
