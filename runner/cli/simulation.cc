#include "cli/simulation.h"

#include <fmt/format.h>

#include <charconv>

#include "base/random.h"
#include "base/text.h"
#include "files/atomic_file.h"
#include "manifest/posix_file_reader.h"

namespace aigc::cli {
namespace {

constexpr std::uint64_t kMaxScenario = 1024 * 1024;
constexpr std::uint64_t kMaxLedger = 1024 * 1024 * 1024;

std::uint16_t ReadPort(const std::string& path) {
  manifest::PosixFileReader reader;
  const auto content = reader.Read(path, 64);
  if (!content.ok()) return 0;
  const std::string_view text = Trim(content->bytes);
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc{} && end == text.data() + text.size() ? port : std::uint16_t{0};
}

Status WritePort(const std::string& path, std::uint16_t port) {
  AIGC_ASSIGN_OR_RETURN(files::AtomicFile file, files::AtomicFile::Create(path));
  AIGC_RETURN_IF_ERROR(file.Write(fmt::format("{}\n", port)));
  return file.Commit();
}

}  // namespace

Credentials SimulatedCredentials() { return {"sim", Secret("sim"), Secret()}; }

Result<simulator::Scenario> LoadScenario(const std::optional<std::string>& path) {
  if (!path) return simulator::DemoScenario();
  manifest::PosixFileReader reader;
  auto content = reader.Read(*path, kMaxScenario);
  if (!content.ok()) {
    return Error{ErrorCode::kUsage, "the scenario " + content.error().message, *path};
  }
  if (content->size > kMaxScenario) {
    return Error{ErrorCode::kUsage, "the scenario is larger than 1 MB", *path};
  }
  return simulator::ParseScenario(content->bytes, *path);
}

Result<std::unique_ptr<Simulation>> Simulation::Start(const std::string& folder,
                                                      const std::string& name,
                                                      simulator::Scenario scenario,
                                                      const Clock& clock) {
  std::unique_ptr<Simulation> simulation(new Simulation);
  AIGC_ASSIGN_OR_RETURN(simulation->ledger_,
                        simulator::LedgerFile::Open(fmt::format("{}/{}.ledger", folder, name)));
  simulator::LedgerFile& ledger = *simulation->ledger_;
  const std::string port_file = fmt::format("{}/{}.port", folder, name);

  simulator::ServerOptions options;
  options.service.credentials = SimulatedCredentials();
  options.service.seed = EntropySeed();
  options.service.scenario = std::move(scenario);
  // A record that cannot be written costs the simulation its memory, not the batch its run.
  options.service.on_record = [&ledger](std::string_view line) { (void)ledger.Append(line).ok(); };
  options.ledger_lines = ledger.lines();
  options.file_port = ReadPort(port_file);
  auto server = simulator::Server::Start(options, clock);
  if (!server.ok() && options.file_port != 0) {
    options.file_port = 0;
    server = simulator::Server::Start(options, clock);
  }
  if (!server.ok()) return std::move(server).error();
  simulation->server_ = *std::move(server);
  AIGC_RETURN_IF_ERROR(WritePort(port_file, simulation->server_->file_port()));
  return simulation;
}

Result<std::unique_ptr<Simulation>> Simulation::Look(const std::string& folder,
                                                     const std::string& name,
                                                     simulator::Scenario scenario,
                                                     const Clock& clock) {
  std::unique_ptr<Simulation> simulation(new Simulation);
  simulator::ServerOptions options;
  options.service.credentials = SimulatedCredentials();
  options.service.seed = EntropySeed();
  options.service.scenario = std::move(scenario);
  const std::string path = fmt::format("{}/{}.ledger", folder, name);
  manifest::PosixFileReader reader;
  const auto content = reader.Read(path, kMaxLedger);
  if (content.ok()) {
    std::string_view text = content->bytes;
    // A last line without its end is one that is being written.
    for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
      options.ledger_lines.emplace_back(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
  }
  AIGC_ASSIGN_OR_RETURN(simulation->server_, simulator::Server::Start(options, clock));
  return simulation;
}

}  // namespace aigc::cli
