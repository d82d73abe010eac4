#include "store/memory_account.h"

#include <utility>

namespace aigc::store {

struct MemoryAccount::Shared {
  struct Run {
    RunRow row;
    SteadyTime changed{};
  };
  AccountView common;  // without the runs
  std::map<std::string, Run> runs;
};

class MemoryAccount::Access final : public Account {
 public:
  Access(Shared& shared, std::string batch) : shared_(shared), batch_(std::move(batch)) {
    RunRow& row = shared_.runs[batch_].row;
    row.batch = batch_;
    row.live = true;
    row.held.clear();
    view_.own = row;
  }
  ~Access() override {
    RunRow& row = shared_.runs[batch_].row;
    row.live = row.wants_video = row.wants_image = row.waits_pace = false;
  }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  Result<AccountView*> Begin(SteadyTime now) override {
    now_ = now;
    RunRow own = std::move(view_.own);
    view_ = shared_.common;
    view_.own = std::move(own);
    for (auto& [batch, run] : shared_.runs) {
      if (batch == batch_) continue;
      if (!run.row.live && now - run.changed > Micros{kGhostLife}) run.row.held.clear();
      view_.others.push_back(run.row);
    }
    open_ = true;
    return &view_;
  }

  Status Commit() override {
    if (!std::exchange(open_, false)) return {};
    auto& run = shared_.runs[batch_];
    if (run.row != view_.own) run = {view_.own, now_};
    shared_.common = view_;
    shared_.common.others.clear();
    return {};
  }

 private:
  Shared& shared_;
  std::string batch_;
  AccountView view_;
  SteadyTime now_{};
  bool open_ = false;
};

MemoryAccount::MemoryAccount() : shared_(std::make_unique<Shared>()) {}
MemoryAccount::~MemoryAccount() = default;

std::unique_ptr<Account> MemoryAccount::Join(const std::string& batch) {
  return std::make_unique<Access>(*shared_, batch);
}

}  // namespace aigc::store
