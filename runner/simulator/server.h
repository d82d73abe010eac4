// The simulator on the network: a Service behind HTTPS for the API and the object storage that
// takes uploads (told apart by the method PUT), and plain HTTP for result files, both on 127.0.0.1
// only. At every start it makes a new certificate authority and a certificate for localhost,
// 127.0.0.1 and ::1; private keys never touch the disk, and the authority's certificate lies in a
// file that clients trust (ca_file). Clients verify it like any other.
//
// Its threads end with Stop or destruction, waiting answers included. All members may be called
// from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "simulator/service.h"

namespace aigc::simulator {

struct ServerOptions {
  ServiceOptions service{};  // file_base_url is set by the server
  std::uint16_t port = 0;    // of the API; 0: a free one
  std::uint16_t file_port = 0;
  int max_connections = 256;  // per port, each with a thread while it is open
  std::string ca_file{};  // where to write the authority's certificate; empty: a temporary folder
                          // (mode 0700), removed on Stop
  std::vector<std::string> ledger_lines{};  // for Service::Load
};

class Server {
 public:
  // Starts listening. `clock` must outlive the server. Fails with kIo (port taken, no temporary
  // folder) or kInvalid (ledger lines).
  static Result<std::unique_ptr<Server>> Start(ServerOptions options, const Clock& clock);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;       // HTTPS, the API
  std::uint16_t file_port() const;  // plain HTTP, result files
  const std::string& ca_file() const;
  std::string endpoint() const;  // "https://127.0.0.1:PORT"

  // Calls `look` with the ledger while no request is handled; it must not keep references.
  void Inspect(const std::function<void(const Ledger&)>& look) const;

  // Cuts all connections and joins all threads; a second call does nothing.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aigc::simulator
