#include "files/posix_inbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "unit/files/temp_folder.h"

namespace aigc::files {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Texts(Inbox& inbox) {
  std::vector<std::string> texts;
  const auto files = inbox.Waiting();
  EXPECT_TRUE(files.ok());
  if (!files.ok()) return texts;
  for (const InboxFile& file : *files) texts.push_back(file.problem ? "?" : file.text);
  return texts;
}

TEST(PosixInbox, HoldsNothingWhereThereIsNoFolder) {
  const TempFolder folder;
  const auto inbox = MakePosixInbox(folder.path() + "/none");
  EXPECT_THAT(Texts(*inbox), IsEmpty());
  EXPECT_TRUE(inbox->Remove("a.command").ok());
}

TEST(PosixInbox, GivesWhatWaitsInTheOrderOfTheNames) {
  const TempFolder folder;
  const std::string path = folder.path() + "/b.inbox";
  ASSERT_TRUE(PutInInbox(path, "2", "second").ok());
  ASSERT_TRUE(PutInInbox(path, "1", "first").ok());
  // Not commands: one that is still being written, and somebody's note.
  std::ofstream(path + "/.aigc-1-2.tmp") << "half";
  std::ofstream(path + "/note.txt") << "hello";
  const auto inbox = MakePosixInbox(path);
  EXPECT_THAT(Texts(*inbox), ElementsAre("first", "second"));
  EXPECT_TRUE(inbox->Remove("1.command").ok());
  EXPECT_THAT(Texts(*inbox), ElementsAre("second"));
}

TEST(PosixInbox, SetsAsideWhatIsNoCommandAndKeepsIt) {
  const TempFolder folder;
  const std::string path = folder.path() + "/b.inbox";
  ASSERT_TRUE(PutInInbox(path, "1", "nonsense").ok());
  const auto inbox = MakePosixInbox(path);
  EXPECT_TRUE(inbox->SetAside("1.command").ok());
  EXPECT_THAT(Texts(*inbox), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(path + "/bad/1.command"));
}

TEST(PosixInbox, TellsFilesThatCannotBeReadFromTheOthers) {
  const TempFolder folder;
  const std::string path = folder.path() + "/b.inbox";
  ASSERT_TRUE(PutInInbox(path, "2", "good").ok());
  std::ofstream(path + "/1.command") << std::string((std::size_t{1} << 20) + 1, 'x');
  std::filesystem::create_directory(path + "/3.command");
  std::filesystem::create_symlink("/etc/passwd", path + "/4.command");
  const auto inbox = MakePosixInbox(path);
  EXPECT_THAT(Texts(*inbox), ElementsAre("?", "good", "?", "?"));
}

TEST(FolderWatch, ReturnsAtOnceWhenAFileWasTaken) {
  const TempFolder folder;
  const std::string path = folder.path() + "/b.inbox";
  ASSERT_TRUE(PutInInbox(path, "1", "x").ok());
  auto watch = FolderWatch::Open(path);
  ASSERT_TRUE(watch.ok());
  ASSERT_TRUE(MakePosixInbox(path)->Remove("1.command").ok());
  watch->Wait(std::chrono::minutes{10});  // would be killed by the test's time limit
  EXPECT_FALSE(FolderWatch::Open(path + "/none").ok());
}

}  // namespace
}  // namespace aigc::files
