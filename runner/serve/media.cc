#include "serve/media.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <utility>

#include "base/text.h"

namespace aigc::serve {
namespace {

Error NotThere() { return {ErrorCode::kNotFound, "the file is not there"}; }

// Parts of a path without "." and empty ones; none when one is "..".
std::optional<std::vector<std::string>> PartsOf(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." || part.find('\0') != std::string_view::npos) return std::nullopt;
    parts.emplace_back(part);
  }
  return parts;
}

std::string Absolute(const std::string& folder, const std::string& path) {
  return path.starts_with('/') ? path : folder + "/" + path;
}

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes = {{
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"mov", "video/quicktime"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"png", "image/png"},
    {"webp", "image/webp"},
    {"gif", "image/gif"},
    {"mp3", "audio/mpeg"},
    {"wav", "audio/wav"},
    {"txt", "text/plain; charset=utf-8"},
    {"json", "application/json"},
}};

}  // namespace

Result<MediaFile> OpenMedia(const std::string& folder, const std::string& output_dir,
                            const std::string& path) {
  if (path.empty() || !folder.starts_with('/')) return NotThere();
  // A template in output_dir ("out/${model}") counts up to the part that holds it.
  std::string plain = output_dir;
  if (const std::size_t at = plain.find("${"); at != std::string::npos) {
    plain.erase(std::min(at, plain.rfind('/', at) + 1));
  }
  const auto root = PartsOf(Absolute(folder, plain));
  const auto whole = PartsOf(Absolute(folder, path));
  if (!root || !whole || whole->size() <= root->size()) return NotThere();
  if (!std::equal(root->begin(), root->end(), whole->begin())) return NotThere();
  // The root is the user's and may be reached through links; nothing below it may.
  std::string root_path = "/";
  for (const std::string& part : *root) root_path += part + "/";
  files::Fd at(::open(root_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (std::size_t i = root->size(); i < whole->size() && at.valid(); ++i) {
    const bool last = i + 1 == whole->size();
    const int flags =
        O_CLOEXEC | O_NOFOLLOW | (last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY);
    at = files::Fd(::openat(at.get(), (*whole)[i].c_str(), flags));
  }
  struct stat info {};
  if (!at.valid() || ::fstat(at.get(), &info) != 0 || !S_ISREG(info.st_mode)) return NotThere();
  MediaFile media;
  media.bytes = static_cast<std::uint64_t>(info.st_size);
  media.file = std::make_shared<files::Fd>(std::move(at));
  return media;
}

std::optional<ByteRange> ParseRange(std::string_view header, std::uint64_t size) {
  const ByteRange whole{0, size, false};
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit) || header.find(',') != std::string_view::npos) return whole;
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos) return whole;
  const std::string_view from = Trim(header.substr(0, dash));
  const std::string_view to = Trim(header.substr(dash + 1));
  const auto first = Number(from);
  const auto last = Number(to);
  if ((!from.empty() && !first) || (!to.empty() && !last) || (from.empty() && to.empty()))
    return whole;
  if (!first) {  // the last so many
    if (*last == 0 || size == 0) return std::nullopt;
    const std::uint64_t bytes = std::min(*last, size);
    return ByteRange{size - bytes, bytes, true};
  }
  if (*first >= size) return std::nullopt;
  if (last && *last < *first) return whole;
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return ByteRange{*first, end - *first + 1, true};
}

std::string_view MediaTypeOf(std::string_view path) {
  const std::string suffix = ToLower(path.substr(std::min(path.size(), path.rfind('.') + 1)));
  for (const auto& [known, type] : kTypes) {
    if (suffix == known) return type;
  }
  return "application/octet-stream";
}

Reply MediaReply(const Request& request, MediaFile media, std::string_view path,
                 std::string_view etag) {
  Reply reply;
  const std::string tag = etag.empty() ? "" : "\"" + std::string(etag) + "\"";
  reply.headers.Add("Accept-Ranges", "bytes");
  reply.headers.Add("Cache-Control", "private, no-cache");
  if (!tag.empty()) reply.headers.Add("ETag", tag);
  if (!tag.empty() && request.headers.Get("If-None-Match") == tag) {
    reply.status = 304;
    return reply;
  }
  // A range of what was here before, of a file that has changed since: all of it.
  const bool stale = request.headers.Has("If-Range") && request.headers.Get("If-Range") != tag;
  const auto range = ParseRange(stale ? "" : request.headers.Get("Range"), media.bytes);
  if (!range) {
    Reply refusal = ErrorReply(416, "range", "the file has no such bytes");
    refusal.headers.Add("Content-Range", fmt::format("bytes */{}", media.bytes));
    return refusal;
  }
  const std::string_view type = MediaTypeOf(path);
  reply.headers.Add("Content-Type", std::string(type));
  // Whatever it is, it runs nothing and is shown to nobody else.
  reply.headers.Add("Content-Security-Policy", "default-src 'none'; sandbox");
  if (type == "application/octet-stream") reply.headers.Add("Content-Disposition", "attachment");
  if (range->partial) {
    reply.status = 206;
    reply.headers.Add("Content-Range", fmt::format("bytes {}-{}/{}", range->first,
                                                   range->first + range->bytes - 1, media.bytes));
  }
  reply.file = FilePart{std::move(media.file), range->first, range->bytes};
  return reply;
}

}  // namespace aigc::serve
