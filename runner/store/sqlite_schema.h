// The schema of a state file: telling ours from others', and bringing it up to date. Private to
// this room.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/sqlite_database.h"

namespace aigc::store {

// PRAGMA application_id of a batch's state: "aigb".
inline constexpr std::int64_t kApplicationId = 0x61696762;

// The version of an open state. kStateDamaged when it is not a state of this program, kStateNewer
// when a newer one wrote it. Reads only.
Result<int> CheckSchema(Database& database);

// Runs the migrations after `from`, each in a transaction of its own with its number.
Status Migrate(Database& database, int from);

}  // namespace aigc::store
