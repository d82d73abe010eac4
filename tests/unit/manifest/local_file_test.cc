// Local files: read once, told by content, inside the request or uploaded before it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string Manifest(const std::string& upload, const std::string& tasks) {
  return "manifest: 1\nname: t\n" + upload + "defaults: {model: A/1}\ntasks:\n" + tasks;
}

Loaded LoadWith(MemoryFiles& files, const std::string& upload, const std::string& tasks) {
  return LoadAll(Manifest(upload, tasks), TestOptions(&files));
}

std::vector<std::string> Uploaded(const TaskSpec& spec) {
  std::vector<std::string> paths;
  for (const Input& input : spec.inputs) paths.push_back(input.source.upload_path);
  return paths;
}

TEST(LocalFiles, GoInsideTheRequestUpToSevenMillionBytesTogether) {
  MemoryFiles files;
  files.files["images/rest.png"] = Png(3'500'000);
  const Loaded loaded = LoadWith(
      files, "", "  - {id: a, prompt: x, references: [images/large.png, images/rest.png]}\n");
  EXPECT_EQ(loaded.problems, "");
  ASSERT_EQ(loaded.tasks.size(), 1U);
  EXPECT_EQ(Uploaded(loaded.tasks[0]), (std::vector<std::string>{"", ""}));
}

TEST(LocalFiles, BeyondThatTheLargestAreUploaded) {
  MemoryFiles files;
  const Loaded loaded = LoadWith(
      files, "upload: auto\n",
      "  - {id: a, prompt: x, references: [images/ok.png, images/large.png, images/huge.png]}\n");
  ASSERT_EQ(loaded.tasks.size(), 1U) << loaded.problems;
  EXPECT_EQ(Uploaded(loaded.tasks[0]), (std::vector<std::string>{"", "", "images/huge.png"}));
  const Source& huge = loaded.tasks[0].inputs[2].source;
  EXPECT_EQ(huge.content_sha256, Sha256Hex(files.files["images/huge.png"]));
  EXPECT_EQ(huge.content_bytes, 7'000'001);
  EXPECT_EQ(huge.upload_type, "png");
}

TEST(LocalFiles, AreUploadedWhateverTheirSizeWithAlways) {
  MemoryFiles files;
  const Loaded loaded =
      LoadWith(files, "upload: always\n",
               "  - {id: a, prompt: x, first_frame: images/ok.png}\n"
               "  - {id: b, prompt: x, inputs: [{source: clips/a.mp4, usage: reference}]}\n");
  ASSERT_EQ(loaded.tasks.size(), 2U) << loaded.problems;
  EXPECT_EQ(Uploaded(loaded.tasks[0]), (std::vector<std::string>{"images/ok.png"}));
  EXPECT_EQ(loaded.tasks[1].inputs[0].source.upload_type, "mp4");
}

TEST(LocalFiles, TheRoadIsNotPartOfTheFingerprintButOfTheStoredSpec) {
  MemoryFiles files;
  const std::string task = "  - {id: a, prompt: x, first_frame: images/ok.png}\n";
  const Loaded inside = LoadWith(files, "", task);
  const Loaded uploaded = LoadWith(files, "upload: always\n", task);
  ASSERT_EQ(uploaded.tasks.size(), 1U);
  EXPECT_EQ(Fingerprint(inside.tasks[0]), Fingerprint(uploaded.tasks[0]));
  const auto back = ParseSpec(SpecJson(uploaded.tasks[0]));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, uploaded.tasks[0]);
}

TEST(LocalFiles, OneOfManyTasksIsReadOnce) {
  MemoryFiles files;
  const Loaded loaded =
      LoadWith(files, "",
               "  - {id: \"a${repeat}\", prompt: x, first_frame: images/huge.png, repeat: 500}\n");
  EXPECT_EQ(loaded.tasks.size(), 500U) << loaded.problems;
  EXPECT_EQ(files.reads, 2);  // its length, then its bytes piece by piece
}

TEST(LocalFiles, LargeOnesAreToldByTheirContentToo) {
  MemoryFiles files;
  files.files["images/words.png"] = std::string(7'000'001, 'w');
  const Loaded loaded =
      LoadWith(files, "", "  - {id: a, prompt: x, first_frame: images/words.png}\n");
  EXPECT_THAT(loaded.problems, HasSubstr("5:37: error: images/words.png is not a picture"));
}

TEST(LocalFiles, PicturesBeyondTheServicesAdviceAndUploadedWebpAreWarnedOf) {
  MemoryFiles files;
  files.files["images/wide.png"] = Png(10'000'001);
  files.files["images/web.webp"] = std::string("RIFF\x10\0\0\0WEBP", 12) + std::string(20, 'x');
  const Loaded large =
      LoadWith(files, "", "  - {id: a, prompt: x, first_frame: images/wide.png}\n");
  EXPECT_THAT(large.problems, HasSubstr("images/wide.png has 10000001 bytes; the service "
                                        "recommends images below 10000000"));
  EXPECT_EQ(large.tasks.size(), 1U);
  const std::string web = "  - {id: a, prompt: x, last_frame: images/web.webp}\n";
  EXPECT_THAT(LoadWith(files, "upload: always\n", web).problems, HasSubstr("is WebP"));
  EXPECT_THAT(LoadWith(files, "", web).problems, IsEmpty());
}

}  // namespace
}  // namespace aigc::manifest
