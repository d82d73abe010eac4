// Opening a batch's state file. The only header of this room that knows it is SQLite; no SQLiteCpp
// type leaves sqlite_store*.cc.
//
// Files of a batch NAME in folder DIR: DIR/NAME.db (+ -wal, -shm), DIR/NAME.lock.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace aigc::store {

// The newest schema this program writes (`PRAGMA user_version`).
int SchemaVersion();

struct OpenOptions {
  bool create = true;  // make the file (and the folder) when absent; else kNotFound
  std::string vfs{};   // SQLite VFS by name, for tests that inject faults; empty: the default
  std::size_t page_cache_kib = 16 * 1024;
};

// For a run: takes the lock first (kStateLocked names the holder's pid), then opens, checks and
// migrates. kStateNewer: written by a newer program, not touched. kStateDamaged: not a database,
// fails SQLite's quick check of its header and schema, or is not ours (application_id); not
// touched. kStateUnusable: the folder is on a network file system, or cannot be written. The lock
// is advisory (flock on NAME.lock), dies with the process, and is released by the destructor.
Result<std::unique_ptr<Store>> OpenForRun(const std::string& folder, const std::string& name,
                                          const OpenOptions& options = {});

enum class Reading {
  kOnce,    // a state of an older schema is read from a copy, brought up to date, of this moment
  kFollow,  // what a run writes from now on must be seen: an older schema is kStateUnusable
};

// Read-only, no lock, works while a run goes on and on a read-only file system.
Result<std::unique_ptr<StoreReader>> OpenForReading(const std::string& folder,
                                                    const std::string& name,
                                                    Reading reading = Reading::kOnce);

// In memory, for tests and dry runs.
Result<std::unique_ptr<Store>> OpenInMemory();

struct BatchFile {
  std::string name;
  bool running = false;  // somebody holds its lock
  int pid = 0;           // who, when running
};
// The batches in a state folder, by name. An absent folder holds none.
Result<std::vector<BatchFile>> ListBatches(const std::string& folder);

}  // namespace aigc::store
