// The inputs of a task: first_frame, last_frame, references and inputs, as entries of the request's
// FileInfos. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/local_files.h"
#include "manifest/node.h"
#include "manifest/problem_list.h"
#include "manifest/template_text.h"
#include "manifest/value_reader.h"
#include "task/task_spec.h"

namespace aigc::manifest {

// The four fields of one task, nullptr where not said (or null).
struct InputNodes {
  const Node* first_frame = nullptr;
  const Node* last_frame = nullptr;
  const Node* references = nullptr;
  const Node* inputs = nullptr;
};

class InputReader {
 public:
  // `folder`: where relative paths begin.
  InputReader(LocalFiles& files, const std::string& folder, TextExpander& texts,
              ProblemList& problems)
      : files_(files), folder_(folder), texts_(texts), problems_(problems), values_(problems) {}

  // Fills spec.inputs in the order first frame, last frame, references, inputs. False when a
  // problem was recorded. `entry`: the place of the task, for what concerns it as a whole.
  bool Read(const InputNodes& nodes, std::size_t entry, TaskSpec& spec);
  // Fills spec.subjects, in the same way.
  bool ReadSubjects(const Node& node, TaskSpec& spec);

 private:
  struct FoundSource {
    Source source;
    std::optional<Category> category;  // as the content or the URL tells it
    const Node* node = nullptr;        // where it was written
  };
  std::optional<FoundSource> ReadSource(const Node& node, std::string_view field);
  std::optional<FoundSource> FromText(const Node& node, std::string_view field);
  std::optional<FoundSource> FromTask(FoundSource found);
  bool ReadFrame(const Node* node, std::string_view field, std::string_view usage, TaskSpec& spec);
  bool ReadReferences(const Node& node, TaskSpec& spec);
  bool ReadInputs(const Node& node, TaskSpec& spec);
  bool ReadInput(const Node& node, Input& input);
  bool ReadTraits(const Node& node, Input& input, std::optional<Category>& category);
  bool ReadSubject(const Node& node, Subject& subject);
  bool ReadSubjectUrls(const Node& node, std::string_view field, std::vector<std::string>& urls);
  // Which of the task's local files go inside the request and which are uploaded before it.
  bool ChooseRoad(std::size_t entry, TaskSpec& spec);
  void WarnOf(const LocalFile& file, Kind kind, bool uploaded, std::size_t entry);
  std::optional<std::string> TextOf(const Node& node, std::string_view field);

  LocalFiles& files_;
  const std::string& folder_;
  TextExpander& texts_;
  ProblemList& problems_;
  ValueReader values_;
};

}  // namespace aigc::manifest
