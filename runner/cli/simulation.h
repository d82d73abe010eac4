// The simulated service inside this process, for --sim: on a loopback port with TLS, its ledger
// kept beside the state of the batch, so that a killed run finds its tasks again.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "simulator/ledger_file.h"
#include "simulator/server.h"

namespace aigc::cli {

// What the state of a simulated batch says instead of an address, since the port differs each time.
inline constexpr char kSimulatedEndpoint[] = "https://simulator";
// The application of simulated batches whose manifest names none.
inline constexpr std::int64_t kSimulatedSubAppId = 1500000001;

// "sim" and "sim".
Credentials SimulatedCredentials();
// The scenario of a file, or the healthy, fast one without it.
Result<simulator::Scenario> LoadScenario(const std::optional<std::string>& path);

class Simulation {
 public:
  // Keeps FOLDER/NAME.ledger (what was accepted) and FOLDER/NAME.port (of result links, so that the
  // links of an earlier run go on working when the port is still free). `clock` must outlive it.
  // REQUIRES: the batch's lock is held.
  static Result<std::unique_ptr<Simulation>> Start(const std::string& folder,
                                                   const std::string& name,
                                                   simulator::Scenario scenario,
                                                   const Clock& clock);
  // The same for those who only look: keeps nothing, and needs no lock.
  static Result<std::unique_ptr<Simulation>> Look(const std::string& folder,
                                                  const std::string& name,
                                                  simulator::Scenario scenario, const Clock& clock);
  std::string endpoint() const { return server_->endpoint(); }
  const std::string& ca_file() const { return server_->ca_file(); }

 private:
  Simulation() = default;
  std::optional<simulator::LedgerFile> ledger_;
  std::unique_ptr<simulator::Server> server_;  // before the ledger it writes to is gone
};

}  // namespace aigc::cli
