// Which tasks wait for which others: sources that are outputs of tasks, and depends_on. Checked
// when all tasks are known; then the specs are gone through once more for those that read outputs
// or are read, since a fingerprint needs those of the tasks read, which may stand anywhere. Keeps
// ids and hashes, and only of linked tasks. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
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

  // Whether some task reads an output of another. If so, when Check found nothing: Learn of every
  // task, then Resolve.
  bool any_read() const { return !read_.empty(); }
  void Learn(const TaskSpec& spec);
  // A problem for each output that is read and cannot be what is wanted; and all fingerprints.
  void Resolve(ProblemList& problems);

  // REQUIRES: resolved, when the task reads others.
  std::string FingerprintOf(const TaskSpec& spec) const;

 private:
  struct Waiting {
    std::string id;
    std::vector<std::string> needs;  // each once, in the order written
    std::size_t offset = 0;
  };
  struct Read {
    std::string id;
    int output = 1;
    Category category = Category::kImage;
  };
  struct Linked {  // reads others, or is read
    Kind kind = Kind::kVideo;
    std::optional<int> count;
    std::vector<Read> reads;
    std::vector<std::string> shaped_by;  // TasksRead()
    std::string own_digest;
    std::string fingerprint;  // empty until known
  };
  void CheckCycles(ProblemList& problems) const;
  void CheckRead(const Waiting& task, const Read& read, ProblemList& problems) const;
  void ComputeFingerprint(Linked& last);

  std::vector<Waiting> waiting_;
  std::unordered_map<std::string, std::size_t> index_;  // in waiting_, by id
  std::unordered_set<std::string> read_;                // ids whose outputs are read
  std::unordered_map<std::string, Linked> linked_;      // by id
};

}  // namespace aigc::manifest
