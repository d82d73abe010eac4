// From a manifest's YAML text to the tasks it asks for:
//
//   LoadResult loaded = Load(text, path, options);
//   if (!loaded.manifest) { print Render(loaded.problems, color); … exit 2 }
//   loaded.manifest->ForEachTask([&](const ExpandedTask& task) { … });
//
// Load reports all errors of a manifest in one go, each with its place and what to do, sorted by
// place. Whatever the text is (empty, binary, gigantic lines, YAML bombs), it ends in time and
// memory in proportion to the text, and never throws.
//
// One thread at a time for a Manifest and for Load with the same options.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manifest/file_reader.h"
#include "manifest/problem.h"
#include "manifest/settings.h"
#include "task/task_spec.h"

namespace aigc::manifest {

// What another room has to say about one expanded task.
struct Finding {
  Severity severity = Severity::kError;
  std::string field;  // the task field it is about ("resolution"), or empty: the task
  std::string message;
  std::string hint{};
};

struct LoadOptions {
  // Reads the local files that tasks name; not owned, outlives the Manifest. Without one, a task
  // that names a local file is an error.
  FileReader* files = nullptr;
  // Value of an environment variable, none when it is not set; for ${env:NAME}, and to recognise
  // the user's own credentials in the text. Each name is asked for once per Manifest. Empty: no
  // variable is set.
  std::function<std::optional<std::string>(const std::string&)> environment{};
  // Told what the manifest says about the batch as a whole, before the first task is checked.
  std::function<void(const Settings&)> on_settings{};
  // Checks one expanded task and may change it to the service's spelling; called in manifest order
  // for each task whose fields could be read, by Load and again by ForEachTask. Must give the same
  // answer for the same task. What it captures must outlive the Manifest.
  std::function<void(TaskSpec&, std::vector<Finding>&)> check_spec{};
};

// One task, as ForEachTask visits it.
struct ExpandedTask {
  const TaskSpec& spec;
  std::string fingerprint;  // those of the tasks whose outputs it reads are in it
  Place place;              // of the entry it came from
};

class Expansion;  // the compiled tasks; expansion.h

class Manifest {
 public:
  explicit Manifest(std::unique_ptr<Expansion> expansion);
  Manifest(Manifest&&) noexcept;
  Manifest& operator=(Manifest&&) noexcept;
  ~Manifest();

  const Settings& settings() const;
  std::int64_t task_count() const;  // how many tasks ForEachTask visits

  // The expanded tasks in manifest order, one at a time. The same tasks every time it is called.
  // Stops at the first error of `visit` and hands it on.
  Status ForEachTask(const std::function<Status(const ExpandedTask&)>& visit) const;

  // The bytes of a local file that a task names, by the hash in its Source. Load only hashes them,
  // since together they can exceed the memory; this reads the file again and fails with kManifest
  // if it has changed since. kNotFound for a hash that no task names.
  Result<std::string> ReadInput(std::string_view sha256) const;

 private:
  std::unique_ptr<Expansion> expansion_;
};

struct LoadResult {
  std::optional<Manifest> manifest;  // only when there is no error; warnings do not matter
  std::vector<Problem> problems;
};

// `path` is the manifest's path as the user gave it: for messages, for the default name (its stem)
// and as the base of relative paths.
LoadResult Load(std::string_view text, const std::string& path, const LoadOptions& options);

}  // namespace aigc::manifest
