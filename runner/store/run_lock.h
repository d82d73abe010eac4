// The lock that makes a run the only writer of its state: flock(2) on NAME.lock, held while the
// object lives and gone with the process, however it dies. The file stays, so that nobody can lock
// a file that was unlinked. It holds the holder's pid, for people. Private to this room.
//
// A second, open-file-description lock (fcntl) lies on the same file: unlike flock it can be asked
// about without being taken, so that looking never makes a starting run believe it is locked out.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace aigc::store {

class RunLock {
 public:
  // kStateLocked when another process holds it (pid and since when in the message), kStateUnusable
  // when the file cannot be made, kDiskFull, kIo. `name`: the batch, for messages.
  static Result<std::unique_ptr<RunLock>> Take(const std::string& path, const std::string& name);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  struct Holder {
    bool held = false;
    int pid = 0;  // 0: not known
  };
  static Holder Look(const std::string& path);

 private:
  explicit RunLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace aigc::store
