// One SQLite connection: opened, its errors turned into Error values, its turn (transaction) and
// its prepared statements. Private to this room.
//
// One thread. Foreign exceptions stop at Guard().
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace aigc::store {

class Database {
 public:
  enum class Access {
    kCreate,     // read and write, made when absent
    kWrite,      // read and write, must exist
    kRead,       // read-only; sees what a running process writes
    kTemporary,  // read and write, made empty in a file of its own that nobody else sees
    kImmutable,  // read-only, looks at the one file alone and leaves nothing beside it. Only for a
                 // file that nobody writes and that has no write-ahead log
  };
  // `file` is a path or ":memory:". kNoPermission, kIo, … as ErrorOf() has it.
  static Result<std::unique_ptr<Database>> Open(const std::string& file, Access access,
                                                const std::string& vfs = {});
  // A copy of what `source` holds at this moment, in a file for temporary use that goes away with
  // it and that errors call by the name of the source. kIo when there is no room for it.
  static Result<std::unique_ptr<Database>> CopyOf(Database& source);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs `body`, which returns a Status or Result, and turns what SQLite throws into an Error.
  template <typename Body>
  auto Guard(const Body& body) -> decltype(body()) {
    try {
      return body();
    } catch (const SQLite::Exception& e) {
      return ErrorOf(e);
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::kIo, "out of memory while using the state", file_};
    }
  }

  // Guard for calls that write: they need an open turn, and the first one that fails spoils it.
  template <typename Body>
  auto Write(const Body& body) -> decltype(body()) {
    if (auto status = MayWrite(); !status.ok()) return std::move(status).error();
    auto result = Guard(body);
    if (!result.ok()) spoiled_ = result.error();
    return result;
  }

  // Guard for calls that read: all their statements see one and the same moment.
  template <typename Body>
  auto Read(const Body& body) -> decltype(body()) {
    if (spoiled_) return *spoiled_;
    return Guard([&]() -> decltype(body()) {
      const ReadScope scope(*this);
      return body();
    });
  }

  // A moment that everything sees that is read until the caller commits; false when a turn or
  // another such moment is open already. Throws SQLite::Exception.
  bool BeginReading();

  Status BeginTurn();
  // Rolls back, and returns the first error, when a write of the turn failed.
  Status CommitTurn();
  void AbandonTurn();

  // Throws SQLite::Exception. For statements without parameters and results, at opening.
  void Execute(const std::string& sql) { connection_.exec(sql); }
  std::int64_t LastRowKey() const { return connection_.getLastInsertRowid(); }
  const std::string& file() const { return file_; }
  SQLite::Database& connection() { return connection_; }

  // A prepared statement, lent to the caller until Return(): reused, and never lent twice at a
  // time. Throws SQLite::Exception.
  std::unique_ptr<SQLite::Statement> Borrow(std::string_view sql);
  void Return(std::string_view sql, std::unique_ptr<SQLite::Statement> statement);

 private:
  class ReadScope {
   public:
    explicit ReadScope(Database& database);
    ~ReadScope();
    ReadScope(const ReadScope&) = delete;
    ReadScope& operator=(const ReadScope&) = delete;

   private:
    Database& database_;
    bool opened_ = false;
  };
  // One thread at a time uses a connection (store.h), so SQLite need not lock it for each call.
  Database(const std::string& file, const std::string& name, int flags, const char* vfs)
      : file_(file),
        connection_(name, flags | SQLite::OPEN_NOMUTEX, kBusyMillis, vfs == nullptr ? "" : vfs) {}

  static constexpr int kBusyMillis = 5000;  // waits this long for another program's write lock

  Error ErrorOf(const SQLite::Exception& exception) const;
  Status MayWrite() const;
  bool InTransaction() const;
  void RollBack() noexcept;

  std::string file_;
  SQLite::Database connection_;
  // Hashed by where the text lies, which is quicker by far than by its bytes; these decide.
  struct StatementText {
    const char* place;
    std::string text;
  };
  struct PlaceHash {
    using is_transparent = void;
    std::size_t operator()(const StatementText& of) const noexcept {
      return std::hash<const char*>()(of.place);
    }
    std::size_t operator()(std::string_view sql) const noexcept {
      return std::hash<const char*>()(sql.data());
    }
  };
  struct SameText {
    using is_transparent = void;
    bool operator()(const StatementText& a, const StatementText& b) const {
      return a.place == b.place && a.text == b.text;
    }
    bool operator()(std::string_view sql, const StatementText& of) const { return sql == of.text; }
  };
  std::unordered_map<StatementText, std::vector<std::unique_ptr<SQLite::Statement>>, PlaceHash,
                     SameText>
      idle_;  // after connection_: destroyed before it
  bool in_turn_ = false;
  std::optional<Error> spoiled_;  // the turn's first failure
};

// The Error for what SQLite reported. `system_errno`: of the system call that failed, 0 if unknown.
Error MapSqliteError(int code, int extended_code, int system_errno, std::string_view text,
                     const std::string& file);

}  // namespace aigc::store
