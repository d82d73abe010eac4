// Lines of the ledger file: what an earlier life of the service must have kept for the next one to
// go on as if nothing had happened. JSON, one object a line.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "simulator/ledger.h"

namespace aigc::simulator {

struct AbortRecord {
  std::string task_id;
  WallTime at;
};
struct SessionRecord {  // a SessionId used up by a refused request
  std::string session_id;
  WallTime at;
};
using Record = std::variant<LedgerTask, AbortRecord, SessionRecord>;

std::string WriteRecord(const LedgerTask& task);  // as it was accepted
std::string WriteRecord(const AbortRecord& record);
std::string WriteRecord(const SessionRecord& record);

// Fails with kInvalid.
Result<Record> ReadRecord(const std::string& line);

}  // namespace aigc::simulator
