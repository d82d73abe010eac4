#include "manifest/local_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/text.h"
#include "manifest/media_type.h"

namespace aigc::manifest {
namespace {

std::string PathHint(const std::string& written, const std::string& path) {
  if (written == path) return "";
  return fmt::format("paths are relative to the folder of the file that names them; tried {}",
                     Printable(path));
}

}  // namespace

std::string Below(const std::string& folder, const std::string& written) {
  return written.substr(0, 1) == "/" || folder.empty() ? written : folder + "/" + written;
}

const LocalFile& LocalFiles::Get(const std::string& written, const std::string& folder) {
  const std::string path = Below(folder, written);
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second;
  const LocalFile& file = files_.emplace(path, Inspect(written, folder)).first->second;
  if (!file.sha256.empty()) paths_.emplace(file.sha256, file.path);
  return file;
}

Result<std::string> LocalFiles::ReadText(const std::string& written, const std::string& folder) {
  const std::string path = Below(folder, written);
  const std::string name = Excerpt(written, 120);
  const auto fail = [&](std::string message, std::string hint = "") {
    return Error{ErrorCode::kManifest, std::move(message), "", std::move(hint)};
  };
  if (reader_ == nullptr) return fail(fmt::format("the local file {} cannot be read here", name));
  auto content = reader_->Read(path, kMaxPromptFileBytes);
  if (!content.ok()) {
    return fail(fmt::format("{} {}", name, content.error().message), PathHint(written, path));
  }
  if (content->size > kMaxPromptFileBytes) {
    return fail(fmt::format("{} has {} bytes; a prompt_file has at most {}", name, content->size,
                            kMaxPromptFileBytes));
  }
  std::string text = std::move(content->bytes);
  if (const auto bad = FindBadUtf8(text)) {
    return fail(fmt::format("{} is not UTF-8 (byte {})", name, *bad + 1), "save it as UTF-8");
  }
  if (text.find('\0') != std::string::npos) return fail(fmt::format("{} is not text", name));
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.erase(0, 3);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (Trim(text).empty()) return fail(fmt::format("{} is empty", name));
  return text;
}

LocalFile LocalFiles::Inspect(const std::string& written, const std::string& folder) const {
  LocalFile file;
  file.path = Below(folder, written);
  const std::string name = Excerpt(written, 120);
  if (reader_ == nullptr) {
    file.problem = fmt::format("the local file {} cannot be read here", name);
    return file;
  }
  const auto content = reader_->Read(file.path, kMaxInlineBytes);
  if (!content.ok()) {
    file.problem = fmt::format("{} {}", name, content.error().message);
    file.hint = PathHint(written, file.path);
    return file;
  }
  file.bytes = content->size;
  if (content->size == 0) {
    file.problem = fmt::format("{} is empty", name);
    file.hint = "the file has no content: look at what was to write it";
    return file;
  }
  const bool large = content->size > kMaxInlineBytes;
  if (large && upload_ == Upload::kNever) {
    file.problem = fmt::format(
        "{} has {} bytes; local files are sent inside the request, which "
        "takes at most {} bytes of them",
        name, content->size, kMaxInlineBytes);
    file.hint =
        "make it smaller, leave \"upload: never\" out, or give an https:// URL or vod:FILEID";
    return file;
  }
  if (content->size > kMaxUploadBytes) {
    file.problem = fmt::format("{} has {} bytes; an upload takes at most {}", name, content->size,
                               kMaxUploadBytes);
    file.hint = "make it smaller, or give an https:// URL or vod:FILEID";
    return file;
  }
  std::string sha256;
  std::string head;  // of a large file
  if (large) {
    if (const Status hashed = HashLarge(file, head); !hashed.ok()) {
      file.problem = fmt::format("{} {}", name, hashed.error().message);
      return file;
    }
    sha256 = std::exchange(file.sha256, "");
  }
  const MediaType type = SniffMedia(large ? head : content->bytes);
  if (!type.category) {
    file.problem = fmt::format(
        "{} is not a picture, video or sound that the service takes (found: {})", name, type.name);
    file.hint = "accepted are JPEG, PNG, WebP; MP4, MOV, AVI; MP3, WAV, M4A, AAC";
    return file;
  }
  file.category = *type.category;
  file.suffix = type.suffix;
  file.absolute = reader_->Absolute(file.path);
  file.sha256 = large ? sha256 : Sha256Hex(content->bytes);
  return file;
}

Status LocalFiles::HashLarge(LocalFile& file, std::string& head) const {
  constexpr std::size_t kPiece = 256u * 1024;
  constexpr std::size_t kHead = 512;
  AIGC_ASSIGN_OR_RETURN(const auto stream, reader_->Open(file.path));
  Sha256Stream hash;
  std::vector<char> piece(kPiece);
  std::uint64_t read = 0;
  while (true) {
    AIGC_ASSIGN_OR_RETURN(const std::size_t got, stream->Read(piece.data(), piece.size()));
    if (got == 0) break;
    if (head.size() < kHead) head.append(piece.data(), std::min(got, kHead - head.size()));
    hash.Update({piece.data(), got});
    read += got;
  }
  if (read != file.bytes) return Error{ErrorCode::kIo, "changed its length while it was read"};
  file.sha256 = Hex(hash.Finish());
  return {};
}

Result<std::string> LocalFiles::ReadAgain(std::string_view sha256) {
  const auto found = paths_.find(sha256);
  if (found == paths_.end()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("no file of this manifest has the hash {}", sha256)};
  }
  auto content = reader_->Read(found->second, kMaxInlineBytes);
  if (!content.ok()) {
    Error error = std::move(content).error();
    error.message = fmt::format("{} {}", found->second, error.message);
    return error;
  }
  if (Sha256Hex(content->bytes) != sha256) {
    return Error{ErrorCode::kManifest,
                 fmt::format("{} changed while the manifest was being read", found->second), "",
                 "run the same command again"};
  }
  return std::move(content)->bytes;
}

}  // namespace aigc::manifest
