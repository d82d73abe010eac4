#include "files/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <optional>

namespace aigc::files {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;

// Unique within the process; the process id makes it unique among processes. Leftovers of a killed
// process with the same id are stepped over.
std::string AsideName() {
  static std::atomic<unsigned> counter{0};
  return ".aigc-" + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".tmp";
}

// The path that links lead to, when the whole of it exists.
std::optional<std::string> Resolved(const std::string& path) {
  char buffer[PATH_MAX];
  if (::realpath(path.c_str(), buffer) == nullptr) return std::nullopt;
  return std::string(buffer);
}

std::string FolderOf(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

AtomicFile::AtomicFile(Fd folder, Fd file, std::string name, std::string aside, std::string shown)
    : folder_(std::move(folder)),
      file_(std::move(file)),
      name_(std::move(name)),
      aside_(std::move(aside)),
      shown_(std::move(shown)) {}

AtomicFile::~AtomicFile() {
  // A moved-from file has no folder any more.
  if (folder_.valid() && !aside_.empty()) ::unlinkat(folder_.get(), aside_.c_str(), 0);
}

Result<AtomicFile> AtomicFile::Create(const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos || path.back() == '/') {
    return Error{ErrorCode::kInvalid, "\"" + path + "\" is not a file name"};
  }
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    return Error{ErrorCode::kIo, path + " is a folder", "", "name a file in it"};
  }
  if (exists && !S_ISREG(info.st_mode)) {
    Fd direct(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!direct.valid()) return FileError(errno, "cannot open", path);
    return AtomicFile(Fd(), std::move(direct), "", "", path);
  }
  const std::string target = exists ? Resolved(path).value_or(path) : path;
  const auto slash = target.rfind('/');
  AIGC_ASSIGN_OR_RETURN(Fd folder, OpenFolder(FolderOf(target)));
  return CreateBelow(std::move(folder),
                     slash == std::string::npos ? target : target.substr(slash + 1), path);
}

Result<AtomicFile> AtomicFile::CreateBelow(Fd folder, const std::string& name, std::string shown) {
  struct stat info {};
  const bool exists = ::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    return Error{ErrorCode::kIo, shown + " is a folder", "", "remove or rename it"};
  }
  for (;;) {
    std::string aside = AsideName();
    Fd file(::openat(folder.get(), aside.c_str(),
                     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!file.valid() && errno == EEXIST) continue;
    if (!file.valid()) return FileError(errno, "cannot create", shown);
    AtomicFile result(std::move(folder), std::move(file), name, std::move(aside), std::move(shown));
    // The replaced file's permissions stay.
    if (exists && S_ISREG(info.st_mode) &&
        ::fchmod(result.file_.get(), info.st_mode & 07777) != 0) {
      return FileError(errno, "cannot set the permissions of", result.shown_);
    }
    return result;
  }
}

Status AtomicFile::Write(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < kBufferBytes ? Status() : Flush();
}

Status AtomicFile::Flush() {
  AIGC_RETURN_IF_ERROR(WriteAll(file_.get(), buffer_, shown_));
  buffer_.clear();
  return {};
}

Status AtomicFile::Commit() {
  AIGC_RETURN_IF_ERROR(Flush());
  if (!folder_.valid()) return {};  // a pipe or a device
  AIGC_RETURN_IF_ERROR(SyncFile(file_.get(), shown_));
  if (::renameat(folder_.get(), aside_.c_str(), folder_.get(), name_.c_str()) != 0) {
    return FileError(errno, "cannot create", shown_);
  }
  aside_.clear();
  return SyncFolder(folder_, shown_);
}

}  // namespace aigc::files
