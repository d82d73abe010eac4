// SqliteStore: what people set of a batch while it is under way.
#include "store/sqlite_query.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {

Result<Steering> SqliteStore::ReadSteering() {
  return database_->Read([&]() -> Result<Steering> {
    Steering steering;
    Query settings(*database_, "SELECT name, value, at_ms FROM setting ORDER BY name");
    while (settings.Next()) {
      steering.settings.push_back({settings.Text(0), settings.Text(1), settings.Time(2)});
    }
    Query pauses(*database_, "SELECT model, since_ms FROM pause ORDER BY model");
    while (pauses.Next()) steering.pauses.push_back({pauses.Text(0), pauses.Time(1)});
    return steering;
  });
}

Result<bool> SqliteStore::SetSetting(std::string_view name, const std::optional<std::string>& value,
                                     WallTime at) {
  return database_->Write([&]() -> Result<bool> {
    if (!value) {
      return Query(*database_, "DELETE FROM setting WHERE name = ?1").Add(name).Run() > 0;
    }
    return Query(*database_,
                 "INSERT INTO setting (name, value, at_ms) VALUES (?1, ?2, ?3)"
                 " ON CONFLICT DO UPDATE SET value = ?2, at_ms = ?3 WHERE value <> ?2")
               .Add(name)
               .Add(*value)
               .Add(at)
               .Run() > 0;
  });
}

Result<bool> SqliteStore::SetPaused(std::string_view model, bool paused, WallTime at) {
  return database_->Write([&]() -> Result<bool> {
    if (!paused)
      return Query(*database_, "DELETE FROM pause WHERE model = ?1").Add(model).Run() > 0;
    // The first one counts: it says since when nothing was submitted.
    return Query(*database_, "INSERT OR IGNORE INTO pause (model, since_ms) VALUES (?1, ?2)")
               .Add(model)
               .Add(at)
               .Run() > 0;
  });
}

}  // namespace aigc::store
