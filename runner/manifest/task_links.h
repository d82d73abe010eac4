// Which tasks wait for which others: sources that are outputs of tasks, and depends_on. Checked
// when all tasks are known. Keeps ids only, and only of tasks that wait. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "manifest/name_table.h"
#include "manifest/problem_list.h"
#include "task/task_spec.h"

namespace aigc::manifest {

class TaskLinks {
 public:
  // `offset`: where in the manifest the task was written.
  void Add(const TaskSpec& spec, std::size_t offset);

  // A problem for each id that is none of `ids`, and for each cycle, with its path.
  void Check(const NameTable& ids, ProblemList& problems) const;

 private:
  struct Waiting {
    std::string id;
    std::vector<std::string> needs;  // each once, in the order written
    std::size_t offset = 0;
  };
  void CheckCycles(ProblemList& problems) const;

  std::vector<Waiting> waiting_;
  std::unordered_map<std::string, std::size_t> index_;  // in waiting_, by id
};

}  // namespace aigc::manifest
