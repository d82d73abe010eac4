#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "store/run_lock.h"
#include "store/sqlite_account.h"
#include "store/sqlite_query.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_store.h"
#include "store/sqlite_store_impl.h"
#include "store/state_folder.h"

namespace aigc::store {
namespace {

namespace fs = std::filesystem;

Status NotFound(const StatePaths& paths, const std::string& name) {
  return Error{ErrorCode::kNotFound, fmt::format("there is no batch {}", name), paths.folder,
               "aigc-batch list shows the batches; --state DIR names their folder"};
}

// What both kinds of opening find out before SQLite touches anything. False: there is no such file.
Result<bool> LookForFile(const StatePaths& paths) {
  std::error_code failure;
  const fs::file_status found = fs::status(paths.database, failure);
  if (found.type() == fs::file_type::regular) return true;
  if (found.type() == fs::file_type::not_found) return false;
  if (found.type() == fs::file_type::none) {
    return Error{ErrorCode::kStateUnusable,
                 fmt::format("the state folder cannot be looked at ({})", failure.message()),
                 paths.folder, "check its permissions, or use --state DIR with another folder"};
  }
  return Error{ErrorCode::kStateDamaged, "this should be a state file but is not a file",
               paths.database};
}

// Looks at an existing state without changing it or leaving anything beside it. REQUIRES: the run
// lock is held, so that nobody writes. (With a write-ahead log SQLite may leave its -shm file,
// which holds nothing of its own.)
Status Inspect(const StatePaths& paths, const std::string& vfs) {
  const auto access =
      HoldsBytes(paths.log) ? Database::Access::kRead : Database::Access::kImmutable;
  AIGC_ASSIGN_OR_RETURN(const auto database, Database::Open(paths.database, access, vfs));
  const Result<int> version = CheckSchema(*database);
  return version.ok() ? Status{} : Status{version.error()};
}

// A new state is made aside and renamed when it is whole: there is never a half-made NAME.db, and
// an empty one is damage.
Status Create(const StatePaths& paths, const std::string& vfs) {
  if (HoldsBytes(paths.log) || HoldsBytes(paths.journal)) {
    return Error{ErrorCode::kStateDamaged,
                 "the state file is gone, but a log that belongs to it is still there",
                 paths.database, "put the file back; without it what was paid for is not known"};
  }
  std::error_code ignored;
  fs::remove(paths.fresh, ignored);  // left by a run that was killed here; never held anything
  fs::remove(paths.fresh + "-journal", ignored);
  {
    AIGC_ASSIGN_OR_RETURN(const auto database,
                          Database::Open(paths.fresh, Database::Access::kCreate, vfs));
    Status made = Migrate(*database, 0);
    if (!made.ok()) return made;
  }
  if (rename(paths.fresh.c_str(), paths.database.c_str()) != 0) {
    return Error{ErrorCode::kIo, fmt::format("the state file cannot be made ({})", strerror(errno)),
                 paths.database};
  }
  return SyncFolder(paths.folder);
}

// What every connection that may write is set to.
Status Configure(Database& database, std::size_t page_cache_kib) {
  return database.Guard([&]() -> Status {
    database.Execute("PRAGMA synchronous = FULL");
    database.Execute("PRAGMA foreign_keys = ON");
    database.Execute("PRAGMA cell_size_check = ON");
    database.Execute("PRAGMA journal_size_limit = 67108864");  // the log shrinks after a big turn
    // Pages that every turn changes go into the file once in many turns; a turn at full speed fills
    // SQLite's own 1000 pages alone.
    database.Execute("PRAGMA wal_autocheckpoint = 4000");
    database.Execute(fmt::format("PRAGMA cache_size = -{}", page_cache_kib));
    return {};
  });
}

Status UseWriteAheadLog(Database& database) {
  const auto mode = database.Guard([&]() -> Result<std::string> {
    Query query(database, "PRAGMA journal_mode = WAL");
    query.Next();
    return query.Text(0);
  });
  if (!mode.ok()) return mode.error();
  if (*mode == "wal") return {};
  return Error{ErrorCode::kStateUnusable,
               "the state folder's file system cannot share memory between processes",
               database.file(), "use --state DIR with a folder on a local disk"};
}

// After a migration: an older program that looks at the file alone must see the new version.
Status EmptyLog(Database& database) {
  return database.Guard([&]() -> Status {
    Query query(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    query.Next();
    return {};
  });
}

Result<std::unique_ptr<SqliteStore>> MakeStore(std::unique_ptr<RunLock> lock,
                                               std::unique_ptr<Database> database) {
  auto store = std::make_unique<SqliteStore>(std::move(lock), std::move(database));
  AIGC_RETURN_IF_ERROR(store->Prepare());
  return store;
}

}  // namespace

Result<std::unique_ptr<Store>> OpenForRun(const std::string& folder, const std::string& name,
                                          const OpenOptions& options) {
  AIGC_ASSIGN_OR_RETURN(const StatePaths paths, PathsOf(folder, name));
  AIGC_ASSIGN_OR_RETURN(bool exists, LookForFile(paths));
  if (!exists && !options.create) return NotFound(paths, name).error();
  AIGC_RETURN_IF_ERROR(MakeFolder(paths.folder));
  AIGC_RETURN_IF_ERROR(CheckFileSystem(paths.folder));
  AIGC_ASSIGN_OR_RETURN(auto lock, RunLock::Take(paths.lock, name));
  AIGC_ASSIGN_OR_RETURN(exists, LookForFile(paths));  // another run may have made it meanwhile
  if (exists) {
    AIGC_RETURN_IF_ERROR(Inspect(paths, options.vfs));
  } else {
    AIGC_RETURN_IF_ERROR(Create(paths, options.vfs));
  }
  AIGC_ASSIGN_OR_RETURN(auto database,
                        Database::Open(paths.database, Database::Access::kWrite, options.vfs));
  AIGC_RETURN_IF_ERROR(Configure(*database, options.page_cache_kib));
  AIGC_RETURN_IF_ERROR(UseWriteAheadLog(*database));
  AIGC_ASSIGN_OR_RETURN(const int version, CheckSchema(*database));
  if (version < SchemaVersion()) {
    AIGC_RETURN_IF_ERROR(Migrate(*database, version));
    AIGC_RETURN_IF_ERROR(EmptyLog(*database));
  }
  AIGC_ASSIGN_OR_RETURN(auto store, MakeStore(std::move(lock), std::move(database)));
  return std::unique_ptr<Store>(std::move(store));
}

Result<std::unique_ptr<StoreReader>> OpenForReading(const std::string& folder,
                                                    const std::string& name, Reading reading) {
  AIGC_ASSIGN_OR_RETURN(const StatePaths paths, PathsOf(folder, name));
  AIGC_ASSIGN_OR_RETURN(const bool exists, LookForFile(paths));
  if (!exists) return NotFound(paths, name).error();
  AIGC_ASSIGN_OR_RETURN(auto database, Database::Open(paths.database, Database::Access::kRead));
  Result<int> version = CheckSchema(*database);
  const bool no_side_files = !version.ok() && version.error().code == ErrorCode::kNoPermission;
  if (no_side_files && HoldsBytes(paths.log)) {
    // The log holds what the file alone does not; reading past it would show an old state as new.
    return Error{ErrorCode::kStateUnusable,
                 "the state has a log to be read with it, which needs a folder that can be written",
                 paths.database, "copy NAME.db and NAME.db-wal elsewhere and use --state DIR"};
  }
  if (no_side_files) {
    AIGC_ASSIGN_OR_RETURN(database, Database::Open(paths.database, Database::Access::kImmutable));
    version = CheckSchema(*database);
  }
  if (!version.ok()) return std::move(version).error();
  if (*version < SchemaVersion()) {
    if (reading == Reading::kFollow) {
      return Error{ErrorCode::kStateUnusable, "the run that goes on is of an older aigc-batch",
                   paths.database, "give this command with the aigc-batch that runs"};
    }
    AIGC_ASSIGN_OR_RETURN(database, Database::CopyOf(*database));
    AIGC_RETURN_IF_ERROR(Migrate(*database, *version));
  }
  AIGC_ASSIGN_OR_RETURN(auto store, MakeStore(nullptr, std::move(database)));
  return std::unique_ptr<StoreReader>(std::move(store));
}

Result<std::unique_ptr<Store>> OpenInMemory() {
  AIGC_ASSIGN_OR_RETURN(auto database, Database::Open(":memory:", Database::Access::kCreate));
  AIGC_RETURN_IF_ERROR(Configure(*database, OpenOptions{}.page_cache_kib));
  AIGC_RETURN_IF_ERROR(Migrate(*database, 0));
  AIGC_ASSIGN_OR_RETURN(auto store, MakeStore(nullptr, std::move(database)));
  return std::unique_ptr<Store>(std::move(store));
}

Result<std::vector<BatchFile>> ListBatches(const std::string& folder) {
  std::vector<BatchFile> batches;
  std::error_code failure;
  fs::directory_iterator entry(folder.empty() ? "." : folder, failure);
  for (; !failure && entry != fs::directory_iterator{}; entry.increment(failure)) {
    const fs::path& path = entry->path();
    std::error_code ignored;
    if (path.extension() != ".db" || !entry->is_regular_file(ignored)) continue;
    if (IsAccountName(path.stem().string())) continue;
    const RunLock::Holder holder = RunLock::Look(fs::path(path).replace_extension(".lock"));
    batches.push_back({path.stem().string(), holder.held, holder.pid});
  }
  if (failure && failure != std::errc::no_such_file_or_directory) {
    return Error{ErrorCode::kStateUnusable,
                 fmt::format("the state folder cannot be read ({})", failure.message()), folder,
                 "check its permissions, or use --state DIR with another folder"};
  }
  std::sort(batches.begin(), batches.end(),
            [](const BatchFile& a, const BatchFile& b) { return a.name < b.name; });
  return batches;
}

}  // namespace aigc::store
