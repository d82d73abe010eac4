#include "pipeline/simulation/simulation.h"

namespace aigc::testing {

std::vector<std::pair<std::string, std::uint64_t>> Tally::Lines() const {
  return {{"seeds", seeds},
          {"lives", lives},
          {"tasks", tasks},
          {"accepted", accepted},
          {"succeeded", succeeded},
          {"failed", failed},
          {"lost", lost},
          {"killed", killed},
          {"power_cuts", power_cuts},
          {"unsynced_lost", unsynced_lost},
          {"full_disks", full_disks},
          {"interrupts", interrupts},
          {"clock_jumps", jumps},
          {"suspends", sleeps},
          {"long_pauses", long_pauses},
          {"stragglers", stragglers},
          {"scripted_faults", scripted_faults},
          {"duplicates", duplicates},
          {"restored", restored},
          {"diverged", diverged},
          {"edits", edits},
          {"locked_out", locked_out},
          {"skipped", skipped},
          {"cancelled", cancelled},
          {"waiting_tasks", waiting_tasks},
          {"uploads", uploads},
          {"commands", commands},
          {"aborts", aborts},
          {"budget_stops", budget_stops},
          {"forgotten", forgotten},
          {"recovered", recovered}};
}

}  // namespace aigc::testing
