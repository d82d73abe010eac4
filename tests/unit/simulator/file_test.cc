// Result files: what is served, ranges, links that die, and scripted faults. Then the files
// themselves: that a video and a picture are what they claim to be.
#include <Poco/Checksum.h>
#include <Poco/InflatingStream.h>

#include <set>
#include <sstream>

#include "base/digest.h"
#include "simulator/media.h"
#include "unit/simulator/caller.h"

namespace aigc::simulator {
namespace {

constexpr const char* kVideoUrl = "Response.AigcVideoTask.Output.FileInfos.0.FileUrl";

struct Finished {
  explicit Finished(Scenario scenario = QuickScenario()) : caller(std::move(scenario)) {
    id = caller.CreateVideo("a");
    caller.now += Seconds(5);
    url = Url();
  }
  std::string Url() { return At(caller.Detail(id), kVideoUrl); }
  const ResultFile& file() const { return caller.service.ledger().Find(id)->files[0]; }
  Caller caller;
  std::string id;
  std::string url;
};

Scenario With(FaultKind kind) {
  Scenario scenario = QuickScenario();
  FaultRule rule;
  rule.match.action = "file";
  rule.match.nth = {1};
  rule.fault.kind = kind;
  scenario.faults = {rule};
  return scenario;
}

HttpHeaders Header(const std::string& name, const std::string& value) {
  HttpHeaders headers;
  headers.Add(name, value);
  return headers;
}

TEST(Files, ServesWhatTheLedgerAndTheDetailSay) {
  Finished done;
  EXPECT_THAT(done.url, testing::EndsWith("/aigcVideoGenFile.mp4"));
  Reply reply = done.caller.Get(done.url);
  EXPECT_EQ(reply.response.status, 200);
  EXPECT_EQ(reply.response.headers.Get("Content-Type"), "video/mp4");
  EXPECT_EQ(reply.response.headers.Get("Accept-Ranges"), "bytes");
  EXPECT_EQ(Sha256Hex(reply.response.body), done.file().sha256);
  EXPECT_EQ(reply.response.body.size(), done.file().bytes);
  EXPECT_EQ(
      At(done.caller.Detail(done.id), "Response.AigcVideoTask.Output.FileInfos.0.MetaData.Size"),
      std::to_string(done.file().bytes));
  EXPECT_EQ(reply.response.headers.Get("Content-Length"), std::to_string(done.file().bytes));
}

TEST(Files, ServesRangesAndChecksIfRange) {
  Finished done;
  std::string whole = done.caller.Get(done.url).response.body;
  std::string etag(done.caller.Get(done.url).response.headers.Get("ETag"));
  auto range = [&](const std::string& text, const std::string& if_range = "") {
    HttpHeaders headers = Header("Range", text);
    if (!if_range.empty()) headers.Add("If-Range", if_range);
    return done.caller.Get(done.url, headers).response;
  };
  std::string size = std::to_string(whole.size());
  HttpResponse tail = range("bytes=100-");
  EXPECT_EQ(tail.status, 206);
  EXPECT_EQ(tail.body, whole.substr(100));
  EXPECT_EQ(tail.headers.Get("Content-Range"),
            "bytes 100-" + std::to_string(whole.size() - 1) + "/" + size);
  EXPECT_EQ(range("bytes=0-0").body, whole.substr(0, 1));
  EXPECT_EQ(range("bytes=-10").body, whole.substr(whole.size() - 10));
  EXPECT_EQ(range("bytes=5-9", etag).body, whole.substr(5, 5));
  EXPECT_EQ(range("bytes=5-9", "\"other\"").status, 200);
  EXPECT_EQ(range("bytes=5-9", "\"other\"").body, whole);
  HttpResponse beyond = range("bytes=" + size + "-");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.headers.Get("Content-Range"), "bytes */" + size);
  for (const char* ignored : {"bytes=9-5", "bytes=a-b", "pages=1-2", "bytes=1-2,5-6", "bytes=-"}) {
    EXPECT_EQ(range(ignored).status, 200) << ignored;
  }
}

TEST(Files, RefusesWhatIsNotThere) {
  Finished done;
  for (const char* path : {"/files/", "/files/none/0-0/a.mp4", "/files/a/b/c/d/e/f"}) {
    EXPECT_EQ(done.caller.Get(std::string("http://files.test") + path).response.status, 404);
  }
  std::string other_output = done.url;
  other_output.replace(other_output.find("/0-0/"), 5, "/7-0/");
  EXPECT_EQ(done.caller.Get(other_output).response.status, 404);
  EXPECT_EQ(done.caller.Get(done.url, {}, "DELETE").response.status, 405);
  std::string running = done.caller.CreateVideo("b");
  EXPECT_EQ(done.caller.Get("http://files.test/files/" + running + "/0-0/aigcVideoGenFile.mp4")
                .response.status,
            404);
}

TEST(Files, LinksDieAfterSevenDaysAndCannotBeRenewedThen) {
  Finished done;
  done.caller.now = kStart + Seconds(5) + std::chrono::hours(7 * 24) - Millis(1);
  EXPECT_EQ(done.caller.Get(done.url).response.status, 200);
  done.caller.now += Millis(1);
  EXPECT_EQ(done.caller.Get(done.url).response.status, 403);
  EXPECT_EQ(done.Url(), "(absent)");  // the task is not shown any more
}

TEST(Files, ADetailRenewsADeadLink) {
  Scenario scenario = QuickScenario();
  scenario.url_life = std::chrono::minutes(10);
  Finished done(scenario);
  done.caller.now += std::chrono::minutes(11);
  EXPECT_EQ(done.caller.Get(done.url).response.status, 403);
  std::string fresh = done.Url();
  EXPECT_NE(fresh, done.url);
  EXPECT_EQ(done.caller.Get(done.url).response.status, 403);
  EXPECT_EQ(Sha256Hex(done.caller.Get(fresh).response.body), done.file().sha256);
}

TEST(Files, ExpireAsScriptedUntilANewDetail) {
  Finished done(With(FaultKind::kFileExpired));
  EXPECT_EQ(done.caller.Get(done.url).response.status, 403);
  EXPECT_EQ(done.caller.Get(done.url).response.status, 403);
  EXPECT_EQ(done.caller.Get(done.Url()).response.status, 200);
}

TEST(Files, FailAsScripted) {
  Scenario scenario = With(FaultKind::kFileStatus);
  scenario.faults[0].fault.status = 404;
  Finished missing(scenario);
  EXPECT_EQ(missing.caller.Get(missing.url).response.status, 404);
  EXPECT_EQ(missing.caller.Get(missing.url).response.status, 200);

  Finished shorter(With(FaultKind::kFileLength));
  HttpResponse cut = shorter.caller.Get(shorter.url).response;
  EXPECT_EQ(cut.headers.Get("Content-Length"), std::to_string(cut.body.size()));
  EXPECT_LT(cut.body.size(), shorter.file().bytes);

  scenario = With(FaultKind::kFileCut);
  scenario.faults[0].fault.count = 77;
  Finished broken(scenario);
  Reply reply = broken.caller.Get(broken.url);
  EXPECT_EQ(reply.cut_after_bytes, 77u);
  EXPECT_EQ(reply.response.body.size(), broken.file().bytes);

  scenario = With(FaultKind::kFileSlow);
  scenario.faults[0].fault.delay = Seconds(3);
  Finished slow(scenario);
  EXPECT_EQ(slow.caller.Get(slow.url).delay, Seconds(3));

  Finished no_range(With(FaultKind::kFileNoRange));
  HttpResponse whole = no_range.caller.Get(no_range.url, Header("Range", "bytes=5-")).response;
  EXPECT_EQ(whole.status, 200);
  EXPECT_FALSE(whole.headers.Has("Accept-Ranges"));

  Finished changed(With(FaultKind::kFileNewETag));
  std::string other(changed.caller.Get(changed.url).response.headers.Get("ETag"));
  EXPECT_NE(other, changed.caller.Get(changed.url).response.headers.Get("ETag"));
}

// --- the files themselves ----------------------------------------------------------------------

std::uint32_t Number(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  }
  return value;
}

std::vector<std::string> Boxes(const std::string& mp4) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < mp4.size();) {
    std::uint32_t size = Number(mp4, at);
    if (size < 8 || at + size > mp4.size()) return {"broken"};
    names.push_back(mp4.substr(at + 4, 4));
    at += size;
  }
  return names;
}

TEST(Media, VideosAreWholeMp4FilesAndAllDiffer) {
  std::set<std::string> seen;
  for (Shape shape : {Shape::kWide, Shape::kTall, Shape::kSquare}) {
    for (int i = 0; i < 20; ++i) {
      std::string label = "task-" + std::to_string(i) + std::to_string(static_cast<int>(shape));
      Media media = MakeMedia("mp4", shape, label);
      std::vector<std::string> boxes = Boxes(media.bytes);
      EXPECT_THAT(boxes, testing::Contains("ftyp"));
      EXPECT_THAT(boxes, testing::Contains("moov"));
      EXPECT_THAT(boxes, testing::Contains("mdat"));
      EXPECT_EQ(boxes.back(), "free");
      EXPECT_NE(media.bytes.find("avc1"), std::string::npos);
      EXPECT_LT(media.bytes.size(), 40'000u);
      EXPECT_TRUE(seen.insert(Sha256Hex(media.bytes)).second);
      EXPECT_EQ(media.bytes, MakeMedia("mp4", shape, label).bytes);
    }
  }
}

TEST(Media, VideosHaveTheMeasuresTheDetailGives) {
  for (Shape shape : {Shape::kWide, Shape::kTall, Shape::kSquare}) {
    std::string mp4 = MakeMedia("mp4", shape, "x").bytes;
    // Width and height end the track header, as 16.16 numbers (ISO/IEC 14496-12, 8.3.2).
    std::size_t header = mp4.find("tkhd") - 4;
    std::size_t end = header + Number(mp4, header);
    ClipMeasures measures = MeasureClip(shape);
    EXPECT_EQ(Number(mp4, end - 8) >> 16, static_cast<std::uint32_t>(measures.width));
    EXPECT_EQ(Number(mp4, end - 4) >> 16, static_cast<std::uint32_t>(measures.height));
    // Time scale and duration of the movie header, version 0.
    std::size_t movie = mp4.find("mvhd") + 4;
    EXPECT_EQ(measures.seconds, static_cast<double>(Number(mp4, movie + 16)) /
                                    static_cast<double>(Number(mp4, movie + 12)));
  }
}

TEST(Media, PicturesAreWholePngFilesAndAllDiffer) {
  std::set<std::string> seen;
  for (Shape shape : {Shape::kWide, Shape::kTall, Shape::kSquare}) {
    for (const char* label : {"a", "b", "c"}) {
      std::string png = MakeMedia("png", shape, label).bytes;
      EXPECT_TRUE(seen.insert(Sha256Hex(png)).second);
      ASSERT_EQ(png.substr(0, 8), std::string("\x89PNG\r\n\x1a\n", 8));
      std::vector<std::string> types;
      std::string data;
      for (std::size_t at = 8; at < png.size();) {
        std::uint32_t size = Number(png, at);
        std::string body = png.substr(at + 4, size + 4);  // type and data, what the sum is over
        Poco::Checksum crc(Poco::Checksum::TYPE_CRC32);
        crc.update(body);
        EXPECT_EQ(Number(png, at + 8 + size), crc.checksum());
        types.push_back(body.substr(0, 4));
        if (types.back() == "IDAT") data += body.substr(4);
        at += 12 + size;
      }
      EXPECT_THAT(types, testing::ElementsAre("IHDR", "tEXt", "IDAT", "IEND"));
      std::istringstream squeezed(data);
      Poco::InflatingInputStream inflating(squeezed, Poco::InflatingStreamBuf::STREAM_ZLIB);
      std::ostringstream pixels;
      pixels << inflating.rdbuf();
      std::uint32_t width = Number(png, 16);
      std::uint32_t height = Number(png, 20);
      EXPECT_EQ(pixels.str().size(), height * (width * 3 + 1));
      EXPECT_EQ(width > height, shape == Shape::kWide);
      EXPECT_EQ(width < height, shape == Shape::kTall);
      // A gradient: the corners have different colours.
      EXPECT_NE(pixels.str().substr(1, 3), pixels.str().substr(pixels.str().size() - 3));
    }
  }
}

TEST(Media, PicturesAreJpegWhenAskedFor) {
  Caller caller(QuickScenario());
  std::string id = caller.CreateImage("a", R"(,"OutputConfig":{"OutputFormat":"jpeg"})");
  caller.now += Seconds(5);
  std::string url = At(caller.Detail(id), "Response.AigcImageTask.Output.FileInfos.0.FileUrl");
  EXPECT_THAT(url, testing::EndsWith("aigcImageGenFile.jpg"));
  HttpResponse response = caller.Get(url).response;
  EXPECT_EQ(response.headers.Get("Content-Type"), "image/jpeg");
  EXPECT_EQ(response.body.substr(0, 4), "\xff\xd8\xff\xfe");
  EXPECT_EQ(response.body.substr(response.body.size() - 2), "\xff\xd9");
  // Behind the comment comes what a JPEG begins with.
  std::size_t length = Number(response.body, 2) & 0xffff;
  EXPECT_EQ(response.body.substr(4 + length, 2), "\xff\xe0");
  EXPECT_NE(MakeMedia("jpg", Shape::kWide, "a").bytes, MakeMedia("jpg", Shape::kWide, "b").bytes);
}

TEST(Media, ReadsTheShapeFromTheAspectRatio) {
  EXPECT_EQ(ShapeOf("16:9"), Shape::kWide);
  EXPECT_EQ(ShapeOf("9:16"), Shape::kTall);
  EXPECT_EQ(ShapeOf("1:1"), Shape::kSquare);
  EXPECT_EQ(ShapeOf(""), Shape::kWide);
  EXPECT_EQ(ShapeOf("auto"), Shape::kWide);
}

}  // namespace
}  // namespace aigc::simulator
