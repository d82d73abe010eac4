// How the runs of a batch used the account, and what holds them back: for the summary.
#pragma once

#include <string>

#include "base/json_writer.h"
#include "base/times.h"
#include "store/account.h"

namespace aigc::report {

// "slots: 98.7 % used", what `auto` found out, and what was refused lately with its reason, a line
// each; empty when there is nothing to tell. `now`: of the same boot.
std::string AccountText(const store::AccountGlance& account, SteadyTime now);
// The members "slots", "rooms" and "pace" of an open object.
void PutAccount(JsonWriter& json, const store::AccountGlance& account, SteadyTime now);

}  // namespace aigc::report
