#include "cli/manifest_load.h"

#include <filesystem>

namespace aigc::cli {
namespace {

constexpr std::uint64_t kMaxManifest = 256ULL * 1024 * 1024;

manifest::Finding Translate(const catalog::Finding& finding) {
  return {finding.severity == catalog::Severity::kError ? manifest::Severity::kError
                                                        : manifest::Severity::kWarning,
          finding.field, finding.message, finding.hint};
}

}  // namespace

Result<LoadedManifest> ReadManifest(const Context& context) {
  LoadedManifest loaded;
  loaded.path = context.options.batch;
  loaded.files = std::make_unique<manifest::PosixFileReader>();
  auto content = loaded.files->Read(loaded.path, kMaxManifest);
  if (!content.ok()) {
    return Error{ErrorCode::kUsage, "the manifest " + content.error().message, loaded.path};
  }
  if (content->size > kMaxManifest) {
    return Error{ErrorCode::kUsage, "the manifest is larger than 256 MB", loaded.path,
                 "keep many tasks as rows of a CSV or JSON lines file that the manifest names"};
  }
  loaded.text = std::move(content->bytes);
  std::error_code failed;
  const auto absolute = std::filesystem::canonical(loaded.path, failed);
  if (failed) {
    return Error{ErrorCode::kUsage, "the manifest's folder: " + failed.message(), loaded.path};
  }
  loaded.folder = absolute.parent_path().string();

  const Result<catalog::Catalog>& catalog = catalog::BuiltIn();
  if (!catalog.ok()) return catalog.error();
  const auto check = std::make_shared<catalog::CheckOptions>();
  manifest::LoadOptions options;
  options.files = loaded.files.get();
  options.environment = [environment = context.environment](const std::string& name) {
    return environment.Get(name);
  };
  // Whether unknown values pass is itself said in the manifest.
  options.on_settings = [check](const manifest::Settings& settings) {
    check->allow_unknown = settings.allow_unknown;
  };
  options.check_spec = [known = &*catalog, check](TaskSpec& spec,
                                                  std::vector<manifest::Finding>& findings) {
    known->Normalise(spec);
    for (const auto& finding : known->Check(spec, *check)) findings.push_back(Translate(finding));
  };
  manifest::LoadResult result = manifest::Load(loaded.text, loaded.path, options);
  if (result.manifest) {
    loaded.manifest = std::make_unique<manifest::Manifest>(*std::move(result.manifest));
  }
  loaded.problems = std::move(result.problems);
  return loaded;
}

void ShowProblems(const Context& context, const LoadedManifest& loaded) {
  if (loaded.problems.empty() || (context.console.quiet() && loaded.manifest)) return;
  context.console.Error(manifest::Render(loaded.problems, context.console.color()));
}

Result<LoadedManifest> LoadManifest(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(LoadedManifest loaded, ReadManifest(context));
  ShowProblems(context, loaded);
  if (!loaded.manifest) {
    return Error{ErrorCode::kManifest, "nothing was sent, the manifest has errors", loaded.path};
  }
  return loaded;
}

}  // namespace aigc::cli
