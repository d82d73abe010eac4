// An account that lives in this process only: for tests with several loops in one virtual world,
// and for runs where no account state can be kept. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "store/account.h"

namespace aigc::store {

class MemoryAccount {
 public:
  MemoryAccount();
  ~MemoryAccount();
  // The account must outlive what it gives. A run that ends, however it ends, destroys its access;
  // the same batch may then join again.
  std::unique_ptr<Account> Join(const std::string& batch);

 private:
  class Access;
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace aigc::store
