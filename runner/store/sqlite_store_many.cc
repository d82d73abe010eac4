// SqliteStore: very many tasks at once. A million rows that go one by one into five indexes and are
// counted one by one take twice as long as the same rows sorted into indexes and counted at the
// end. All of it lies in the turn's transaction: what is taken away comes back with it, whatever
// happens.
#include <fmt/format.h>

#include "store/sqlite_query.h"
#include "store/sqlite_store.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {
namespace {

// Indexes whose ids come in no order are written to all over, and sorting takes memory too.
constexpr std::size_t kPageCacheKib = 96 * 1024;

constexpr std::string_view kCount =
    "INSERT INTO tally (state, current, listed, kind, model, version, n)"
    " SELECT state, current, listed, kind, model, version, count(*) FROM task"
    " GROUP BY state, current, listed, kind, model, version";

}  // namespace

Status SqliteStore::BeginMany() {
  return database_->Write([&]() -> Status {
    many_ = true;
    database_->Execute(fmt::format("PRAGMA cache_size = -{}", kPageCacheKib));
    if (Query(*database_, "SELECT 1 FROM task LIMIT 1").Next()) return {};
    std::vector<std::string> drops;
    {
      Query query(*database_,
                  "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = 'task' AND sql <> ''"
                  " AND (type = 'index' OR name = 'task_is_counted') ORDER BY rowid");
      while (query.Next()) {
        drops.push_back(fmt::format("DROP {} {}", query.Text(0), query.Text(1)));
        to_be_made_.push_back(query.Text(2));
      }
    }
    for (const std::string& drop : drops) database_->Execute(drop);
    return {};
  });
}

Status SqliteStore::EndMany() {
  if (to_be_made_.empty()) return {};
  return database_->Write([&]() -> Status {
    Query(*database_, kCount).Run();
    for (const std::string& sql : to_be_made_) database_->Execute(sql);
    to_be_made_.clear();
    return {};
  });
}

void SqliteStore::GiveBackMemory() noexcept {
  if (!many_) return;
  many_ = false;
  to_be_made_.clear();
  // It costs memory only, so a refusal is nobody's concern.
  (void)database_->Guard([&]() -> Status {
    database_->Execute(fmt::format("PRAGMA cache_size = -{}", OpenOptions{}.page_cache_kib));
    database_->Execute("PRAGMA shrink_memory");
    return {};
  });
}

}  // namespace aigc::store
