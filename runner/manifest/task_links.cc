#include "manifest/task_links.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "manifest/media_type.h"

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
    if (input.source.type != SourceType::kTask) continue;
    need(input.source.text);
    read_.insert(input.source.text);
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

void TaskLinks::Learn(const TaskSpec& spec) {
  Linked task;
  for (const Input& input : spec.inputs) {
    if (input.source.type != SourceType::kTask) continue;
    task.reads.push_back({input.source.text, input.source.output, input.category});
  }
  if (task.reads.empty() && read_.count(spec.id) == 0) return;
  task.kind = spec.kind;
  task.count = spec.count;
  task.shaped_by = TasksRead(spec);
  task.own_digest = OwnDigest(spec);
  linked_.insert_or_assign(spec.id, std::move(task));
}

void TaskLinks::CheckRead(const Waiting& task, const Read& read, ProblemList& problems) const {
  const auto found = linked_.find(read.id);
  if (found == linked_.end()) return;
  const Linked& source = found->second;
  const std::string from = Excerpt(read.id, kShownId);
  const bool video = source.kind == Kind::kVideo;
  if ((read.category == Category::kVideo) != video || read.category == Category::kAudio) {
    problems.Error(
        task.offset,
        fmt::format("the task \"{}\" takes the output of \"{}\" as {}, but that task makes {}",
                    Excerpt(task.id, kShownId), from, Phrase(read.category),
                    Phrase(video ? Category::kVideo : Category::kImage)),
        video ? fmt::format(
                    "a video goes under inputs: {{source: \"task:{}\", category: video, …}}", from)
              : "leave category out: it is an image");
  }
  if (source.count && read.output > *source.count) {
    problems.Error(task.offset,
                   fmt::format("the task \"{}\" takes output {} of \"{}\", which makes {}",
                               Excerpt(task.id, kShownId), read.output, from, *source.count),
                   fmt::format("raise count of \"{}\", or take another output", from));
  }
}

void TaskLinks::Resolve(ProblemList& problems) {
  for (const Waiting& task : waiting_) {
    const auto found = linked_.find(task.id);
    if (found == linked_.end()) continue;
    for (const Read& read : found->second.reads) CheckRead(task, read, problems);
  }
  for (auto& [id, task] : linked_) ComputeFingerprint(task);
  waiting_ = {};
  index_ = {};
  read_ = {};
  for (auto& [id, task] : linked_) {
    task.reads = {};
    task.shaped_by = {};
    task.own_digest = {};
  }
}

// Depth first, without recursion.
void TaskLinks::ComputeFingerprint(Linked& last) {
  std::vector<Linked*> path{&last};
  while (!path.empty()) {
    Linked& task = *path.back();
    std::vector<std::string> inputs;
    if (task.fingerprint.empty()) {
      for (const std::string& id : task.shaped_by) {
        Linked& read = linked_.at(id);
        if (read.fingerprint.empty()) {
          path.push_back(&read);
          break;
        }
        inputs.push_back(read.fingerprint);
      }
      if (path.back() != &task) continue;
      task.fingerprint = Fingerprint(task.own_digest, inputs);
    }
    path.pop_back();
  }
}

std::string TaskLinks::FingerprintOf(const TaskSpec& spec) const {
  const auto found = linked_.find(spec.id);
  return found == linked_.end() ? Fingerprint(spec) : found->second.fingerprint;
}

}  // namespace aigc::manifest
