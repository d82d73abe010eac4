#include "store/sqlite_schema.h"

#include <fmt/format.h>

#include "embedded_migrations.h"
#include "store/sqlite_query.h"
#include "store/sqlite_store.h"

namespace aigc::store {

int SchemaVersion() { return static_cast<int>(embedded::Migrations().size()); }

namespace {

Error NotOurs(const Database& database) {
  return {ErrorCode::kStateDamaged, "this is not a state file of aigc-batch, or damaged",
          database.file(),
          "put a backup of the state in its place, or use --state DIR with another folder"};
}

std::int64_t ReadPragma(Database& database, std::string_view sql) {
  Query query(database, sql);
  return query.Next() ? query.Int64(0) : 0;
}

}  // namespace

Result<int> CheckSchema(Database& database) {
  Result<int> checked = database.Read([&]() -> Result<int> {
    const int version = static_cast<int>(ReadPragma(database, "PRAGMA user_version"));
    if (ReadPragma(database, "PRAGMA application_id") != kApplicationId || version < 1) {
      return NotOurs(database);
    }
    if (version > SchemaVersion()) {
      return Error{ErrorCode::kStateNewer,
                   fmt::format("the state was written by a newer aigc-batch (its version is {}, "
                               "this program knows {})",
                               version, SchemaVersion()),
                   database.file(), "use the newer aigc-batch; the file was not changed"};
    }
    // Reads and parses the whole schema, and the roots of the tables that everything starts from.
    Query tables(database,
                 "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT max(key) FROM task),"
                 " (SELECT max(key) FROM submission), (SELECT max(key) FROM send),"
                 " (SELECT count(*) FROM batch)");
    tables.Next();
    return version;
  });
  // A table that is missing is a mistake in the statement to SQLite.
  if (!checked.ok() && checked.error().code == ErrorCode::kInternal) return NotOurs(database);
  return checked;
}

Status Migrate(Database& database, int from) {
  const auto migrations = embedded::Migrations();
  for (int version = from + 1; version <= SchemaVersion(); ++version) {
    const std::string sql(migrations[static_cast<std::size_t>(version - 1)].text);
    AIGC_RETURN_IF_ERROR(database.BeginTurn());
    AIGC_RETURN_IF_ERROR(database.Write([&]() -> Status {
      database.Execute(sql);
      database.Execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
      database.Execute(fmt::format("PRAGMA user_version = {}", version));
      return {};
    }));
    AIGC_RETURN_IF_ERROR(database.CommitTurn());
  }
  return {};
}

}  // namespace aigc::store
