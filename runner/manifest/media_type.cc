#include "manifest/media_type.h"

#include <array>

#include "base/text.h"

namespace aigc::manifest {
namespace {

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  std::size_t second_offset;  // 0: no second part
  std::string_view second;
  MediaType type;
};

using namespace std::string_view_literals;

// Accepted inline: JPEG, PNG, WebP; MP4, MOV, AVI (reference 3.2); MP3, WAV, M4A, AAC (3.5). The
// others are named only to say what was found. More specific ones first.
constexpr std::array kSignatures = std::to_array<Signature>({
    {0, "\x89PNG\r\n\x1A\n"sv, 0, ""sv, {"PNG", Category::kImage, "png"}},
    {0, "\xFF\xD8\xFF"sv, 0, ""sv, {"JPEG", Category::kImage, "jpg"}},
    {0, "RIFF"sv, 8, "WEBP"sv, {"WebP", Category::kImage, "webp"}},
    {0, "RIFF"sv, 8, "AVI "sv, {"AVI", Category::kVideo, "avi"}},
    {0, "RIFF"sv, 8, "WAVE"sv, {"WAV", Category::kAudio, "wav"}},
    {4, "ftyp"sv, 8, "M4A "sv, {"M4A", Category::kAudio, "m4a"}},
    {4, "ftyp"sv, 8, "heic"sv, {"HEIC", std::nullopt}},
    {4, "ftyp"sv, 8, "avif"sv, {"AVIF", std::nullopt}},
    {4, "ftyp"sv, 8, "qt  "sv, {"MOV", Category::kVideo, "mov"}},
    {4, "ftyp"sv, 0, ""sv, {"MP4", Category::kVideo, "mp4"}},
    {4, "moov"sv, 0, ""sv, {"MOV", Category::kVideo, "mov"}},
    {0, "ID3"sv, 0, ""sv, {"MP3", Category::kAudio, "mp3"}},
    {0, "\xFF\xFB"sv, 0, ""sv, {"MP3", Category::kAudio, "mp3"}},
    {0, "\xFF\xF3"sv, 0, ""sv, {"MP3", Category::kAudio, "mp3"}},
    {0, "\xFF\xF2"sv, 0, ""sv, {"MP3", Category::kAudio, "mp3"}},
    {0, "\xFF\xF1"sv, 0, ""sv, {"AAC", Category::kAudio, "aac"}},
    {0, "\xFF\xF9"sv, 0, ""sv, {"AAC", Category::kAudio, "aac"}},
    {0, "GIF8"sv, 0, ""sv, {"GIF", std::nullopt}},
    {0, "BM"sv, 0, ""sv, {"BMP", std::nullopt}},
    {0, "II*\0"sv, 0, ""sv, {"TIFF", std::nullopt}},
    {0, "MM\0*"sv, 0, ""sv, {"TIFF", std::nullopt}},
    {0, "\x1A\x45\xDF\xA3"sv, 0, ""sv, {"Matroska or WebM", std::nullopt}},
    {0, "%PDF"sv, 0, ""sv, {"PDF", std::nullopt}},
    {0, "PK\x03\x04"sv, 0, ""sv, {"a ZIP archive", std::nullopt}},
    {0, "version https://git-lfs"sv, 0, ""sv, {"a Git LFS pointer, not the file", std::nullopt}},
    {0, "<!DOCTYPE"sv, 0, ""sv, {"HTML", std::nullopt}},
    {0, "<html"sv, 0, ""sv, {"HTML", std::nullopt}},
    {0, "<svg"sv, 0, ""sv, {"SVG", std::nullopt}},
});

bool Matches(const Signature& signature, std::string_view bytes) {
  const auto has = [&](std::size_t offset, std::string_view part) {
    return bytes.size() >= offset && bytes.substr(offset, part.size()) == part;
  };
  return has(signature.offset, signature.bytes) && has(signature.second_offset, signature.second);
}

}  // namespace

MediaType SniffMedia(std::string_view bytes) {
  if (bytes.empty()) return {"an empty file", std::nullopt};
  for (const Signature& signature : kSignatures) {
    if (Matches(signature, bytes)) return signature.type;
  }
  const std::string_view head = bytes.substr(0, 512);
  const bool looks_like_text = head.find('\0') == std::string_view::npos &&
                               FindBadUtf8(head).value_or(head.size()) + 4 > head.size();
  return {looks_like_text ? "text" : "an unknown format", std::nullopt};
}

std::optional<Category> CategoryFromUrl(std::string_view url) {
  std::string_view path = url.substr(0, url.find_first_of("?#"));
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string suffix = ToLower(path.substr(dot + 1));
  for (const std::string_view video : {"mp4", "mov", "avi"}) {
    if (suffix == video) return Category::kVideo;
  }
  for (const std::string_view audio : {"mp3", "wav", "m4a", "aac"}) {
    if (suffix == audio) return Category::kAudio;
  }
  for (const std::string_view image : {"jpg", "jpeg", "png", "webp"}) {
    if (suffix == image) return Category::kImage;
  }
  return std::nullopt;
}

std::string_view Phrase(Category category) {
  switch (category) {
    case Category::kImage:
      return "an image";
    case Category::kVideo:
      return "a video";
    case Category::kAudio:
      return "a sound";
  }
  return "an image";
}

}  // namespace aigc::manifest
