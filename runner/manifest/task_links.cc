#include "manifest/task_links.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace aigc::manifest {
namespace {

constexpr std::size_t kShownOfCycle = 10;  // ids at each end of a longer one
constexpr std::size_t kShownId = 60;       // code points

std::string PathText(const std::vector<std::string>& path) {
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.size() > 2 * kShownOfCycle && i == kShownOfCycle) {
      text += fmt::format(" → ({} more)", path.size() - 2 * kShownOfCycle);
      i = path.size() - kShownOfCycle;
    }
    text += (text.empty() ? "" : " → ") + Excerpt(path[i], kShownId);
  }
  return text;
}

}  // namespace

void TaskLinks::Add(const TaskSpec& spec, std::size_t offset) {
  Waiting waiting{spec.id, {}, offset};
  const auto need = [&](const std::string& id) {
    if (std::find(waiting.needs.begin(), waiting.needs.end(), id) == waiting.needs.end()) {
      waiting.needs.push_back(id);
    }
  };
  for (const Input& input : spec.inputs) {
    if (input.source.type == SourceType::kTask) need(input.source.text);
  }
  for (const std::string& id : spec.depends_on) need(id);
  if (waiting.needs.empty()) return;
  index_.emplace(spec.id, waiting_.size());
  waiting_.push_back(std::move(waiting));
}

void TaskLinks::Check(const NameTable& ids, ProblemList& problems) const {
  for (const Waiting& task : waiting_) {
    for (const std::string& need : task.needs) {
      if (ids.Find(need)) continue;
      problems.Error(task.offset,
                     fmt::format("the task \"{}\" needs the task \"{}\", which does not exist",
                                 Excerpt(task.id, kShownId), Excerpt(need, kShownId)),
                     "ids of many tasks are those after expansion");
    }
  }
  CheckCycles(problems);
}

// Depth first, without recursion: a chain may be as long as the manifest.
void TaskLinks::CheckCycles(ProblemList& problems) const {
  enum class Mark : unsigned char { kNew, kOpen, kDone };
  struct Step {
    std::size_t task, next_need;
  };
  std::vector<Mark> marks(waiting_.size(), Mark::kNew);
  for (std::size_t root = 0; root < waiting_.size(); ++root) {
    if (marks[root] != Mark::kNew) continue;
    std::vector<Step> path{{root, 0}};
    marks[root] = Mark::kOpen;
    while (!path.empty()) {
      Step& step = path.back();
      const Waiting& task = waiting_[step.task];
      if (step.next_need == task.needs.size()) {
        marks[step.task] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const auto found = index_.find(task.needs[step.next_need++]);
      if (found == index_.end()) continue;  // waits for nothing
      const std::size_t need = found->second;
      if (marks[need] == Mark::kNew) {
        marks[need] = Mark::kOpen;
        path.push_back({need, 0});
      } else if (marks[need] == Mark::kOpen) {
        auto from = std::find_if(path.begin(), path.end(),
                                 [&](const Step& one) { return one.task == need; });
        std::vector<std::string> cycle;
        for (; from != path.end(); ++from) cycle.push_back(waiting_[from->task].id);
        cycle.push_back(waiting_[need].id);
        problems.Error(waiting_[need].offset, "tasks wait for one another: " + PathText(cycle),
                       "none of them could ever begin");
      }
    }
  }
}

}  // namespace aigc::manifest
