// A manifest file → a checked Manifest, with the catalog's and the environment's say, its problems
// shown.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "cli/command.h"
#include "manifest/manifest.h"
#include "manifest/posix_file_reader.h"

namespace aigc::cli {

struct LoadedManifest {
  std::string path;    // as given
  std::string folder;  // absolute, without links; output paths start here
  std::string text;
  std::shared_ptr<const catalog::Catalog> catalog;  // checks and corrects the manifest's tasks
  // On the heap: the manifest keeps their addresses.
  std::unique_ptr<manifest::PosixFileReader> files;
  std::unique_ptr<manifest::Manifest> manifest;  // null when it has errors
  std::vector<manifest::Problem> problems;
};

// kUsage when the file cannot be read. Problems are in the answer, not shown.
Result<LoadedManifest> ReadManifest(const Context& context);
// Shows them on standard error; with --quiet only when there are errors among them.
void ShowProblems(const Context& context, const LoadedManifest& loaded);
// Both; kManifest when there are errors.
Result<LoadedManifest> LoadManifest(const Context& context);

}  // namespace aigc::cli
