// The example manifests that are shipped load without a problem, and their keys are the schema's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "manifest/posix_file_reader.h"
#include "manifest/schema_text.h"
#include "manifest/task_fields.h"
#include "test_paths.h"
#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> Examples() {
  std::vector<std::string> stems;
  for (const auto& entry :
       fs::directory_iterator(std::string(AIGC_SOURCE_DIR) + "/manifests/examples")) {
    if (entry.path().extension() == ".yaml") stems.push_back(entry.path().stem().string());
  }
  std::sort(stems.begin(), stems.end());
  return stems;
}

class Example : public testing::TestWithParam<std::string> {};

TEST_P(Example, LoadsWithoutAProblem) {
  const std::string path =
      std::string(AIGC_SOURCE_DIR) + "/manifests/examples/" + GetParam() + ".yaml";
  const std::string text = ReadWholeFile(path);
  EXPECT_THAT(text,
              StartsWith("# yaml-language-server: $schema=../../schema/manifest.schema.json\n"));
  PosixFileReader files;
  LoadOptions options;
  options.files = &files;
  const Loaded loaded = LoadAll(text, options, path);
  EXPECT_EQ(loaded.problems, "");
  EXPECT_EQ(loaded.settings.name, GetParam());
  EXPECT_GE(loaded.tasks.size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(All, Example, testing::ValuesIn(Examples()),
                         [](const auto& one) { return one.param; });

TEST(Examples, CoverTheModelFamilies) {
  EXPECT_EQ(Examples(), (std::vector<std::string>{"hailuo", "images", "kling", "matrix", "os",
                                                  "pipeline", "quickstart", "vidu"}));
}

TEST(Schema, KnowsEveryTaskField) {
  const std::string schema(SchemaText());
  EXPECT_THAT(schema, HasSubstr("\"$schema\": \"http://json-schema.org/draft-07/schema#\""));
  for (const FieldInfo& field : TaskFields()) {
    EXPECT_THAT(schema, HasSubstr("\n        \"" + std::string(field.name) + "\": {"));
    const auto in_defaults =
        HasSubstr("\"#/definitions/task/properties/" + std::string(field.name) + "\"");
    const auto id = static_cast<FieldId>(&field - TaskFields().data());
    if (Multiplies(id)) {
      EXPECT_THAT(schema, testing::Not(in_defaults));
    } else {
      EXPECT_THAT(schema, in_defaults);
    }
  }
}

TEST(Schema, IsTheFileOfTheRepository) {
  EXPECT_EQ(SchemaText(),
            ReadWholeFile(std::string(AIGC_SOURCE_DIR) + "/schema/manifest.schema.json"));
}

TEST(PosixFileReader, ReadsFilesAndNamesWhatIsNone) {
  const fs::path folder =
      fs::path(testing::TempDir()) / ("aigc-reader-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const std::string path = (folder / "a.bin").string();
  std::ofstream(path, std::ios::binary) << std::string("a\0b", 3);
  PosixFileReader reader;
  const auto whole = reader.Read(path, 3);
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->bytes, std::string("a\0b", 3));
  const auto large = reader.Read(path, 2);
  ASSERT_TRUE(large.ok());
  EXPECT_EQ(large->size, 3U);
  EXPECT_EQ(large->bytes, "");
  EXPECT_EQ(reader.Read((folder / "none").string(), 9).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(reader.Read(path + "/x", 9).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(reader.Read(folder.string(), 9).error().message, "is a folder");
  EXPECT_EQ(reader.Read("/dev/zero", 9).error().message, "is not a regular file");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace aigc::manifest
