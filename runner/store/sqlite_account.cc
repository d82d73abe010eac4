#include "store/sqlite_account.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/digest.h"
#include "embedded_accountschema.h"
#include "store/account_rows.h"
#include "store/run_lock.h"
#include "store/sqlite_query.h"
#include "store/state_folder.h"

namespace aigc::store {
namespace {

constexpr std::string_view kPrefix = "account-";
constexpr std::size_t kIdDigits = 16;
constexpr std::int64_t kAccountApplicationId = 0x61696761;  // "aiga"
// How often it is looked whether other runs live.
constexpr Micros kBetweenLooks{500'000};

bool Lives(const std::string& folder, const std::string& batch) {
  const auto paths = PathsOf(folder, batch);
  return paths.ok() && RunLock::Look(paths->lock).held;
}

// Two runs that begin at once must not both make the file.
class OpeningLock {
 public:
  explicit OpeningLock(const std::string& path)
      : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ >= 0) flock(fd_, LOCK_EX);
  }
  ~OpeningLock() {
    if (fd_ >= 0) close(fd_);
  }
  OpeningLock(const OpeningLock&) = delete;
  OpeningLock& operator=(const OpeningLock&) = delete;

 private:
  int fd_;
};

std::int64_t ReadNumber(Database& database, std::string_view sql) {
  Query query(database, sql);
  return query.Next() ? query.Int64(0) : 0;
}

int KnownVersion() { return static_cast<int>(embedded::AccountSchema().size()); }

Status CheckAccountSchema(Database& database) {
  return database.Read([&]() -> Status {
    const auto version = ReadNumber(database, "PRAGMA user_version");
    if (ReadNumber(database, "PRAGMA application_id") != kAccountApplicationId || version < 1) {
      return Error{ErrorCode::kStateDamaged, "this is not an account state of aigc-batch",
                   database.file(), "move it away: only what was learnt about the account is lost"};
    }
    if (version > KnownVersion()) {
      return Error{ErrorCode::kStateNewer, "the account state was written by a newer aigc-batch",
                   database.file(), "use the newer aigc-batch"};
    }
    return {};
  });
}

// A new file gets its schema; one of another boot forgets the times of that one.
Status Settle(Database& database, const std::string& boot) {
  AIGC_RETURN_IF_ERROR(database.Guard([&]() -> Status {
    Query(database, "PRAGMA journal_mode = WAL").Next();
    // No sync at a commit: what power loss takes is learnt again, and a boot begins a new pace.
    database.Execute("PRAGMA synchronous = NORMAL");
    database.Execute("PRAGMA cache_size = -512");
    return {};
  }));
  AIGC_RETURN_IF_ERROR(database.BeginTurn());
  Status settled = database.Write([&]() -> Status {
    const bool empty = ReadNumber(database, "SELECT count(*) FROM sqlite_schema") == 0;
    const auto schema = embedded::AccountSchema();
    const auto from = empty ? std::int64_t{0} : ReadNumber(database, "PRAGMA user_version");
    for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(0, from)); i < schema.size();
         ++i) {
      if (!empty && from == 0) break;  // not ours: told below
      database.Execute(std::string(schema[i].text));
      database.Execute(fmt::format("PRAGMA application_id = {}", kAccountApplicationId));
      database.Execute(fmt::format("PRAGMA user_version = {}", i + 1));
    }
    return {};
  });
  if (!settled.ok()) return settled;
  AIGC_RETURN_IF_ERROR(database.CommitTurn());
  AIGC_RETURN_IF_ERROR(CheckAccountSchema(database));
  AIGC_RETURN_IF_ERROR(database.BeginTurn());
  settled = database.Write([&]() -> Status {
    Query known(database, "SELECT id FROM boot");
    if (known.Next() && known.Text(0) == boot) return {};
    Query(database, "INSERT OR REPLACE INTO boot (only, id) VALUES (1, ?1)").Add(boot).Run();
    database.Execute("UPDATE pace SET next_us = 0, hold_until_us = 0, slowed_milli = 0");
    database.Execute("DELETE FROM start");
    database.Execute("UPDATE room SET probe_at_us = 0");
    database.Execute("DELETE FROM held");
    return {};
  });
  if (!settled.ok()) return settled;
  return database.CommitTurn();
}

class SqliteAccount final : public Account {
 public:
  SqliteAccount(std::unique_ptr<Database> database, std::string folder, std::string batch)
      : database_(std::move(database)), folder_(std::move(folder)), batch_(std::move(batch)) {}

  Result<AccountView*> Begin(SteadyTime now) override {
    now_ = now;
    AIGC_RETURN_IF_ERROR(database_->BeginTurn());
    const Status read = database_->Guard([&]() -> Status {
      const auto version = ReadNumber(*database_, "PRAGMA data_version");
      if (version != version_) {
        version_ = version;
        stored_ = ReadAccount(*database_, batch_);
        RunRow own = std::move(view_.own);
        view_ = stored_.view;
        if (!std::exchange(joined_, true)) own = FirstRow();
        view_.own = std::move(own);
      }
      return {};
    });
    if (!read.ok()) {
      database_->AbandonTurn();
      return read.error();
    }
    LookForOthers();
    return &view_;
  }

  Status Commit() override {
    Status written = database_->Write(
        [&]() -> Status { return WriteAccount(*database_, stored_, view_, now_); });
    AIGC_RETURN_IF_ERROR(database_->CommitTurn());
    if (!written.ok()) return written;
    return {};
  }

 private:
  // What an earlier run of this batch held is in its state, and is counted from there.
  RunRow FirstRow() const {
    RunRow row = stored_.view.own;
    row.batch = batch_;
    row.live = true;
    row.held.clear();
    row.wants_video = row.wants_image = row.waits_pace = false;
    return row;
  }

  void LookForOthers() {
    const bool look = now_ - looked_at_ >= kBetweenLooks || looked_at_ == SteadyTime{};
    if (look) {
      looked_at_ = now_;
      live_.clear();
      for (const auto& [row, changed] : stored_.runs) {
        if (row.batch != batch_ && Lives(folder_, row.batch)) live_.push_back(row.batch);
      }
    }
    view_.others.clear();
    for (const auto& [stored, changed] : stored_.runs) {
      if (stored.batch == batch_) continue;
      const bool live = std::find(live_.begin(), live_.end(), stored.batch) != live_.end();
      if (!live && (stored.held.empty() || now_ - changed > Micros{kGhostLife})) continue;
      RunRow row = stored;
      row.live = live;
      if (!live) row.wants_video = row.wants_image = row.waits_pace = false;
      view_.others.push_back(std::move(row));
    }
  }

  std::unique_ptr<Database> database_;
  std::string folder_, batch_;
  StoredAccount stored_;
  AccountView view_;
  std::int64_t version_ = -1;  // of what was read last
  bool joined_ = false;
  SteadyTime now_{}, looked_at_{};
  std::vector<std::string> live_;
};

}  // namespace

std::string AccountId(std::string_view secret_id, std::string_view endpoint) {
  return Sha256Hex(fmt::format("aigc-batch account\n{}\n{}", secret_id, endpoint))
      .substr(0, kIdDigits);
}

bool IsAccountName(std::string_view name) {
  if (!name.starts_with(kPrefix)) return false;
  const std::string_view id = name.substr(kPrefix.size());
  return id.size() == kIdDigits &&
         id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::unique_ptr<Account>> OpenAccount(const std::string& folder,
                                             const std::string& account_id,
                                             const std::string& batch, const std::string& boot) {
  const std::string stem = fmt::format("{}/{}{}", folder, kPrefix, account_id);
  const OpeningLock lock(stem + ".lock");
  AIGC_ASSIGN_OR_RETURN(auto database, Database::Open(stem + ".db", Database::Access::kCreate));
  AIGC_RETURN_IF_ERROR(Settle(*database, boot));
  return std::unique_ptr<Account>(
      std::make_unique<SqliteAccount>(std::move(database), folder, batch));
}

std::optional<AccountGlance> GlanceAtAccount(const std::string& folder, const std::string& batch) {
  namespace fs = std::filesystem;
  std::optional<AccountGlance> newest;
  SteadyTime newest_at{};
  std::error_code failure;
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator{}; entry.increment(failure)) {
    const fs::path& path = entry->path();
    if (path.extension() != ".db" || !IsAccountName(path.stem().string())) continue;
    auto database = Database::Open(path.string(), Database::Access::kRead);
    if (!database.ok() || !CheckAccountSchema(**database).ok()) continue;
    const auto stored = (*database)->Read(
        [&]() -> Result<StoredAccount> { return ReadAccount(**database, batch); });
    if (!stored.ok()) continue;
    for (const auto& [row, changed] : stored->runs) {
      if (row.batch != batch || (newest && changed < newest_at)) continue;
      newest_at = changed;
      newest =
          AccountGlance{stored->view.creates, stored->view.queries, stored->view.rooms, row, 0};
      newest->run.live = Lives(folder, batch);
      for (const auto& [other, ignored] : stored->runs) {
        if (other.batch != batch && Lives(folder, other.batch)) ++newest->other_runs;
      }
    }
  }
  return newest;
}

}  // namespace aigc::store
