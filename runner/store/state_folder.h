// The folder that holds states: its files' names, and whether SQLite's locks and shared memory can
// be trusted there. Private to this room. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aigc::store {

struct StatePaths {
  std::string folder;
  std::string database;  // FOLDER/NAME.db
  std::string fresh;     // FOLDER/NAME.db.new, a database in the making
  std::string log;       // FOLDER/NAME.db-wal
  std::string journal;   // FOLDER/NAME.db-journal
  std::string lock;      // FOLDER/NAME.lock
};

// kInvalid when `name` cannot be part of a file name.
Result<StatePaths> PathsOf(const std::string& folder, const std::string& name);

// Makes the folder when absent. kStateUnusable, kDiskFull or kIo.
Status MakeFolder(const std::string& folder);

// kStateUnusable when the folder is on a file system that does not keep SQLite's promises.
Status CheckFileSystem(const std::string& folder);

// A name for a file system on which a state cannot live; none when it can. `magic`: f_type of
// statfs(2), numbers from linux/magic.h and the file systems' own sources. `mount_type`: as
// /proc/self/mountinfo has it ("fuse.sshfs"), only looked at for FUSE.
std::optional<std::string_view> UnsuitableFileSystem(unsigned long magic,
                                                     std::string_view mount_type);

// Makes names in the folder durable (fsync).
Status SyncFolder(const std::string& folder);

// True when the file is there and not empty.
bool HoldsBytes(const std::string& path);

}  // namespace aigc::store
