#include "files/part_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "unit/files/temp_folder.h"

namespace aigc::files {
namespace {

constexpr char kTag[] = "\"v1\"";

class PartFileTest : public testing::Test {
 protected:
  std::unique_ptr<PartFile> Make(std::uint64_t expected = 0, const std::string& boot = "boot-1",
                                 const std::string& suffix = "mp4") {
    Result<Fd> folder = OpenFolder(folder_.path());
    EXPECT_TRUE(folder.ok());
    return std::make_unique<PartFile>(
        PartTarget{std::move(*folder), "out", "a-1.${ext}", suffix, expected, boot});
  }
  // Begins a download of `body` and leaves after `bytes` of it, as a killed process would.
  void Cut(const std::string& body, std::size_t bytes, const std::string& boot = "boot-1") {
    auto part = Make(0, boot);
    ASSERT_TRUE(part->Resume().ok());
    ASSERT_TRUE(part->Start({0, body.size(), kTag, "video/mp4"}).ok());
    ASSERT_TRUE(part->Write(std::string_view(body).substr(0, bytes)).ok());
  }
  TempFolder folder_;
};

std::string Body(std::size_t size) {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 131 % 251);
  return body;
}

TEST_F(PartFileTest, StoresABodyUnderItsFinalNameAndLeavesNothingElse) {
  const std::string body = Body(100000);
  auto part = Make(body.size());
  const auto resume = part->Resume();
  ASSERT_TRUE(resume.ok());
  EXPECT_EQ(resume->offset, 0U);
  EXPECT_EQ(resume->validator, "");
  ASSERT_TRUE(part->Start({0, body.size(), kTag, "video/mp4"}).ok());
  EXPECT_FALSE(folder_.Has("a-1.mp4"));
  for (std::size_t at = 0; at < body.size(); at += 777) {
    ASSERT_TRUE(part->Write(std::string_view(body).substr(at, 777)).ok());
  }
  const auto stored = part->Finish();
  ASSERT_TRUE(stored.ok()) << Describe(stored.error());
  EXPECT_EQ(stored->path, "out/a-1.mp4");
  EXPECT_EQ(stored->bytes, body.size());
  EXPECT_EQ(stored->sha256, Sha256Hex(body));
  EXPECT_EQ(folder_.Read("a-1.mp4"), body);
  part.reset();
  EXPECT_EQ(folder_.Names(), std::vector<std::string>{"a-1.mp4"});
}

TEST_F(PartFileTest, ResumesAfterACutAtEveryPosition) {
  const std::string body = Body(64);
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    Cut(body, cut);
    auto part = Make(body.size());
    const auto resume = part->Resume();
    ASSERT_TRUE(resume.ok());
    // A whole part asks for its last byte again: a range must not be empty.
    ASSERT_EQ(resume->offset, cut == body.size() ? cut - 1 : cut);
    EXPECT_EQ(resume->validator, cut == 0 ? "" : kTag);
    ASSERT_TRUE(part->Start({resume->offset, body.size(), kTag, "video/mp4"}).ok());
    ASSERT_TRUE(part->Write(std::string_view(body).substr(resume->offset)).ok());
    const auto stored = part->Finish();
    ASSERT_TRUE(stored.ok()) << cut << ": " << Describe(stored.error());
    EXPECT_EQ(stored->sha256, Sha256Hex(body));
    EXPECT_EQ(folder_.Read("a-1.mp4"), body);
    std::filesystem::remove(folder_ / "a-1.mp4");
    ASSERT_TRUE(folder_.Names().empty()) << cut;
  }
}

TEST_F(PartFileTest, RehashesAPartLargerThanOneRead) {
  const std::string body = Body(700000);
  Cut(body, 600001);
  auto part = Make();
  const auto resume = part->Resume();
  ASSERT_TRUE(resume.ok());
  ASSERT_EQ(resume->offset, 600001U);
  ASSERT_TRUE(part->Start({resume->offset, body.size(), kTag, ""}).ok());
  ASSERT_TRUE(part->Write(std::string_view(body).substr(600001)).ok());
  const auto stored = part->Finish();
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->sha256, Sha256Hex(body));
}

TEST_F(PartFileTest, BeginsAnewWhenTheServerSendsTheWholeFile) {
  Cut(Body(300), 200);
  auto part = Make();
  ASSERT_EQ(part->Resume()->offset, 200U);
  const std::string other = "another body";
  ASSERT_TRUE(part->Start({0, other.size(), "\"v2\"", ""}).ok());
  ASSERT_TRUE(part->Write(other).ok());
  const auto stored = part->Finish();
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->sha256, Sha256Hex(other));
  EXPECT_EQ(folder_.Read("a-1.mp4"), other);
}

TEST_F(PartFileTest, ForgetsAPartWhoseFileChangedOnTheServer) {
  for (const BodyHead& head : {BodyHead{200, 300, "\"v2\"", ""}, BodyHead{200, 301, kTag, ""},
                               BodyHead{199, 300, kTag, ""}, BodyHead{201, 300, kTag, ""}}) {
    Cut(Body(300), 200);
    auto part = Make();
    ASSERT_EQ(part->Resume()->offset, 200U);
    const Status status = part->Start(head);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
    part.reset();
    EXPECT_TRUE(folder_.Names().empty());
    EXPECT_EQ(Make()->Resume()->offset, 0U);
  }
}

TEST_F(PartFileTest, DoesNotResumeWhatItCannotTrust) {
  const std::string body = Body(300);
  Cut(body, 200, "an earlier start of the machine");
  EXPECT_EQ(Make()->Resume()->offset, 0U);

  Cut(body, 200);
  EXPECT_EQ(Make(299)->Resume()->offset, 0U);  // the service announces another length

  Cut(body, 200);
  std::filesystem::resize_file(folder_ / "a-1.mp4.part", 301);
  EXPECT_EQ(Make()->Resume()->offset, 0U);

  Cut(body, 200);
  std::filesystem::remove(folder_ / "a-1.mp4.part.tag");
  EXPECT_EQ(Make()->Resume()->offset, 0U);

  Cut(body, 200, "");
  EXPECT_EQ(Make(0, "")->Resume()->offset, 0U);
}

TEST_F(PartFileTest, DoesNotTrustADamagedTag) {
  const std::string body = Body(300);
  Cut(body, 200);
  const std::string tag = folder_.Read("a-1.mp4.part.tag");
  ASSERT_FALSE(tag.empty());
  for (std::size_t size = 0; size < tag.size(); ++size) {
    folder_.Put("a-1.mp4.part", body.substr(0, 200));
    folder_.Put("a-1.mp4.part.tag", tag.substr(0, size));
    EXPECT_EQ(Make()->Resume()->offset, 0U) << size;
  }
  folder_.Put("a-1.mp4.part", body.substr(0, 200));
  folder_.Put("a-1.mp4.part.tag", tag);
  EXPECT_EQ(Make()->Resume()->offset, 200U);
}

TEST_F(PartFileTest, KeepsNoPartThatCannotBeResumed) {
  for (const BodyHead& head :
       {BodyHead{0, 300, "", ""}, BodyHead{0, 300, "W/\"weak\"", ""},
        BodyHead{0, std::nullopt, kTag, ""}, BodyHead{0, 300, "\"a\nb\"", ""}}) {
    auto part = Make();
    ASSERT_TRUE(part->Resume().ok());
    ASSERT_TRUE(part->Start(head).ok());
    ASSERT_TRUE(part->Write("x").ok());
    part.reset();
    EXPECT_TRUE(folder_.Names().empty());
  }
}

TEST_F(PartFileTest, KeepsThePartOfABodyThatCameShort) {
  auto part = Make();
  ASSERT_TRUE(part->Resume().ok());
  ASSERT_TRUE(part->Start({0, 300, kTag, ""}).ok());
  ASSERT_TRUE(part->Write(Body(299)).ok());
  const auto stored = part->Finish();
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(folder_.Has("a-1.mp4"));
  part.reset();
  EXPECT_EQ(Make()->Resume()->offset, 299U);
}

TEST_F(PartFileTest, RefusesWrongLengths) {
  {  // announced by the service, other than the server's
    auto part = Make(300);
    ASSERT_TRUE(part->Resume().ok());
    EXPECT_EQ(part->Start({0, 299, kTag, ""}).error().code, ErrorCode::kInvalid);
  }
  {  // more than announced
    auto part = Make();
    ASSERT_TRUE(part->Resume().ok());
    ASSERT_TRUE(part->Start({0, 3, kTag, ""}).ok());
    ASSERT_TRUE(part->Write("abc").ok());
    EXPECT_EQ(part->Write("d").error().code, ErrorCode::kInvalid);
  }
  {  // the server says nothing, the service does
    auto part = Make(3);
    ASSERT_TRUE(part->Resume().ok());
    ASSERT_TRUE(part->Start({0, std::nullopt, "", ""}).ok());
    ASSERT_TRUE(part->Write("ab").ok());
    EXPECT_EQ(part->Finish().error().code, ErrorCode::kInvalid);
  }
  EXPECT_TRUE(folder_.Names().empty());
}

TEST_F(PartFileTest, KeepsTheOldFileUntilTheNewOneIsWhole) {
  folder_.Put("a-1.mp4", "old");
  auto part = Make();
  ASSERT_TRUE(part->Resume().ok());
  ASSERT_TRUE(part->Start({0, 3, kTag, ""}).ok());
  ASSERT_TRUE(part->Write("new").ok());
  EXPECT_EQ(folder_.Read("a-1.mp4"), "old");
  ASSERT_TRUE(part->Finish().ok());
  EXPECT_EQ(folder_.Read("a-1.mp4"), "new");
}

TEST_F(PartFileTest, TakesTheSuffixFromTheContentTypeElseBin) {
  const std::pair<const char*, const char*> kCases[] = {
      {"image/png", "out/a-1.png"}, {"text/html", "out/a-1.bin"}, {"", "out/a-1.bin"}};
  for (const auto& [type, path] : kCases) {
    for (const char* suffix : {"", "../x", "a/b", "waytoolongsuffix"}) {
      auto part = Make(0, "boot-1", suffix);
      ASSERT_TRUE(part->Resume().ok());
      ASSERT_TRUE(part->Start({0, 1, kTag, type}).ok());
      ASSERT_TRUE(part->Write("x").ok());
      EXPECT_EQ(part->Finish()->path, path);
    }
  }
}

TEST_F(PartFileTest, StoresAnEmptyBody) {
  auto part = Make();
  ASSERT_TRUE(part->Resume().ok());
  ASSERT_TRUE(part->Start({0, 0, kTag, ""}).ok());
  const auto stored = part->Finish();
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->sha256, Sha256Hex(""));
}

TEST_F(PartFileTest, RefusesASecondWriterOfTheSameFile) {
  auto first = Make();
  ASSERT_TRUE(first->Resume().ok());
  ASSERT_TRUE(first->Start({0, 3, kTag, ""}).ok());
  auto second = Make();
  const auto resume = second->Resume();
  ASSERT_FALSE(resume.ok());
  EXPECT_EQ(resume.error().code, ErrorCode::kIo);
  second.reset();
  ASSERT_TRUE(first->Write("abc").ok());
  EXPECT_TRUE(first->Finish().ok());
}

TEST_F(PartFileTest, WritesThroughNoLink) {
  folder_.Put("victim", "precious");
  std::filesystem::create_symlink(folder_ / "victim", folder_ / "a-1.mp4.part");
  auto part = Make();
  EXPECT_EQ(part->Resume().error().code, ErrorCode::kIo);
  EXPECT_FALSE(part->Start({0, 3, kTag, ""}).ok());
  part.reset();
  std::filesystem::remove(folder_ / "a-1.mp4.part");
  std::filesystem::create_hard_link(folder_ / "victim", folder_ / "a-1.mp4.part");
  EXPECT_EQ(Make()->Resume().error().code, ErrorCode::kIo);
  EXPECT_EQ(folder_.Read("victim"), "precious");
}

TEST_F(PartFileTest, ReportsALimitOfTheDiskAndResumesLater) {
  const std::string body = Body(5000);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  {
    auto part = Make(body.size());
    ASSERT_TRUE(part->Resume().ok());
    ASSERT_TRUE(part->Start({0, body.size(), kTag, ""}).ok());
    rlimit small = old;
    small.rlim_cur = 3000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    Status status = part->Write(body);
    ::setrlimit(RLIMIT_FSIZE, &old);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kDiskFull);
    EXPECT_NE(status.error().message.find("out/a-1.mp4.part"), std::string::npos);
    EXPECT_FALSE(status.error().hint.empty());
  }
  std::signal(SIGXFSZ, old_handler);
  auto part = Make(body.size());
  const auto resume = part->Resume();
  ASSERT_TRUE(resume.ok());
  EXPECT_EQ(resume->offset, 3000U);
  ASSERT_TRUE(part->Start({3000, body.size(), kTag, ""}).ok());
  ASSERT_TRUE(part->Write(std::string_view(body).substr(3000)).ok());
  EXPECT_EQ(part->Finish()->sha256, Sha256Hex(body));
}

TEST_F(PartFileTest, ReportsAFolderInTheWayOfTheFinalName) {
  std::filesystem::create_directories(folder_ / "a-1.mp4");
  auto part = Make();
  ASSERT_TRUE(part->Resume().ok());
  ASSERT_TRUE(part->Start({0, 1, kTag, ""}).ok());
  ASSERT_TRUE(part->Write("x").ok());
  EXPECT_EQ(part->Finish().error().code, ErrorCode::kIo);
}

TEST(BootId, IsTheSameWithinOneStartOfTheMachine) { EXPECT_EQ(BootId(), BootId()); }

TEST(FileError, TellsWhatAUserCanDoSomethingAbout) {
  EXPECT_EQ(FileError(ENOSPC, "cannot write", "x").code, ErrorCode::kDiskFull);
  EXPECT_EQ(FileError(EDQUOT, "cannot write", "x").code, ErrorCode::kDiskFull);
  EXPECT_EQ(FileError(EACCES, "cannot write", "x").code, ErrorCode::kNoPermission);
  EXPECT_EQ(FileError(EPERM, "cannot write", "x").code, ErrorCode::kNoPermission);
  EXPECT_EQ(FileError(EROFS, "cannot write", "x").code, ErrorCode::kNoPermission);
  EXPECT_EQ(FileError(EIO, "cannot write", "x").code, ErrorCode::kIo);
  EXPECT_EQ(FileError(ENOSPC, "cannot write", "out/a.mp4").message,
            "cannot write out/a.mp4: No space left on device");
}

TEST(WriteAll, ReportsAFullDevice) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (!full.valid()) GTEST_SKIP() << "no /dev/full here";
  const Status status = WriteAll(full.get(), "x", "/dev/full");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kDiskFull);
}

}  // namespace
}  // namespace aigc::files
