// A file that is there whole or not at all: written aside in the same folder, synced and renamed
// over the old one. For reports and small texts.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "files/posix_file.h"

namespace aigc::files {

// Use: Create(), Write() as often as needed, Commit(). Until Commit() an existing file of that name
// stays as it is; destroyed without it, what was written is removed. Small writes are collected.
// A killed process leaves a ".aigc-*.tmp" beside the file, and never half a file under its name.
//
// Errors as in FileError(). One thread at a time.
class AtomicFile {
 public:
  // Makes missing folders. A link is followed and its target replaced. What is no regular file (a
  // pipe, /dev/stdout) is written to directly, since replacing it would be a disaster.
  static Result<AtomicFile> Create(const std::string& path);
  // The same for `name` directly below an open folder; no link is followed. `shown`: for messages.
  static Result<AtomicFile> CreateBelow(Fd folder, const std::string& name, std::string shown);

  AtomicFile(AtomicFile&& other) noexcept = default;
  AtomicFile& operator=(AtomicFile&& other) noexcept = delete;
  ~AtomicFile();

  Status Write(std::string_view bytes);
  // REQUIRES: no earlier call failed; called at most once.
  Status Commit();

 private:
  AtomicFile(Fd folder, Fd file, std::string name, std::string aside, std::string shown);
  Status Flush();

  Fd folder_;  // invalid when written directly
  Fd file_;
  std::string name_;
  std::string aside_;  // empty when there is nothing to remove
  std::string shown_;
  std::string buffer_;
};

}  // namespace aigc::files
