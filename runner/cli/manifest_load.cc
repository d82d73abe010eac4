#include "cli/manifest_load.h"

#include <filesystem>

#include "cli/catalog_choice.h"

namespace aigc::cli {
namespace {

constexpr std::uint64_t kMaxManifest = 256ULL * 1024 * 1024;

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

  AIGC_ASSIGN_OR_RETURN(loaded.catalog, ChosenCatalog(context));
  manifest::LoadOptions options;
  options.files = loaded.files.get();
  options.environment = [environment = context.environment](const std::string& name) {
    return environment.Get(name);
  };
  options.check_spec = SpecCheck(*loaded.catalog);
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
