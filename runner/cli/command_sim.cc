// aigc-batch sim
#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/random.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/signals.h"
#include "cli/simulation.h"

namespace aigc::cli {
namespace {

// What it did, as one line: enough to see whether anything was created twice.
std::string LedgerJson(const simulator::Server& server) {
  JsonWriter json;
  server.Inspect([&](const simulator::Ledger& ledger) {
    std::uint64_t duplicates = 0;
    for (const auto& [action, counts] : ledger.all_counts()) duplicates += counts.duplicates;
    const auto whole = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    json.BeginObject().Key("tasks").Int(whole(ledger.tasks().size()));
    json.Key("video").Int(whole(ledger.count(simulator::Kind::kVideo)));
    json.Key("image").Int(whole(ledger.count(simulator::Kind::kImage)));
    json.Key("uploads").Int(whole(ledger.files()));
    json.Key("duplicates").Int(whole(duplicates)).Key("requests").BeginObject();
    for (const auto& [action, counts] : ledger.all_counts()) {
      json.Key(action).Int(whole(counts.seen));
    }
    json.EndObject().EndObject();
  });
  return json.Take();
}

}  // namespace

Result<int> SimCommand(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(Settings settings, LoadSettings(context));
  // The environment's credentials, else sim/sim, so that a program under test needs no change.
  auto credentials = settings.FindCredentials();
  for (const std::string& warning : settings.TakeWarnings()) context.console.ShowWarning(warning);
  AIGC_ASSIGN_OR_RETURN(simulator::Scenario scenario, LoadScenario(context.options.scenario));

  SystemClock clock;
  SignalWatcher signals({});
  simulator::ServerOptions options;
  options.port = static_cast<std::uint16_t>(context.options.port);
  options.service.credentials = credentials.ok() ? *std::move(credentials) : SimulatedCredentials();
  options.service.seed = EntropySeed();
  options.service.scenario = std::move(scenario);
  AIGC_ASSIGN_OR_RETURN(const auto server, simulator::Server::Start(std::move(options), clock));

  JsonWriter json;
  json.BeginObject().Key("port").Int(server->port()).Key("ca").String(server->ca_file());
  json.Key("endpoint").String(server->endpoint()).Key("file_port").Int(server->file_port());
  AIGC_RETURN_IF_ERROR(context.console.Out(json.EndObject().Take() + "\n"));
  signals.Wait();
  const std::string ledger = LedgerJson(*server);
  server->Stop();
  AIGC_RETURN_IF_ERROR(context.console.Out(ledger + "\n"));
  return kExitDone;
}

}  // namespace aigc::cli
