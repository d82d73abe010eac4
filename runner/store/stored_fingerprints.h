// Fingerprints of the state's tasks as this version of the program makes them. Private to this
// room; throws SQLite::Exception as Query does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "store/sqlite_database.h"

namespace aigc::store {

class StoredFingerprints {
 public:
  explicit StoredFingerprints(Database& database) : database_(database) {}

  // `stored` itself when this version made it, else computed from the task's stored spec and those
  // of the tasks it reads. kStateDamaged when a spec cannot be read.
  Result<std::string> Of(std::int64_t task, std::string_view stored);

 private:
  Result<std::string> Compute(std::int64_t task, int depth);
  Result<std::string> OfTask(const std::string& id, int depth);

  Database& database_;
  std::unordered_map<std::string, std::string> read_;  // of tasks that others read, by id
};

}  // namespace aigc::store
