// What the tests of the whole language share: Load with the program's own check by the catalog.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "cli/catalog_choice.h"
#include "manifest/manifest.h"
#include "test_paths.h"
#include "unit/manifest/manifest_support.h"

namespace aigc {

// Files of a folder under tests/data/manifests by their names without the suffix, sorted.
inline std::vector<std::string> Stems(const std::string& folder, const std::string& suffix,
                                      const std::string& prefix = "") {
  std::vector<std::string> stems;
  const std::string path = std::string(AIGC_TEST_DATA) + "/manifests/" + folder;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() == suffix && stem.rfind(prefix, 0) == 0) stems.push_back(stem);
  }
  std::sort(stems.begin(), stems.end());
  return stems;
}

inline manifest::LoadOptions CheckedOptions(manifest::FileReader* files) {
  manifest::LoadOptions options = manifest::TestOptions(files);
  EXPECT_TRUE(catalog::BuiltIn().ok());
  options.check_spec = cli::SpecCheck(*catalog::BuiltIn());
  return options;
}

}  // namespace aigc
