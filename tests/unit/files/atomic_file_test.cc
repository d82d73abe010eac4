#include "files/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "files/free_space.h"
#include "unit/files/temp_folder.h"

namespace aigc::files {
namespace {

TEST(AtomicFile, ReplacesTheOldFileOnlyAtCommit) {
  const TempFolder temp;
  temp.Put("report.csv", "old");
  auto file = AtomicFile::Create(temp / "report.csv");
  ASSERT_TRUE(file.ok()) << Describe(file.error());
  ASSERT_TRUE(file->Write("new ").ok());
  ASSERT_TRUE(file->Write("text").ok());
  EXPECT_EQ(temp.Read("report.csv"), "old");
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(temp.Read("report.csv"), "new text");
  EXPECT_EQ(temp.Names(), std::vector<std::string>{"report.csv"});
}

TEST(AtomicFile, LeavesNothingBehindWithoutCommit) {
  const TempFolder temp;
  temp.Put("report.csv", "old");
  {
    auto file = AtomicFile::Create(temp / "report.csv");
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Write(std::string(200000, 'x')).ok());
    EXPECT_EQ(temp.Names().size(), 2U);
  }
  EXPECT_EQ(temp.Names(), std::vector<std::string>{"report.csv"});
  EXPECT_EQ(temp.Read("report.csv"), "old");
}

TEST(AtomicFile, MakesMissingFolders) {
  const TempFolder temp;
  auto file = AtomicFile::Create(temp / "a/b/report.csv");
  ASSERT_TRUE(file.ok()) << Describe(file.error());
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_TRUE(temp.Has("a/b/report.csv"));
}

TEST(AtomicFile, KeepsThePermissionsOfTheReplacedFile) {
  const TempFolder temp;
  temp.Put("report.csv", "old");
  ASSERT_EQ(::chmod((temp / "report.csv").c_str(), 0604), 0);
  auto file = AtomicFile::Create(temp / "report.csv");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->Commit().ok());
  struct stat info {};
  ASSERT_EQ(::stat((temp / "report.csv").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0604U);
}

TEST(AtomicFile, ReplacesTheTargetOfALinkAndKeepsTheLink) {
  const TempFolder temp;
  temp.Put("real/report.csv", "old");
  std::filesystem::create_symlink("real/report.csv", temp / "latest.csv");
  auto file = AtomicFile::Create(temp / "latest.csv");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->Write("new").ok());
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_TRUE(std::filesystem::is_symlink(temp / "latest.csv"));
  EXPECT_EQ(temp.Read("real/report.csv"), "new");
}

TEST(AtomicFile, WritesToADeviceInsteadOfReplacingIt) {
  auto file = AtomicFile::Create("/dev/null");
  ASSERT_TRUE(file.ok()) << Describe(file.error());
  ASSERT_TRUE(file->Write("x").ok());
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(AtomicFile, ReportsAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  auto file = AtomicFile::Create("/dev/full");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->Write("x").ok());
  EXPECT_EQ(file->Commit().error().code, ErrorCode::kDiskFull);
  auto large = AtomicFile::Create("/dev/full");
  ASSERT_TRUE(large.ok());
  EXPECT_EQ(large->Write(std::string(100000, 'x')).error().code, ErrorCode::kDiskFull);
}

TEST(AtomicFile, RefusesWhatIsNoFileName) {
  const TempFolder temp;
  EXPECT_EQ(AtomicFile::Create("").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(AtomicFile::Create(temp / "a/").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(AtomicFile::Create(temp.path()).error().code, ErrorCode::kIo);
  temp.Put("file", "");
  EXPECT_EQ(AtomicFile::Create(temp / "file/report.csv").error().code, ErrorCode::kIo);
}

TEST(FreeBytes, LooksAtTheNearestFolderThatExists) {
  const TempFolder temp;
  const auto here = FreeBytes(temp.path());
  ASSERT_TRUE(here.ok());
  EXPECT_GT(*here, 0U);
  EXPECT_TRUE(FreeBytes(temp / "not/yet/there").ok());
  EXPECT_TRUE(FreeBytes("not-yet-there").ok());
  EXPECT_TRUE(FreeBytes("").ok());
}

}  // namespace
}  // namespace aigc::files
