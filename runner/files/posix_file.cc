#include "files/posix_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace aigc::files {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

ErrorCode CodeOf(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kDiskFull;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kNoPermission;
    case ENAMETOOLONG:
      return ErrorCode::kInvalid;
    default:
      return ErrorCode::kIo;
  }
}

std::string HintOf(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
      return "make room on that file system, then run the same command again";
    case EDQUOT:
      return "your disk quota is used up; make room, then run the same command again";
    case EFBIG:
      return "the file system or `ulimit -f` does not allow a file of that size";
    case EACCES:
    case EPERM:
      return "check who owns the folder and its permissions";
    case EROFS:
      return "the file system is mounted read-only; choose another output folder";
    case EMFILE:
    case ENFILE:
      return "too many open files; raise `ulimit -n` or lower limits.downloads";
    default:
      return "";
  }
}

Error NotAFolder(const std::string& path) {
  return Error{ErrorCode::kIo, path + " is not a folder", "",
               "remove or rename it, or choose another output folder"};
}

std::string ParentOf(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// A new folder is there after lost power only when its parent was synced.
Status SyncParent(const std::string& path) {
  const std::string parent = ParentOf(path);
  const Fd folder(::open(parent.c_str(), kOpenFolder));
  if (!folder.valid()) return FileError(errno, "cannot open", parent);
  return SyncFolder(folder, parent);
}

// Makes every missing folder of `path`, from the top.
Status MakeFolders(const std::string& path) {
  for (std::size_t at = 0; at != std::string::npos;) {
    at = path.find('/', at + 1);
    const std::string part = path.substr(0, at);
    if (part.empty() || part.back() == '/') continue;
    if (::mkdir(part.c_str(), 0777) == 0) {
      AIGC_RETURN_IF_ERROR(SyncParent(part));
      continue;
    }
    const int error = errno;
    struct stat info {};
    if (::stat(part.c_str(), &info) != 0) return FileError(error, "cannot create folder", part);
    if (!S_ISDIR(info.st_mode)) return NotAFolder(part);
  }
  return {};
}

}  // namespace

void Fd::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error FileError(int errno_value, std::string_view doing, std::string_view path) {
  return Error{CodeOf(errno_value),
               fmt::format("{} {}: {}", doing, path, std::generic_category().message(errno_value)),
               "", HintOf(errno_value)};
}

Result<Fd> OpenFolder(const std::string& path) {
  Fd folder(::open(path.c_str(), kOpenFolder));
  if (!folder.valid() && (errno == ENOENT || errno == ENOTDIR)) {
    AIGC_RETURN_IF_ERROR(MakeFolders(path));
    folder = Fd(::open(path.c_str(), kOpenFolder));
  }
  if (!folder.valid()) return FileError(errno, "cannot open folder", path);
  return folder;
}

Result<Fd> OpenFolderBelow(const Fd& folder, const std::string& name, const std::string& shown) {
  if (::mkdirat(folder.get(), name.c_str(), 0777) == 0) {
    AIGC_RETURN_IF_ERROR(SyncFolder(folder, shown));
  } else if (errno != EEXIST) {
    return FileError(errno, "cannot create folder", shown);
  }
  Fd below(::openat(folder.get(), name.c_str(), kOpenFolder | O_NOFOLLOW));
  if (below.valid()) return below;
  const int error = errno;
  struct stat info {};
  if (::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISLNK(info.st_mode)) {
      return Error{ErrorCode::kInvalid, shown + " is a symbolic link", "",
                   "links inside the output folder are not followed; make it a real folder, or "
                   "name its target as the output folder"};
    }
    if (!S_ISDIR(info.st_mode)) return NotAFolder(shown);
  }
  return FileError(error, "cannot open folder", shown);
}

Result<std::string> ReadSmallFile(const Fd& folder, const std::string& name, std::size_t limit) {
  const Fd file(
      ::openat(folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) return FileError(errno, "cannot open", name);
  std::string text(limit + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(errno, "cannot read", name);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > limit) return Error{ErrorCode::kInvalid, name + " is too long"};
  text.resize(size);
  return text;
}

Status WriteAll(int fd, std::string_view bytes, std::string_view shown) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FileError(errno, "cannot write", shown);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status SyncFile(int fd, std::string_view shown) {
  if (::fsync(fd) != 0) return FileError(errno, "cannot write", shown);
  return {};
}

Status SyncFolder(const Fd& folder, std::string_view shown) {
  // Some file systems (FUSE, SMB) cannot sync a folder and say so; there is no more to be done
  // then.
  if (::fsync(folder.get()) != 0 && errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) {
    return FileError(errno, "cannot sync the folder of", shown);
  }
  return {};
}

}  // namespace aigc::files
