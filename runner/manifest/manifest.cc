#include "manifest/manifest.h"

#include <fmt/format.h>

#include <utility>

#include "manifest/expansion.h"
#include "manifest/settings_reader.h"
#include "manifest/yaml_reader.h"

namespace aigc::manifest {
namespace {

Error FirstProblem(const ProblemList& problems) {
  for (const Problem& problem : problems.Sorted()) {
    if (problem.severity != Severity::kError) continue;
    return {ErrorCode::kManifest, problem.message,
            fmt::format("{}:{}:{}", problem.file, problem.place.line, problem.place.column),
            problem.hint};
  }
  return {ErrorCode::kInternal, "a manifest was refused without a reason"};
}

}  // namespace

Manifest::Manifest(std::unique_ptr<Expansion> expansion) : expansion_(std::move(expansion)) {}
Manifest::Manifest(Manifest&&) noexcept = default;
Manifest& Manifest::operator=(Manifest&&) noexcept = default;
Manifest::~Manifest() = default;

const Settings& Manifest::settings() const { return expansion_->settings(); }
std::int64_t Manifest::task_count() const { return expansion_->task_count(); }
Status Manifest::ForEachTask(const std::function<Status(const ExpandedTask&)>& visit) const {
  return expansion_->ForEachTask(visit);
}
Result<std::string> Manifest::ReadInput(std::string_view sha256) const {
  return expansion_->ReadInput(sha256);
}

LoadResult Load(std::string_view text, const std::string& path, const LoadOptions& options) {
  auto expansion = std::make_unique<Expansion>(text, path, options);
  LoadResult result;
  const bool usable = expansion->Load();
  result.problems = expansion->SortedProblems();
  if (usable) result.manifest.emplace(std::move(expansion));
  return result;
}

Result<Settings> LoadSettings(
    std::string_view text, const std::string& path,
    const std::function<std::optional<std::string>(const std::string&)>& environment) {
  const SourceText source(text, path);
  ProblemList problems(source);
  if (!CheckText(source, problems)) return FirstProblem(problems);
  const auto document = ReadYaml(source, problems);
  if (!document) return FirstProblem(problems);
  if (!document->root->is_map()) {
    problems.Error(document->root->offset, "a manifest must be a map");
    return FirstProblem(problems);
  }
  const VarTable vars = ReadVars(document->root->Find("vars"), problems);
  EnvironmentCache cache(environment);
  TextExpander texts({&vars}, cache, problems);
  Settings settings = SettingsReader(problems, texts).Read(*document->root, path);
  if (problems.errors() > 0) return FirstProblem(problems);
  return settings;
}

}  // namespace aigc::manifest
