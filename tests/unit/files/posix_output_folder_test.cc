#include "files/posix_output_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/digest.h"
#include "unit/files/temp_folder.h"

namespace aigc::files {
namespace {

Result<StoredBody> Store(OutputFolder& folder, const OutputName& name, const std::string& body) {
  AIGC_ASSIGN_OR_RETURN(auto sink, folder.OpenSink(name, body.size()));
  AIGC_ASSIGN_OR_RETURN(const ResumePoint resume, sink->Resume());
  EXPECT_EQ(resume.offset, 0U);
  AIGC_RETURN_IF_ERROR(sink->Start({0, body.size(), "\"e\"", "video/mp4"}));
  AIGC_RETURN_IF_ERROR(sink->Write(body));
  return sink->Finish();
}

TEST(PosixOutputFolder, PutsFilesBelowTheManifestsFolder) {
  const TempFolder temp;
  const auto folder = MakePosixOutputFolder(temp.path());
  const auto stored = Store(*folder, {"./out//spring/", "k/a-1.${ext}", "mp4"}, "film");
  ASSERT_TRUE(stored.ok()) << Describe(stored.error());
  EXPECT_EQ(stored->path, "out/spring/k/a-1.mp4");
  EXPECT_EQ(temp.Read("out/spring/k/a-1.mp4"), "film");
  const auto read = folder->Read(stored->path, 4);
  ASSERT_TRUE(read.ok()) << Describe(read.error());
  EXPECT_EQ(read->size(), 4U);
  EXPECT_EQ(folder->Read(stored->path, 3).error().code, ErrorCode::kInvalid) << "longer than asked";
  EXPECT_EQ(folder->Read("out/none", 4).error().code, ErrorCode::kIo);
  EXPECT_FALSE(folder->Read("out/spring", 4096).ok()) << "a folder";
  EXPECT_TRUE(folder->Holds(stored->path, 4));
  EXPECT_FALSE(folder->Holds(stored->path, 5));
  EXPECT_FALSE(folder->Holds("out/spring/k", 4096));
  EXPECT_FALSE(folder->Holds("out/none", 0));
  EXPECT_FALSE(folder->Holds("", 0));
}

TEST(PosixOutputFolder, PutsFilesIntoTheManifestsFolderItself) {
  const TempFolder temp;
  const auto folder = MakePosixOutputFolder(temp.path());
  EXPECT_EQ(Store(*folder, {".", "a.mp4", ""}, "x")->path, "a.mp4");
  EXPECT_EQ(Store(*folder, {"", "b.mp4", ""}, "x")->path, "b.mp4");
}

TEST(PosixOutputFolder, KeepsAnAbsoluteFolderAbsolute) {
  const TempFolder temp;
  const auto folder = MakePosixOutputFolder("/nonexistent/base");
  const auto stored = Store(*folder, {temp / "deep/er", "a.mp4", ""}, "film");
  ASSERT_TRUE(stored.ok()) << Describe(stored.error());
  EXPECT_EQ(stored->path, temp / "deep/er/a.mp4");
  EXPECT_EQ(temp.Read("deep/er/a.mp4"), "film");
  EXPECT_TRUE(folder->Holds(stored->path, 4));
}

TEST(PosixOutputFolder, RefusesNamesThatLeadOutside) {
  const TempFolder temp;
  std::filesystem::create_directories(temp / "base");
  const auto folder = MakePosixOutputFolder(temp / "base");
  for (const OutputName& name :
       {OutputName{"out", "../../a", ""}, OutputName{"out", "/tmp/a", ""},
        OutputName{"../x", "a", ""}, OutputName{"out", std::string("a\0b", 3), ""},
        OutputName{"out", std::string(300, 'n'), ""}, OutputName{"out", "", ""}}) {
    EXPECT_EQ(folder->OpenSink(name, 0).error().code, ErrorCode::kInvalid) << name.filename;
    EXPECT_EQ(folder->WriteText(name, "x").error().code, ErrorCode::kInvalid) << name.filename;
  }
  EXPECT_EQ(temp.Names(), std::vector<std::string>{"base"});
}

TEST(PosixOutputFolder, FollowsNoLinkInsideTheOutputFolder) {
  const TempFolder temp;
  std::filesystem::create_directories(temp / "base/out");
  std::filesystem::create_directories(temp / "outside");
  std::filesystem::create_directory_symlink(temp / "outside", temp / "base/out/k");
  std::filesystem::create_symlink(temp / "outside/b.mp4", temp / "base/out/b.mp4");
  const auto folder = MakePosixOutputFolder(temp / "base");
  EXPECT_EQ(Store(*folder, {"out", "k/a.mp4", ""}, "x").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(folder->WriteText({"out", "k/a.json", ""}, "x").error().code, ErrorCode::kInvalid);
  // A link under the final name is replaced, not written through.
  EXPECT_TRUE(Store(*folder, {"out", "b.mp4", ""}, "x").ok());
  EXPECT_TRUE(std::filesystem::is_empty(temp / "outside"));
  EXPECT_FALSE(std::filesystem::is_symlink(temp / "base/out/b.mp4"));
}

TEST(PosixOutputFolder, FollowsALinkThatIsTheOutputFolder) {
  const TempFolder temp;
  std::filesystem::create_directories(temp / "big-disk");
  std::filesystem::create_directory_symlink(temp / "big-disk", temp / "out");
  const auto folder = MakePosixOutputFolder(temp.path());
  EXPECT_EQ(Store(*folder, {"out/spring", "a.mp4", ""}, "x")->path, "out/spring/a.mp4");
  EXPECT_EQ(temp.Read("big-disk/spring/a.mp4"), "x");
}

TEST(PosixOutputFolder, NamesTheFileThatStandsWhereAFolderShould) {
  const TempFolder temp;
  temp.Put("out", "a file");
  const auto folder = MakePosixOutputFolder(temp.path());
  for (const char* dir : {"out", "out/spring/deep"}) {
    const auto sink = folder->OpenSink({dir, "a.mp4", ""}, 0);
    ASSERT_FALSE(sink.ok());
    EXPECT_EQ(sink.error().code, ErrorCode::kIo);
    EXPECT_EQ(sink.error().message, temp / "out is not a folder");
    EXPECT_FALSE(sink.error().hint.empty());
  }
  temp.Put("good/k", "a file");
  const auto sink = folder->OpenSink({"good", "k/a.mp4", ""}, 0);
  ASSERT_FALSE(sink.ok());
  EXPECT_EQ(sink.error().message, "good/k is not a folder");
}

TEST(PosixOutputFolder, ReportsAFolderItMayNotWriteTo) {
  if (::geteuid() == 0) {
    // Root may write anywhere but where the kernel says no.
    const auto folder = MakePosixOutputFolder("/proc/sys/kernel");
    const auto stored = Store(*folder, {".", "aigc-a.mp4", ""}, "x");
    ASSERT_FALSE(stored.ok());
    EXPECT_TRUE(stored.error().code == ErrorCode::kNoPermission ||
                stored.error().code == ErrorCode::kIo)
        << Describe(stored.error());
    return;
  }
  const TempFolder temp;
  ASSERT_EQ(::chmod(temp.path().c_str(), 0500), 0);
  const auto folder = MakePosixOutputFolder(temp.path());
  EXPECT_EQ(folder->OpenSink({"out", "a.mp4", ""}, 0).error().code, ErrorCode::kNoPermission);
  EXPECT_EQ(Store(*folder, {".", "a.mp4", ""}, "x").error().code, ErrorCode::kNoPermission);
  EXPECT_EQ(folder->WriteText({".", "a.json", ""}, "x").error().code, ErrorCode::kNoPermission);
  ::chmod(temp.path().c_str(), 0700);
}

TEST(PosixOutputFolder, WritesTextsWholeWithHash) {
  const TempFolder temp;
  temp.Put("out/a-2.json", "old and longer");
  const auto folder = MakePosixOutputFolder(temp.path());
  const auto stored = folder->WriteText({"out", "a-2.${ext}", "json"}, "{}");
  ASSERT_TRUE(stored.ok()) << Describe(stored.error());
  EXPECT_EQ(stored->path, "out/a-2.json");
  EXPECT_EQ(stored->bytes, 2U);
  EXPECT_EQ(stored->sha256, Sha256Hex("{}"));
  EXPECT_EQ(temp.Read("out/a-2.json"), "{}");
  EXPECT_EQ(temp.Names(), (std::vector<std::string>{"out", "out/a-2.json"}));
}

}  // namespace
}  // namespace aigc::files
