#include "serve/media.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../files/temp_folder.h"

namespace aigc::serve {
namespace {

class Media : public ::testing::Test {
 protected:
  Media() {
    folder_.Put("out/spring/a.mp4", "0123456789");
    folder_.Put("out/spring/deep/b.png", "x");
    folder_.Put("secret.txt", "secret");
    folder_.Put("out/springtime/c.mp4", "other batch");
  }
  bool Opens(const std::string& path, const std::string& dir = "out/spring") {
    return OpenMedia(folder_.path(), dir, path).ok();
  }
  Reply Get(std::string range, std::string if_range = "") {
    Request request;
    if (!range.empty()) request.headers.Add("Range", std::move(range));
    if (!if_range.empty()) request.headers.Add("If-Range", std::move(if_range));
    return MediaReply(request, *OpenMedia(folder_.path(), "out/spring", "out/spring/a.mp4"),
                      "a.mp4", "hash");
  }
  files::TempFolder folder_;
};

TEST_F(Media, OpensWhatLiesInTheOutputFolder) {
  EXPECT_TRUE(Opens("out/spring/a.mp4"));
  EXPECT_TRUE(Opens("out//spring/./deep/b.png"));
  EXPECT_TRUE(Opens("out/spring/deep/b.png", "out/${model}"));
  EXPECT_TRUE(Opens(folder_ / "out/spring/a.mp4", folder_ / "out/spring"));
}

TEST_F(Media, OpensNothingElse) {
  EXPECT_FALSE(Opens("secret.txt"));
  EXPECT_FALSE(Opens("out/spring/../../secret.txt"));
  EXPECT_FALSE(Opens("out/springtime/c.mp4"));
  EXPECT_FALSE(Opens("/etc/hostname"));
  EXPECT_FALSE(Opens("out/spring"));
  EXPECT_FALSE(Opens("out/spring/deep"));
  EXPECT_FALSE(Opens(""));
  EXPECT_FALSE(Opens(std::string("out/spring/a.mp4\0x", 18)));
  EXPECT_FALSE(Opens("secret.txt", "out/../.."));
}

TEST_F(Media, FollowsNoLinkAndWaitsForNoPipe) {
  ASSERT_EQ(::symlink((folder_ / "secret.txt").c_str(), (folder_ / "out/spring/l.txt").c_str()), 0);
  ASSERT_EQ(::symlink(folder_.path().c_str(), (folder_ / "out/spring/up").c_str()), 0);
  ASSERT_EQ(::mkfifo((folder_ / "out/spring/pipe").c_str(), 0600), 0);
  EXPECT_FALSE(Opens("out/spring/l.txt"));
  EXPECT_FALSE(Opens("out/spring/up/secret.txt"));
  EXPECT_FALSE(Opens("out/spring/pipe"));
}

TEST_F(Media, AnswersRanges) {
  EXPECT_EQ(Get("").status, 200);
  EXPECT_EQ(Get("").file->bytes, 10u);
  const Reply part = Get("bytes=2-4");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.file->offset, 2u);
  EXPECT_EQ(part.file->bytes, 3u);
  EXPECT_EQ(part.headers.Get("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(Get("bytes=-3").headers.Get("Content-Range"), "bytes 7-9/10");
  EXPECT_EQ(Get("bytes=7-").file->bytes, 3u);
  EXPECT_EQ(Get("bytes=7-99").file->bytes, 3u);
  EXPECT_EQ(Get("bytes=10-").status, 416);
  EXPECT_EQ(Get("bytes=-0").status, 416);
  EXPECT_EQ(Get("bytes=4-2").status, 200);
  EXPECT_EQ(Get("bytes=0-1,3-4").status, 200);
  EXPECT_EQ(Get("bytes=18446744073709551616-").status, 200);
  EXPECT_EQ(Get("bytes=2-4", "\"other\"").status, 200);
  EXPECT_EQ(Get("bytes=2-4", "\"hash\"").status, 206);
}

TEST_F(Media, IsNeverRunByABrowser) {
  const Reply reply = Get("");
  EXPECT_EQ(reply.headers.Get("Content-Security-Policy"), "default-src 'none'; sandbox");
  EXPECT_EQ(MediaTypeOf("x.html"), "application/octet-stream");
  EXPECT_EQ(MediaTypeOf("x.svg"), "application/octet-stream");
  EXPECT_EQ(MediaTypeOf("x.MP4"), "video/mp4");
  EXPECT_EQ(MediaTypeOf("mp4"), "video/mp4");
}

TEST_F(Media, IsNotSentAgainWhenItIsKnown) {
  Request request;
  request.headers.Add("If-None-Match", "\"hash\"");
  const Reply reply = MediaReply(
      request, *OpenMedia(folder_.path(), "out/spring", "out/spring/a.mp4"), "a.mp4", "hash");
  EXPECT_EQ(reply.status, 304);
  EXPECT_FALSE(reply.file);
}

}  // namespace
}  // namespace aigc::serve
