// aigc-batch validate MANIFEST
#include <fmt/format.h>

#include "base/json_writer.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/manifest_load.h"
#include "cli/pricing.h"

namespace aigc::cli {
namespace {

std::string ProblemsJson(const LoadedManifest& loaded) {
  JsonWriter json;
  json.BeginObject().Key("manifest").String(loaded.path);
  json.Key("valid").Bool(loaded.manifest != nullptr);
  if (loaded.manifest) {
    json.Key("name").String(loaded.manifest->settings().name);
    json.Key("tasks").Int(loaded.manifest->task_count());
  }
  json.Key("problems").BeginArray();
  for (const manifest::Problem& problem : loaded.problems) {
    const bool error = problem.severity == manifest::Severity::kError;
    json.BeginObject().Key("severity").String(error ? "error" : "warning");
    json.Key("file").String(problem.file);
    if (problem.place.line > 0) {
      json.Key("line").Int(problem.place.line).Key("column").Int(problem.place.column);
    }
    json.Key("message").String(problem.message);
    if (!problem.hint.empty()) json.Key("hint").String(problem.hint);
    json.EndObject();
  }
  return json.EndArray().EndObject().Take();
}

Status CheckPrices(const Context& context, const LoadedManifest& loaded) {
  const auto pricing =
      LoadPricing(context, *loaded.catalog, loaded.manifest->settings(), loaded.folder);
  return pricing.ok() ? Status{} : Status{pricing.error()};
}

}  // namespace

Result<int> ValidateCommand(const Context& context) {
  // Not used here, but a setting that makes no sense would stop the run.
  AIGC_RETURN_IF_ERROR(LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(const LoadedManifest loaded, ReadManifest(context));
  if (context.options.json) {
    if (loaded.manifest) AIGC_RETURN_IF_ERROR(CheckPrices(context, loaded));
    AIGC_RETURN_IF_ERROR(context.console.Out(ProblemsJson(loaded) + "\n"));
    return loaded.manifest ? kExitDone : kExitUsage;
  }
  ShowProblems(context, loaded);
  if (!loaded.manifest) return kExitUsage;
  AIGC_RETURN_IF_ERROR(CheckPrices(context, loaded));
  AIGC_RETURN_IF_ERROR(context.console.Out(
      fmt::format("{}: batch {}, {} tasks, no errors\n", loaded.path,
                  loaded.manifest->settings().name, loaded.manifest->task_count())));
  return kExitDone;
}

}  // namespace aigc::cli
