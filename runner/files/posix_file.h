// The few POSIX calls of this room, with errors as values: descriptors that close themselves,
// folders opened one step at a time, writing and syncing. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace aigc::files {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { Close(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

// What an errno value means to the user: ENOSPC, EDQUOT and EFBIG are kDiskFull; EACCES, EPERM and
// EROFS kNoPermission; ENAMETOOLONG kInvalid; all else kIo. `doing` and `path`
// make the message: "cannot create out/a.mp4: No space left on device".
Error FileError(int errno_value, std::string_view doing, std::string_view path);

// Opens the folder `path` (absolute or relative to the working directory), making what is missing
// of it, durably. Links are followed. kIo names the part of the path that is not a folder.
Result<Fd> OpenFolder(const std::string& path);

// Opens, making it if missing, the folder `name` directly below `folder`; never through a link,
// which is kInvalid. `shown` is its path for messages.
Result<Fd> OpenFolderBelow(const Fd& folder, const std::string& name, const std::string& shown);

// Reads a whole small file; anything longer than `limit` bytes is kInvalid. Never through a link.
Result<std::string> ReadSmallFile(const Fd& folder, const std::string& name, std::size_t limit);

Status WriteAll(int fd, std::string_view bytes, std::string_view shown);
Status SyncFile(int fd, std::string_view shown);
Status SyncFolder(const Fd& folder, std::string_view shown);

}  // namespace aigc::files
