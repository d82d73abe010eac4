// An inbox as a folder. A file NAME.command in it waits; SetAside() moves it to bad/.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/times.h"
#include "files/inbox.h"
#include "files/posix_file.h"

namespace aigc::files {

// The folder need not be there: then nothing waits. At most 100 files in one go, each of at most
// 1 MiB; a longer one, a link, or what is no file has a `problem`.
std::unique_ptr<Inbox> MakePosixInbox(std::string folder);

// Puts a text into an inbox, whole and durable, making the folder when it is missing. `name`
// without the suffix; returns the path. kDiskFull, kNoPermission, kIo.
Result<std::string> PutInInbox(const std::string& folder, const std::string& name,
                               std::string_view text);

// Notices that something changed in a folder, so that a command can wait for its file to be taken.
class FolderWatch {
 public:
  // kIo when the folder is not there or the system has no watches left.
  static Result<FolderWatch> Open(const std::string& folder);
  // Returns at the first change since the last call, and at the latest after `limit`.
  void Wait(Millis limit);

 private:
  explicit FolderWatch(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace aigc::files
