// Order of what reaches the disk, so that a tag never vouches for bytes of another file: beginning
// anew removes the old tag, then empties the part file, then writes the new tag. A process may die
// between any two of these, or leave half a tag, which does not read as one. Lost power is what the
// boot id is for, so the tag is never synced.
#include "files/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "files/output_folder.h"

namespace aigc::files {
namespace {

constexpr std::string_view kTagHead = "aigc-batch part 1";
constexpr std::size_t kTagBytes = 4096;  // an ETag is far shorter
constexpr std::size_t kLongestValidator = 1024;
constexpr std::size_t kReadBytes = std::size_t{256} * 1024;

bool IsPlausibleSuffix(std::string_view suffix) {
  return !suffix.empty() && suffix.size() <= 10 &&
         std::all_of(suffix.begin(), suffix.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

// A validator that can stand in a line of the tag and in an If-Range header.
bool IsUsableValidator(std::string_view validator) {
  return !validator.empty() && validator.size() <= kLongestValidator &&
         !validator.starts_with("W/") &&
         std::all_of(validator.begin(), validator.end(),
                     [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

std::string WithSuffix(std::string_view name, std::string_view suffix,
                       std::string_view content_type) {
  constexpr std::string_view kExt = "${ext}";
  if (!IsPlausibleSuffix(suffix)) suffix = SuffixFromContentType(content_type);
  if (suffix.empty()) suffix = "bin";
  std::string out(name);
  for (std::size_t at = out.find(kExt); at != std::string::npos; at = out.find(kExt, at)) {
    out.replace(at, kExt.size(), suffix);
    at += suffix.size();
  }
  return out;
}

std::string BootId() {
  const Fd folder(::open("/proc/sys/kernel/random", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return "";
  const Result<std::string> id = ReadSmallFile(folder, "boot_id", 128);
  return id.ok() ? std::string(Trim(*id)) : "";
}

PartFile::PartFile(PartTarget target)
    : target_(std::move(target)),
      // The part's name must be known before the answer's Content-Type is.
      part_name_(WithSuffix(target_.name, target_.suffix, "") + ".part"),
      tag_name_(part_name_ + ".tag"),
      hash_(std::make_unique<Sha256Stream>()) {}

PartFile::~PartFile() {
  if (part_.valid() && !tag_) ::unlinkat(target_.folder.get(), part_name_.c_str(), 0);
}

std::string PartFile::Shown(std::string_view name) const {
  if (target_.shown.empty()) return std::string(name);
  return target_.shown + (target_.shown.back() == '/' ? "" : "/") + std::string(name);
}

// Opens and locks the part file. After it: part_ is valid, or there is none and `create_flag` is 0.
Status PartFile::OpenPart(int create_flag) {
  const std::string shown = Shown(part_name_);
  for (;;) {
    Fd part(::openat(target_.folder.get(), part_name_.c_str(),
                     O_RDWR | create_flag | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666));
    if (!part.valid() && errno == ENOENT && create_flag == 0) return {};
    if (!part.valid()) return FileError(errno, "cannot open", shown);
    struct stat opened {};
    if (::fstat(part.get(), &opened) != 0) return FileError(errno, "cannot open", shown);
    if (!S_ISREG(opened.st_mode) || opened.st_nlink > 1) {
      return Error{ErrorCode::kIo, shown + " is not a file of this program", "",
                   "remove or rename it"};
    }
    if (::flock(part.get(), LOCK_EX | LOCK_NB) != 0) {
      return Error{ErrorCode::kIo, shown + " is being written by another process", "",
                   "two batches must not write the same file; give one another output folder"};
    }
    // The other writer may have finished between our open and our lock: then the file we hold has
    // its final name by now, and must not be touched.
    struct stat named {};
    if (::fstatat(target_.folder.get(), part_name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        named.st_ino == opened.st_ino && named.st_dev == opened.st_dev) {
      part_ = std::move(part);
      return {};
    }
  }
}

std::optional<PartFile::Tag> PartFile::ReadTag() const {
  const Result<std::string> text = ReadSmallFile(target_.folder, tag_name_, kTagBytes);
  if (!text.ok()) return std::nullopt;
  // head, boot id, validator, total, end: the empty part after the last line end shows that it is
  // whole.
  const std::vector<std::string_view> lines = Split(*text, '\n');
  if (lines.size() != 5 || lines[0] != kTagHead || lines[1] != target_.boot_id ||
      !IsUsableValidator(lines[2]) || !lines[4].empty()) {
    return std::nullopt;
  }
  Tag tag;
  tag.validator = lines[2];
  const auto parsed =
      std::from_chars(lines[3].data(), lines[3].data() + lines[3].size(), tag.total);
  if (parsed.ec != std::errc() || parsed.ptr != lines[3].data() + lines[3].size()) {
    return std::nullopt;
  }
  return tag;
}

Status PartFile::WriteTag(const Tag& tag) {
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}\n", kTagHead, target_.boot_id, tag.validator, tag.total);
  const std::string shown = Shown(tag_name_);
  const Fd file(::openat(target_.folder.get(), tag_name_.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!file.valid()) return FileError(errno, "cannot create", shown);
  AIGC_RETURN_IF_ERROR(WriteAll(file.get(), text, shown));
  tag_ = tag;
  return {};
}

Status PartFile::RemoveTag() {
  tag_.reset();
  if (::unlinkat(target_.folder.get(), tag_name_.c_str(), 0) == 0 || errno == ENOENT) return {};
  return FileError(errno, "cannot remove", Shown(tag_name_));
}

Status PartFile::HashExisting(std::uint64_t bytes) {
  std::string buffer(kReadBytes, '\0');
  while (received_ < bytes) {
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes - received_));
    const ssize_t got = ::pread(part_.get(), buffer.data(), wanted, static_cast<off_t>(received_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return FileError(got < 0 ? errno : EIO, "cannot read", Shown(part_name_));
    hash_->Update(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
    received_ += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<ResumePoint> PartFile::Resume() {
  AIGC_RETURN_IF_ERROR(OpenPart(0));
  if (!part_.valid() || target_.boot_id.empty()) return ResumePoint{};
  std::optional<Tag> tag = ReadTag();
  struct stat info {};
  if (::fstat(part_.get(), &info) != 0) return FileError(errno, "cannot read", Shown(part_name_));
  auto size = static_cast<std::uint64_t>(info.st_size);
  if (!tag || size > tag->total ||
      (target_.expected_bytes != 0 && tag->total != target_.expected_bytes)) {
    return ResumePoint{};
  }
  // A whole file that was not renamed yet: its last byte is asked for again, because a range that
  // begins at the end of a file is an error to servers.
  if (size == tag->total && size > 0) --size;
  if (size == 0) return ResumePoint{};
  AIGC_RETURN_IF_ERROR(HashExisting(size));
  tag_ = std::move(tag);
  return ResumePoint{received_, tag_->validator};
}

Error PartFile::Refuse(std::string message) {
  // What is there is of no use to the next try either. Should the tag stay, the destructor removes
  // the part file all the same.
  (void)RemoveTag();
  return Error{ErrorCode::kInvalid, std::move(message), Shown(part_name_)};
}

Status PartFile::Restart(const BodyHead& head) {
  if (!part_.valid()) AIGC_RETURN_IF_ERROR(OpenPart(O_CREAT));
  AIGC_RETURN_IF_ERROR(RemoveTag());
  if (::ftruncate(part_.get(), 0) != 0) return FileError(errno, "cannot write", Shown(part_name_));
  hash_ = std::make_unique<Sha256Stream>();
  received_ = 0;
  if (!target_.boot_id.empty() && head.total_bytes && IsUsableValidator(head.validator)) {
    return WriteTag({head.validator, *head.total_bytes});
  }
  return {};
}

Status PartFile::Start(const BodyHead& head) {
  total_ = head.total_bytes;
  content_type_ = head.content_type;
  if (target_.expected_bytes != 0 && total_ && *total_ != target_.expected_bytes) {
    return Refuse(fmt::format("the server offers {} bytes where {} were announced", *total_,
                              target_.expected_bytes));
  }
  if (head.offset == 0) {
    AIGC_RETURN_IF_ERROR(Restart(head));
  } else if (head.offset != received_ || !tag_) {
    return Refuse(fmt::format("the server's answer begins at byte {} where {} was asked for",
                              head.offset, received_));
  } else if ((total_ && *total_ != tag_->total) ||
             (!head.validator.empty() && head.validator != tag_->validator)) {
    return Refuse("the file on the server changed while it was being fetched");
  } else {
    total_ = tag_->total;
    if (::ftruncate(part_.get(), static_cast<off_t>(received_)) != 0) {
      return FileError(errno, "cannot write", Shown(part_name_));
    }
  }
  if (::lseek(part_.get(), static_cast<off_t>(received_), SEEK_SET) < 0) {
    return FileError(errno, "cannot write", Shown(part_name_));
  }
  return {};
}

Status PartFile::Write(std::string_view bytes) {
  if (!part_.valid()) {
    return Error{ErrorCode::kInternal, "bytes before the start of a download"};
  }
  const std::uint64_t limit = total_.value_or(target_.expected_bytes);
  if ((total_ || limit != 0) && received_ + bytes.size() > limit) {
    return Refuse(fmt::format("the server sends more than the announced {} bytes", limit));
  }
  AIGC_RETURN_IF_ERROR(WriteAll(part_.get(), bytes, Shown(part_name_)));
  hash_->Update(bytes);
  received_ += bytes.size();
  return {};
}

Result<StoredBody> PartFile::Finish() {
  if (!part_.valid()) return Error{ErrorCode::kInternal, "end of a download without its start"};
  if (total_ && received_ != *total_) {
    // Cut short: the part stays good for a resume.
    return Error{ErrorCode::kInvalid, fmt::format("{} of {} bytes arrived", received_, *total_),
                 Shown(part_name_)};
  }
  if (target_.expected_bytes != 0 && received_ != target_.expected_bytes) {
    return Refuse(
        fmt::format("{} bytes arrived where {} were announced", received_, target_.expected_bytes));
  }
  const std::string final_name = WithSuffix(target_.name, target_.suffix, content_type_);
  StoredBody stored{Shown(final_name), received_, Hex(hash_->Finish())};
  AIGC_RETURN_IF_ERROR(SyncFile(part_.get(), stored.path));
  if (::renameat(target_.folder.get(), part_name_.c_str(), target_.folder.get(),
                 final_name.c_str()) != 0) {
    return FileError(errno, "cannot create", stored.path);
  }
  (void)RemoveTag();  // without its part file a tag says nothing
  part_.Close();
  AIGC_RETURN_IF_ERROR(SyncFolder(target_.folder, stored.path));
  return stored;
}

}  // namespace aigc::files
