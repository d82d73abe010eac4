#include "simulator/server.h"

#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketImpl.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <mutex>
#include <utility>

#include "simulator/certificate.h"
#include "simulator/connection.h"

namespace aigc::simulator {
namespace {

constexpr const char* kHost = "127.0.0.1";
constexpr int kBacklog = 512;

Error FileError(const std::string& path, const char* what) {
  return Error{ErrorCode::kIo, std::string("cannot ") + what + ": " + std::strerror(errno), path};
}

Result<std::string> MakeFolder() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return Error{ErrorCode::kIo, "there is no temporary folder: " + error.message()};
  std::string path = (parent / "aigc-batch-sim-XXXXXX").string();
  if (!::mkdtemp(path.data())) return FileError(path, "make a temporary folder");
  return path;
}

Status WriteFile(const std::string& path, const std::string& text) {
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return FileError(path, "write the certificate file");
  ssize_t count = ::write(descriptor, text.data(), text.size());
  bool is_good = count == static_cast<ssize_t>(text.size());
  if (::close(descriptor) != 0 || !is_good) return FileError(path, "write the certificate file");
  return {};
}

// Not by the sockets' constructors: those share a taken port instead of failing (SO_REUSEPORT).
void Open(Poco::Net::ServerSocket& socket, std::uint16_t port) {
  socket.bind(Poco::Net::SocketAddress(kHost, port), true, false);
  socket.listen(kBacklog);
}

Poco::Net::HTTPServerParams::Ptr MakeParams(int max_connections) {
  Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
  params->setMaxThreads(max_connections);
  params->setMaxQueued(1024);
  params->setKeepAlive(true);
  params->setMaxKeepAliveRequests(0);  // without limit
  params->setKeepAliveTimeout(Poco::Timespan(60, 0));
  params->setTimeout(Poco::Timespan(60, 0));
  return params;
}

// The plain port knows result files only: the API is never served without TLS.
Reply NotFound() {
  Reply reply;
  reply.response.status = 404;
  return reply;
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, const Clock& clock)
      : clock_(clock),
        service_(std::move(options.service)),
        wanted_port_(options.port),
        wanted_file_port_(options.file_port),
        max_connections_(options.max_connections),
        ca_file_(std::move(options.ca_file)),
        // Both ports share the pool; Poco's two dispatchers each hold a thread of it.
        pool_(2, 2 * options.max_connections + 2) {}

  ~Impl() { Stop(); }

  Status Start(const std::vector<std::string>& ledger_lines) {
    AIGC_RETURN_IF_ERROR(service_.Load(ledger_lines));
    AIGC_ASSIGN_OR_RETURN(ServerIdentity identity, MakeIdentity(clock_.Now()));
    if (ca_file_.empty()) {
      AIGC_ASSIGN_OR_RETURN(folder_, MakeFolder());
      ca_file_ = folder_ + "/ca.pem";
    }
    AIGC_RETURN_IF_ERROR(WriteFile(ca_file_, identity.ca_pem));
    return Listen(identity.context);
  }

  void Inspect(const std::function<void(const Ledger&)>& look) const {
    std::lock_guard lock(service_mutex_);
    look(service_.ledger());
  }

  void Stop() {
    std::lock_guard lock(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    // Wakes the accepting threads, which else look up only every quarter of a second.
    for (const Poco::Net::ServerSocket& socket : listening_) {
      ::shutdown(socket.impl()->sockfd(), SHUT_RDWR);
    }
    if (api_) api_->stop();
    if (files_) files_->stop();
    connections_.Stop();
    pool_.joinAll();
    api_.reset();
    files_.reset();
    if (folder_.empty()) return;
    ::unlink(ca_file_.c_str());
    ::rmdir(folder_.c_str());
  }

  std::uint16_t port() const { return port_; }
  std::uint16_t file_port() const { return file_port_; }
  const std::string& ca_file() const { return ca_file_; }

 private:
  Status Listen(const Poco::Net::Context::Ptr& context) {
    try {
      Poco::Net::SecureServerSocket api(context);
      Open(api, wanted_port_);
      Poco::Net::ServerSocket files;
      Open(files, wanted_file_port_);
      port_ = api.address().port();
      file_port_ = files.address().port();
      service_.set_file_base_url(std::string("http://") + kHost + ":" + std::to_string(file_port_));
      api_ = Serve(api, [this](const HttpRequest& request, const Content& content) {
        return Handle(request, content);
      });
      files_ = Serve(files, [this](const HttpRequest& request, const Content& content) {
        const bool is_file = request.target.rfind("/files/", 0) == 0 && request.method != "PUT";
        return is_file ? Handle(request, content) : NotFound();
      });
      return {};
    } catch (const std::exception& e) {
      return Error{ErrorCode::kIo, std::string("cannot listen on ") + kHost + ": " + e.what(),
                   std::to_string(wanted_port_), "choose another --port, or 0 for a free one"};
    }
  }

  std::unique_ptr<Poco::Net::TCPServer> Serve(const Poco::Net::ServerSocket& socket,
                                              Handler handler) {
    auto params = MakeParams(max_connections_);
    listening_.push_back(socket);
    auto server = std::make_unique<Poco::Net::TCPServer>(
        MakeConnectionFactory(std::move(handler), connections_, params), pool_, socket, params);
    server->start();
    return server;
  }

  Reply Handle(const HttpRequest& request, const Content& content) {
    std::lock_guard lock(service_mutex_);
    if (request.method == "PUT") return service_.HandlePut(request, content, clock_.Now());
    return service_.Handle(request, clock_.Now());
  }

  const Clock& clock_;
  mutable std::mutex service_mutex_;
  Service service_;  // guarded by service_mutex_
  std::uint16_t wanted_port_;
  std::uint16_t wanted_file_port_;
  int max_connections_;
  std::uint16_t port_ = 0;
  std::uint16_t file_port_ = 0;
  std::string ca_file_;
  std::string folder_;  // temporary, empty when the caller chose the file
  Connections connections_;
  Poco::ThreadPool pool_;
  std::vector<Poco::Net::ServerSocket> listening_;
  std::unique_ptr<Poco::Net::TCPServer> api_;
  std::unique_ptr<Poco::Net::TCPServer> files_;
  std::mutex stop_mutex_;
  bool stopped_ = false;  // guarded by stop_mutex_
};

Result<std::unique_ptr<Server>> Server::Start(ServerOptions options, const Clock& clock) {
  std::vector<std::string> lines = std::move(options.ledger_lines);
  auto impl = std::make_unique<Impl>(std::move(options), clock);
  AIGC_RETURN_IF_ERROR(impl->Start(lines));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return impl_->port(); }
std::uint16_t Server::file_port() const { return impl_->file_port(); }
const std::string& Server::ca_file() const { return impl_->ca_file(); }
std::string Server::endpoint() const {
  return std::string("https://") + kHost + ":" + std::to_string(port());
}
void Server::Inspect(const std::function<void(const Ledger&)>& look) const { impl_->Inspect(look); }
void Server::Stop() { impl_->Stop(); }

}  // namespace aigc::simulator
