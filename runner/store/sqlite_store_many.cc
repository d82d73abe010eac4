// SqliteStore: very many tasks at once. A million rows that go one by one into five indexes and are
// counted one by one take twice as long as the same rows sorted into indexes and counted aside.
// All of it lies in the turn's transaction: what is taken away comes back with it, whatever
// happens.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/sqlite_query.h"
#include "store/sqlite_store.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {
namespace {

// Indexes whose ids come in no order are written to all over, and sorting takes memory too.
constexpr std::size_t kPageCacheKib = 96 * 1024;

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
    // For its list of states SQLite would make, fill and search a table in memory for every row.
    // What is inserted here has its state, its kind and all numbers from our own types.
    database_->Execute("PRAGMA ignore_check_constraints = ON");
    return {};
  });
}

void SqliteStore::CountInserted(const NewTask& task, TaskState state) {
  const auto same = [&](const ModelCounts& of) {
    return of.kind == task.spec.kind && of.model == task.spec.model &&
           of.version == task.spec.version;
  };
  if (inserted_.empty() || !same(inserted_.back())) {
    const auto found = std::find_if(inserted_.begin(), inserted_.end(), same);
    if (found == inserted_.end()) {
      inserted_.push_back({task.spec.kind, task.spec.model, task.spec.version, {}});
    } else {
      std::iter_swap(found, inserted_.end() - 1);
    }
  }
  ++inserted_.back().counts[state];
}

Status SqliteStore::EndMany() {
  if (to_be_made_.empty()) return {};
  return database_->Write([&]() -> Status {
    database_->Execute("PRAGMA ignore_check_constraints = OFF");
    for (const ModelCounts& of : std::exchange(inserted_, {})) {
      for (const auto& [state, count] : of.counts) {
        Query(*database_,
              "INSERT INTO tally (state, current, listed, kind, model, version, n)"
              " VALUES (?1, 1, 1, ?2, ?3, ?4, ?5)")
            .Add(Name(state))
            .Add(Name(of.kind))
            .Add(of.model)
            .Add(of.version)
            .Add(count)
            .Run();
      }
    }
    for (const std::string& sql : to_be_made_) database_->Execute(sql);
    to_be_made_.clear();
    return {};
  });
}

void SqliteStore::EndOfMany() noexcept {
  if (!many_) return;
  many_ = false;
  to_be_made_.clear();
  inserted_.clear();
  // It costs memory and checks only, so a refusal is nobody's concern.
  (void)database_->Guard([&]() -> Status {
    database_->Execute("PRAGMA ignore_check_constraints = OFF");
    database_->Execute(fmt::format("PRAGMA cache_size = -{}", OpenOptions{}.page_cache_kib));
    database_->Execute("PRAGMA shrink_memory");
    return {};
  });
}

}  // namespace aigc::store
