// The promises of the program, each held against the ledger on its own.
#pragma once

#include "pipeline/simulation/simulation.h"

namespace aigc::testing {

// After each life of a site: every request that left is known to its state.
void CheckSendsAreKnown(Simulation& simulation, const Site& site, store::Store& store);

// At the end, over all sites.
struct OpenSite {
  const Site* site;
  store::Store* store;
};
void CheckEnd(Simulation& simulation, const std::vector<OpenSite>& sites);

}  // namespace aigc::testing
