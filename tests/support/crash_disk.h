// A disk whose power a test can cut: a SQLite VFS over real files that remembers every write since
// the last sync of its file. After the cut nothing more gets through, and Settle() decides what of
// the unsynced writes had reached the platters: all of them (the process was killed, the machine
// went on), none, or any subset with the last one torn. It also refuses operations on demand, as a
// full or broken disk does.
//
// Not modelled: a file's name that is lost because its folder was not synced.
// One at a time, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"

namespace aigc::testing {

class CrashDisk {
 public:
  enum class Fault {
    kCut,   // the process dies in that operation
    kFull,  // refused: SQLITE_FULL
    kIo,    // refused: SQLITE_IOERR
  };
  enum class Kept { kAll, kNone, kSome };

  CrashDisk();
  ~CrashDisk();
  CrashDisk(const CrashDisk&) = delete;
  CrashDisk& operator=(const CrashDisk&) = delete;

  std::string name() const;  // for store::OpenOptions::vfs

  // The n-th write, sync, truncation or removal from now (from 1) fails like that; a full or broken
  // disk refuses `count` of them.
  void FailAt(std::uint64_t n, Fault fault, std::uint64_t count = 1);
  void Cut();  // dies between two operations
  bool is_cut() const;
  std::uint64_t operations() const;  // since the start or the last Settle()
  std::uint64_t refused() const;     // of those, how many failed as a full or broken disk
  std::uint64_t unsynced() const;    // writes waiting for a sync

  // After the connection was closed: what is on the disk now. Heals it.
  void Settle(Kept kept, Random& random);
};

}  // namespace aigc::testing
