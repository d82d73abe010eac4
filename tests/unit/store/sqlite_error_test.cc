// What SQLite reports, as errors that a user understands.
#include <sqlite3.h>

#include <cerrno>

#include "store/sqlite_database.h"
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

ErrorCode CodeOf(int code, int system_errno = 0) {
  return MapSqliteError(code, code, system_errno, "text", "state/b.db").code;
}

TEST(SqliteError, TellsAFullDiskFromABrokenOne) {
  EXPECT_EQ(CodeOf(SQLITE_FULL), ErrorCode::kDiskFull);
  EXPECT_EQ(CodeOf(SQLITE_IOERR_SHMSIZE, ENOSPC), ErrorCode::kDiskFull);
  EXPECT_EQ(CodeOf(SQLITE_IOERR_WRITE, EDQUOT), ErrorCode::kDiskFull);
  EXPECT_EQ(CodeOf(SQLITE_IOERR_WRITE, EIO), ErrorCode::kIo);
  EXPECT_EQ(CodeOf(SQLITE_IOERR_FSYNC), ErrorCode::kIo);
}

TEST(SqliteError, TellsMissingPermission) {
  EXPECT_EQ(CodeOf(SQLITE_READONLY), ErrorCode::kNoPermission);
  EXPECT_EQ(CodeOf(SQLITE_READONLY_DIRECTORY), ErrorCode::kNoPermission);
  EXPECT_EQ(CodeOf(SQLITE_CANTOPEN), ErrorCode::kNoPermission);
  EXPECT_EQ(CodeOf(SQLITE_PERM), ErrorCode::kNoPermission);
  EXPECT_EQ(CodeOf(SQLITE_IOERR_WRITE, EROFS), ErrorCode::kNoPermission);
}

TEST(SqliteError, TellsDamageALockAndADefect) {
  EXPECT_EQ(CodeOf(SQLITE_CORRUPT), ErrorCode::kStateDamaged);
  EXPECT_EQ(CodeOf(SQLITE_CORRUPT_INDEX), ErrorCode::kStateDamaged);
  EXPECT_EQ(CodeOf(SQLITE_NOTADB), ErrorCode::kStateDamaged);
  EXPECT_EQ(CodeOf(SQLITE_BUSY), ErrorCode::kStateLocked);
  EXPECT_EQ(CodeOf(SQLITE_BUSY_SNAPSHOT), ErrorCode::kStateLocked);
  EXPECT_EQ(CodeOf(SQLITE_CONSTRAINT_UNIQUE), ErrorCode::kInternal);
  EXPECT_EQ(CodeOf(SQLITE_MISUSE), ErrorCode::kInternal);
}

TEST(SqliteError, SaysWhereAndWhatToDo) {
  const Error error = MapSqliteError(SQLITE_FULL, SQLITE_FULL, 0, "full", "state/b.db");
  EXPECT_EQ(error.context, "state/b.db");
  EXPECT_THAT(error.hint, testing::HasSubstr("free some space"));
}

}  // namespace
}  // namespace aigc::store
