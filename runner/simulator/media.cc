#include "simulator/media.h"

#include <charconv>
#include <span>
#include <vector>

#include "base/digest.h"
#include "base/embedded_file.h"
#include "embedded_simulatormedia.h"
#include "simulator/chance.h"
#include "simulator/png.h"

namespace aigc::simulator {
namespace {

// The clips of data/: 3 s of H.264 baseline at 12 frames a second, 320x180 or 180x320.
constexpr int kLongSide = 320;
constexpr int kShortSide = 180;
constexpr double kClipSeconds = 3;
constexpr int kClipRate = 12;

std::string_view Embedded(std::string_view name) {
  for (const EmbeddedFile& file : embedded::SimulatorMedia()) {
    if (file.name == name) return file.text;
  }
  return {};
}

void AppendBigEndian(std::string& out, std::uint32_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xff));
  }
}

std::uint64_t Draw(std::string_view label) {
  Sha256Bytes digest = Sha256(label);
  std::uint64_t draw = 0;
  for (std::size_t i = 0; i < 8; ++i) draw = draw << 8 | digest[i];
  return draw;
}

// A clip and, behind it, a `free` box: players skip it (ISO/IEC 14496-12, 8.1.2). It holds the
// label, and padding so that lengths differ too.
Media Video(Shape shape, std::string_view label) {
  static constexpr std::string_view kWide[] = {"clip_1.mp4", "clip_2.mp4", "clip_3.mp4"};
  static constexpr std::string_view kTall[] = {"clip_4.mp4", "clip_5.mp4"};
  std::uint64_t draw = Draw(label);
  bool is_tall = shape == Shape::kTall;
  std::string_view clip = Embedded(is_tall ? kTall[draw % 2] : kWide[draw % 3]);
  std::size_t padding = 4096 + (draw >> 8) % 8192;

  Media media{std::string(clip), "video/mp4"};
  media.bytes.reserve(clip.size() + 8 + label.size() + padding);
  AppendBigEndian(media.bytes, static_cast<std::uint32_t>(8 + label.size() + padding), 4);
  media.bytes.append("free").append(label).append(padding, '\0');
  return media;
}

Size PictureSize(Shape shape) {
  if (shape == Shape::kSquare) return {144, 144};
  return shape == Shape::kTall ? Size{108, 192} : Size{192, 108};
}

// An embedded picture with the label in a comment segment right behind the start marker.
Media Jpeg(Shape shape, std::string_view label) {
  Size size = PictureSize(shape);
  std::string name =
      "picture_" + std::to_string(size.width) + "x" + std::to_string(size.height) + ".jpg";
  std::string_view picture = Embedded(name);
  Media media{std::string(picture.substr(0, 2)), "image/jpeg"};
  media.bytes.append("\xff\xfe");
  AppendBigEndian(media.bytes, static_cast<std::uint32_t>(label.size() + 2), 2);
  media.bytes.append(label).append(picture.substr(2));
  return media;
}

Media Png(Shape shape, std::string_view label) {
  Size size = PictureSize(shape);
  return {DrawPng(size, Draw(label), label), "image/png"};
}

int Number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Media MakeMedia(std::string_view suffix, Shape shape, std::string_view label) {
  if (suffix == "mp4") return Video(shape, label);
  return suffix == "jpg" ? Jpeg(shape, label) : Png(shape, label);
}

ClipMeasures MeasureClip(Shape shape) {
  if (shape == Shape::kTall) return {kShortSide, kLongSide, kClipSeconds, kClipRate};
  return {kLongSide, kShortSide, kClipSeconds, kClipRate};
}

Shape ShapeOf(std::string_view aspect_ratio) {
  std::size_t colon = aspect_ratio.find(':');
  if (colon == std::string_view::npos) return Shape::kWide;
  int width = Number(aspect_ratio.substr(0, colon));
  int height = Number(aspect_ratio.substr(colon + 1));
  if (width == height) return Shape::kSquare;
  return width < height ? Shape::kTall : Shape::kWide;
}

}  // namespace aigc::simulator
