// The tables of an account state as values and back. Private to this room; what is here throws
// SQLite::Exception, callers run inside Database::Guard().
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "store/account.h"
#include "store/sqlite_database.h"

namespace aigc::store {

// As it is in the file: the view without its `others`, and every run with when it last changed.
struct StoredAccount {
  AccountView view;
  std::vector<std::pair<RunRow, SteadyTime>> runs;
};

StoredAccount ReadAccount(Database& database, const std::string& batch);
// Writes what differs, and makes `stored` say so.
Status WriteAccount(Database& database, StoredAccount& stored, const AccountView& view,
                    SteadyTime now);

}  // namespace aigc::store
