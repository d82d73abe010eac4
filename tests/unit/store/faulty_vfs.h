// A SQLite VFS that writes through the default one until it is told to fail, to try what a full or
// broken disk does at every single write.
#pragma once

#include <string>

namespace aigc::store {

class FaultyVfs {
 public:
  enum class Fault { kFull, kIo };  // SQLITE_FULL, SQLITE_IOERR_WRITE (or …_FSYNC)

  // Registers the VFS; one at a time.
  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  std::string name() const;
  // Lets `count` more writes and syncs through, then fails every one.
  void FailAfter(int count, Fault fault);
  void Heal();
  // Writes and syncs since the last FailAfter() or Heal(), failed ones included.
  int operations() const;
  int syncs() const;  // the syncs among them
};

}  // namespace aigc::store
