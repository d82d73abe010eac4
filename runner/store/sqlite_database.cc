#include "store/sqlite_database.h"

#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace aigc::store {
namespace {

// SQLite reads '%', '?' and '#' of a URI its own way.
std::string FileUri(const std::string& path, std::string_view query) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return fmt::format("{}?{}", uri, query);
}

int OpenFlags(Database::Access access) {
  switch (access) {
    case Database::Access::kCreate:
    case Database::Access::kTemporary:
      return SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
    case Database::Access::kWrite:
      return SQLite::OPEN_READWRITE;
    case Database::Access::kRead:
      return SQLite::OPEN_READONLY;
    case Database::Access::kImmutable:
      return SQLite::OPEN_READONLY | SQLite::OPEN_URI;
  }
  return SQLite::OPEN_READONLY;
}

bool SaysFull(int system_errno) {
  return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

bool SaysForbidden(int system_errno) {
  return system_errno == EACCES || system_errno == EPERM || system_errno == EROFS;
}

}  // namespace

Error MapSqliteError(int code, int extended_code, int system_errno, std::string_view text,
                     const std::string& file) {
  const int primary = code & 0xff;
  const std::string detail =
      system_errno == 0 ? std::string(text) : fmt::format("{}: {}", text, strerror(system_errno));
  if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && SaysFull(system_errno))) {
    return {ErrorCode::kDiskFull, "the disk that holds the state is full", file,
            "free some space and give the same command again; nothing that was recorded is lost"};
  }
  if (primary == SQLITE_READONLY || primary == SQLITE_PERM || primary == SQLITE_AUTH ||
      primary == SQLITE_CANTOPEN || (primary == SQLITE_IOERR && SaysForbidden(system_errno))) {
    return {ErrorCode::kNoPermission,
            fmt::format("the state cannot be opened or written ({})", detail), file,
            "check the owner and the permissions of the file and its folder"};
  }
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    return {
        ErrorCode::kStateDamaged, fmt::format("the state file is damaged ({})", detail), file,
        "put a backup of it in its place; do not delete it, it knows what was already paid for"};
  }
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
    return {ErrorCode::kStateLocked, "another program holds the state file open for writing", file,
            "close it (a database browser, perhaps) and try again"};
  }
  if (primary == SQLITE_IOERR || primary == SQLITE_NOMEM) {
    return {ErrorCode::kIo, fmt::format("the state file cannot be read or written ({})", detail),
            file, "check the disk, then give the same command again"};
  }
  return {ErrorCode::kInternal,
          fmt::format("the state refused an operation ({}, SQLite code {})", text, extended_code),
          file};
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& file, Access access,
                                                 const std::string& vfs) {
  std::string name = file;
  if (access == Access::kImmutable) name = FileUri(file, "immutable=1");
  if (access == Access::kTemporary) name.clear();
  errno = 0;
  try {
    std::unique_ptr<Database> database(
        new Database(file, name, OpenFlags(access), vfs.empty() ? nullptr : vfs.c_str()));
    sqlite3* handle = database->connection_.getHandle();
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // SQLite falls back to reading when it may not write, and says so only at the first write.
    const bool writes = access == Access::kCreate || access == Access::kWrite;
    if (writes && sqlite3_db_readonly(handle, "main") == 1) {
      return MapSqliteError(SQLITE_READONLY, SQLITE_READONLY, 0, "read-only file", file);
    }
    return database;
  } catch (const SQLite::Exception& e) {
    return MapSqliteError(e.getErrorCode(), e.getExtendedErrorCode(), errno, e.what(), file);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kIo, "out of memory while opening the state", file};
  }
}

Result<std::unique_ptr<Database>> Database::CopyOf(Database& source) {
  AIGC_ASSIGN_OR_RETURN(auto copy, Open(source.file_, Access::kTemporary));
  const Status copied = copy->Guard([&]() -> Status {
    SQLite::Backup backup(copy->connection_, source.connection_);
    const int result = backup.executeStep(-1);  // all pages, of one moment
    if (result == SQLITE_DONE) return {};
    return MapSqliteError(result, result, 0, "it could not be copied", source.file_);
  });
  if (copied.ok()) return copy;
  if (copied.error().code != ErrorCode::kDiskFull) return copied.error();
  return Error{ErrorCode::kIo, "there is no room for a copy of the state", source.file_,
               "free some space in the folder for temporary files, or name another as TMPDIR"};
}

Error Database::ErrorOf(const SQLite::Exception& exception) const {
  const int primary = exception.getErrorCode() & 0xff;
  // The system's errno is only fresh after a failure of the file system.
  const bool of_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  const int system_errno = of_system ? sqlite3_system_errno(connection_.getHandle()) : 0;
  return MapSqliteError(exception.getErrorCode(), exception.getExtendedErrorCode(), system_errno,
                        exception.what(), file_);
}

bool Database::InTransaction() const {
  return sqlite3_get_autocommit(connection_.getHandle()) == 0;
}

Status Database::MayWrite() const {
  if (spoiled_) return *spoiled_;
  if (!in_turn_) return Error{ErrorCode::kInternal, "a write to the state outside a turn", file_};
  return {};
}

bool Database::BeginReading() {
  if (InTransaction()) return false;
  connection_.exec("BEGIN");
  return true;
}

Status Database::BeginTurn() {
  if (in_turn_ || InTransaction()) {
    return Error{ErrorCode::kInternal, "a turn was begun inside another, or while reading", file_};
  }
  AIGC_RETURN_IF_ERROR(Guard([&]() -> Status {
    connection_.exec("BEGIN IMMEDIATE");
    return {};
  }));
  in_turn_ = true;
  return {};
}

Status Database::CommitTurn() {
  if (!in_turn_) return {};
  if (spoiled_) {
    Error first = std::move(*spoiled_);
    AbandonTurn();
    return first;
  }
  Status status = Guard([&]() -> Status {
    connection_.exec("COMMIT");
    return {};
  });
  if (status.ok()) {
    in_turn_ = false;
  } else {
    AbandonTurn();
  }
  return status;
}

void Database::AbandonTurn() {
  if (in_turn_) RollBack();
  in_turn_ = false;
  spoiled_.reset();
}

// After some failures (full disk, I/O) SQLite has rolled back by itself.
void Database::RollBack() noexcept {
  if (InTransaction()) connection_.tryExec("ROLLBACK");
}

Database::ReadScope::ReadScope(Database& database) : database_(database) {
  if (database_.InTransaction()) return;  // a turn, or a read inside a read
  database_.connection_.exec("BEGIN");
  opened_ = true;
}

Database::ReadScope::~ReadScope() {
  if (opened_) database_.RollBack();
}

std::unique_ptr<SQLite::Statement> Database::Borrow(std::string_view sql) {
  if (const auto found = idle_.find(sql); found != idle_.end() && !found->second.empty()) {
    auto statement = std::move(found->second.back());
    found->second.pop_back();
    return statement;
  }
  return std::make_unique<SQLite::Statement>(connection_, std::string(sql));
}

void Database::Return(std::string_view sql, std::unique_ptr<SQLite::Statement> statement) {
  auto found = idle_.find(sql);
  if (found == idle_.end()) found = idle_.try_emplace({sql.data(), std::string(sql)}).first;
  found->second.push_back(std::move(statement));
}

}  // namespace aigc::store
