#include "simulator/png.h"

#include <Poco/Checksum.h>
#include <Poco/DeflatingStream.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "simulator/chance.h"

namespace aigc::simulator {
namespace {

void AppendNumber(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
}

void AppendChunk(std::string& out, std::string_view type, std::string_view data) {
  AppendNumber(out, static_cast<std::uint32_t>(data.size()));
  std::size_t start = out.size();
  out.append(type).append(data);
  Poco::Checksum crc(Poco::Checksum::TYPE_CRC32);
  crc.update(out.data() + start, static_cast<unsigned>(out.size() - start));
  AppendNumber(out, crc.checksum());
}

// Rows of RGB, each behind a filter byte 0 (none).
std::string Pixels(Size size, std::uint64_t draw) {
  std::array<int, 3> from{};
  std::array<int, 3> to{};
  for (std::size_t i = 0; i < 3; ++i) {
    from[i] = static_cast<int>(Mix(draw, kForPicture, i) % 256);
    to[i] = static_cast<int>(Mix(draw, kForPicture, i + 3) % 256);
  }
  int steps = std::max(1, size.width + size.height - 2);
  std::string rows;
  rows.reserve(static_cast<std::size_t>(size.height) *
               (static_cast<std::size_t>(size.width) * 3 + 1));
  for (int y = 0; y < size.height; ++y) {
    rows.push_back('\0');
    for (int x = 0; x < size.width; ++x) {
      for (std::size_t i = 0; i < 3; ++i) {
        rows.push_back(static_cast<char>(from[i] + (to[i] - from[i]) * (x + y) / steps));
      }
    }
  }
  return rows;
}

std::string Store(const std::string& data) {
  std::ostringstream out;
  Poco::DeflatingOutputStream deflating(out, Poco::DeflatingStreamBuf::STREAM_ZLIB, 0);
  deflating.write(data.data(), static_cast<std::streamsize>(data.size()));
  deflating.close();
  return out.str();
}

}  // namespace

std::string DrawPng(Size size, std::uint64_t draw, std::string_view comment) {
  std::string header;
  AppendNumber(header, static_cast<std::uint32_t>(size.width));
  AppendNumber(header, static_cast<std::uint32_t>(size.height));
  header.append({8, 2, 0, 0, 0});  // 8 bits, RGB, the only compression, filter and no interlace
  std::string text("Comment");
  text.push_back('\0');
  text.append(comment);

  std::string png("\x89PNG\r\n\x1a\n", 8);
  AppendChunk(png, "IHDR", header);
  AppendChunk(png, "tEXt", text);
  AppendChunk(png, "IDAT", Store(Pixels(size, draw)));
  AppendChunk(png, "IEND", "");
  return png;
}

}  // namespace aigc::simulator
