// One use of a prepared statement: bind, step, read columns. The statement goes back, reset, when
// the Query goes out of scope. Everything here throws SQLite::Exception; callers run inside
// Database::Guard(). Private to this room.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/times.h"
#include "store/sqlite_database.h"
#include "store/store.h"

namespace aigc::store {

class Query {
 public:
  // `sql` must outlive the Query; it is a constant everywhere.
  Query(Database& database, std::string_view sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Bind the next parameter, from ?1.
  template <std::integral Number>
  Query& Add(Number value) {
    statement_->bind(++last_, static_cast<std::int64_t>(value));
    return *this;
  }
  Query& Add(std::string_view text);
  Query& Add(const std::string& text) { return Add(std::string_view(text)); }
  Query& Add(const char* text) { return Add(std::string_view(text)); }
  Query& Add(WallTime time) { return Add(ToUnixMillis(time)); }
  // Without a copy, for rows by the million: `text` must stay until the Query is done.
  Query& AddKept(const std::string& text);
  Query& AddBlob(std::string_view bytes);  // `bytes` must stay until the Query is done
  template <typename T>
  Query& Add(const std::optional<T>& value) {  // NULL when absent
    if (value) return Add(*value);
    statement_->bind(++last_);
    return *this;
  }
  Query& AddVisible(const Selection& selection);   // ?6, ?7 of AIGC_SQL_VISIBLE
  Query& AddSelected(const Selection& selection);  // ?8, ?9 of AIGC_SQL_SELECTED

  bool Next() { return statement_->executeStep(); }
  // Runs a statement without rows; returns how many rows it changed.
  int Run() { return statement_->exec(); }

  std::int64_t Int64(int column) const { return statement_->getColumn(column).getInt64(); }
  int Int(int column) const { return statement_->getColumn(column).getInt(); }
  bool Bool(int column) const { return Int(column) != 0; }
  bool Null(int column) const { return statement_->isColumnNull(column); }
  std::string Text(int column) const { return statement_->getColumn(column).getString(); }
  WallTime Time(int column) const { return FromUnixMillis(Int64(column)); }

 private:
  Database& database_;
  std::string_view sql_;
  std::unique_ptr<SQLite::Statement> statement_;
  int last_ = 0;
};

// Of the index task_state_due, which leaves out what only waits for its turn: a statement that is
// to use it says so, beside the state it looks for.
#define AIGC_SQL_NOT_PENDING " state <> 'pending' AND "

// Conditions on a row of `task` for a Selection.
#define AIGC_SQL_VISIBLE " (current = 1 OR ?6) AND (listed = 1 OR ?7) "
#define AIGC_SQL_SELECTED                      \
  " (?8 = '' OR one_matches(?8, id))"          \
  " AND (?9 = '' OR EXISTS (SELECT 1 FROM tag" \
  "   WHERE tag.task = task.key AND one_is(?9, tag.tag))) "

// Texts as one SQL value: each ended by a NUL, which none of ours can hold.
std::string JoinTexts(const std::vector<std::string>& texts);

// one_matches(LIST, text): one of the globs in LIST matches; one_is(LIST, text): one is equal.
void RegisterFunctions(Database& database);

}  // namespace aigc::store
