// Files of a batch, as replies: whole or the range that was asked for. Nothing outside the folder
// the batch writes to is ever opened, whatever a state says, and never through a link.
//
// Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "serve/message.h"

namespace aigc::serve {

struct MediaFile {
  std::shared_ptr<files::Fd> file;
  std::uint64_t bytes = 0;
};

// `path` as the state holds it: relative to `folder` (the batch's), or absolute below an absolute
// `output_dir`. kNotFound for everything that is not a regular file inside output_dir.
Result<MediaFile> OpenMedia(const std::string& folder, const std::string& output_dir,
                            const std::string& path);

// The first and the number of bytes of "bytes=0-499" and "bytes=-500"; the whole for no header and
// for what is not understood (RFC 9110 14.2). None when it cannot be met (416).
struct ByteRange {
  std::uint64_t first = 0, bytes = 0;
  bool partial = false;
};
std::optional<ByteRange> ParseRange(std::string_view header, std::uint64_t size);

// "video/mp4" of "x.mp4"; application/octet-stream for what a browser must not open here.
std::string_view MediaTypeOf(std::string_view path);

// 200, 206, 304 or 416. `etag` is the hash of the content.
Reply MediaReply(const Request& request, MediaFile media, std::string_view path,
                 std::string_view etag);

}  // namespace aigc::serve
