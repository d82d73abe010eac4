// Opening the account state: DIR/account-HASH.db, where HASH is made of a SecretId and an endpoint.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/account.h"

namespace aigc::store {

// The account's part of the file name: 16 hex digits that tell neither of the two.
std::string AccountId(std::string_view secret_id, std::string_view endpoint);
// Whether NAME is that of an account state, and so of no batch.
bool IsAccountName(std::string_view name);

// REQUIRES: this process holds the lock of `batch` in that folder (store::OpenForRun). `boot`
// tells one boot of the machine from another. kIo, kDiskFull, kStateDamaged, kStateNewer,
// kStateUnusable: the run can go on without.
Result<std::unique_ptr<Account>> OpenAccount(const std::string& folder,
                                             const std::string& account_id,
                                             const std::string& batch, const std::string& boot);

// Of the account on which `batch` was run last; none when no account state tells of it. Reads only.
std::optional<AccountGlance> GlanceAtAccount(const std::string& folder, const std::string& batch);

}  // namespace aigc::store
