#include "files/free_space.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "files/posix_file.h"

namespace aigc::files {

Result<std::uint64_t> FreeBytes(const std::string& path) {
  std::string at = path.empty() ? "." : path;
  struct statvfs info {};
  while (::statvfs(at.c_str(), &info) != 0) {
    const auto slash = at.find_last_of('/');
    if (errno == EINTR) continue;
    if ((errno != ENOENT && errno != ENOTDIR) || at == "/" || at == ".") {
      return FileError(errno, "cannot tell the free space of", at);
    }
    at = slash == std::string::npos ? "." : slash == 0 ? "/" : at.substr(0, slash);
  }
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace aigc::files
