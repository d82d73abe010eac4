// The ids and file names of a manifest's tasks, each of which may be there once. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manifest/name_table.h"
#include "manifest/problem_list.h"
#include "manifest/row.h"
#include "manifest/task_reader.h"
#include "task/task_spec.h"

namespace aigc::manifest {

class TaskNames {
 public:
  // `files_by_id`: all tasks have the same output.dir and one template for their files, of which
  // NamesFilesById is true. Then the names of the files need no table of their own, unless an id
  // has letters that a file name shows otherwise. The others outlive this.
  TaskNames(const std::vector<Entry>& entries, bool files_by_id, ProblemList& problems)
      : entries_(entries), files_by_id_(files_by_id), problems_(problems) {}

  // Takes the names of the next task, made by `entry` (one of `entries`) and `row` (nullptr without
  // one); a problem when one of them is taken.
  void Take(const TaskSpec& spec, const Entry& entry, const Row* row);

  const NameTable& ids() const { return ids_; }

 private:
  std::optional<Origin> TakeFile(const TaskSpec& spec, Origin here);
  std::string Written(const Origin& origin) const;

  const std::vector<Entry>& entries_;
  const bool files_by_id_;
  ProblemList& problems_;
  NameTable ids_;
  NameTable files_;  // FileKey; with files_by_id_: folded ids, of those that are not folded anyway
};

}  // namespace aigc::manifest
