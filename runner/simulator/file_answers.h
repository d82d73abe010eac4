// GET and HEAD of result files: links and their ends, ranges, and the faults that strike files.
#pragma once

#include "base/http.h"
#include "simulator/fault_script.h"
#include "simulator/ledger.h"
#include "simulator/service.h"

namespace aigc::simulator {

// Lets a finished task have a live link: a dead one is replaced. Called before a detail is written.
void RefreshLink(LedgerTask& task, Millis url_life, WallTime now);

// REQUIRES: the target begins with "/files/".
Reply AnswerFile(const HttpRequest& request, Millis url_life, Ledger& ledger, FaultScript& script,
                 WallTime now);

}  // namespace aigc::simulator
