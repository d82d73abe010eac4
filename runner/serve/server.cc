#include "serve/server.h"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketImpl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "serve/connection.h"

namespace aigc::serve {
namespace {

constexpr int kBacklog = 1024;
constexpr std::uint64_t kListener = 0, kWake = 1, kFirstConnection = 2;
constexpr int kTickMillis = 250;  // how exactly time limits are kept
// Descriptors for everything else: states, files, the account's connections.
constexpr std::size_t kOtherFiles = 256;

// Raises the limit on open files as far as the system lets any process, and tells what is left for
// connections.
std::size_t PlacesFor(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::min<std::size_t>(wanted, 512);
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit more = limit;
    more.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted + kOtherFiles);
    if (more.rlim_cur > limit.rlim_cur && ::setrlimit(RLIMIT_NOFILE, &more) == 0) limit = more;
  }
  const auto files = static_cast<std::size_t>(limit.rlim_cur);
  return std::clamp<std::size_t>(files > kOtherFiles ? files - kOtherFiles : 64, 64, wanted);
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(ServerOptions options, Handler handler, const Clock& clock)
      : options_(std::move(options)), handler_(std::move(handler)), clock_(clock) {}

  Status Listen() {
    try {
      const Poco::Net::SocketAddress address(options_.address, options_.port);
      // Not shared with another process: a second server on the port is an error.
      listener_.bind(address, /*reuseAddress=*/true, /*reusePort=*/false);
      listener_.listen(kBacklog);
      listener_.setBlocking(false);
      port_ = listener_.address().port();
    } catch (const Poco::Exception& e) {
      return Error{
          ErrorCode::kIo,
          "cannot listen on port " + std::to_string(options_.port) + ": " + e.displayText(),
          options_.address, "choose another --port, or 0 for a free one"};
    }
    places_ = PlacesFor(options_.max_connections);
    epoll_ = files::Fd(::epoll_create1(EPOLL_CLOEXEC));
    wake_ = files::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!epoll_.valid() || !wake_.valid())
      return Error{ErrorCode::kIo, "cannot wait for connections"};
    Watch(EPOLL_CTL_ADD, listener_.impl()->sockfd(), EPOLLIN, kListener);
    Watch(EPOLL_CTL_ADD, wake_.get(), EPOLLIN, kWake);
    thread_ = std::thread([this] { Run(); });
    return {};
  }

  void Stop() {
    if (stopping_.exchange(true)) return;
    Wake();
    if (thread_.joinable()) thread_.join();
  }

  void Publish(std::string text) {
    {
      const std::lock_guard lock(mutex_);
      published_.push_back(std::move(text));
    }
    Wake();
  }

  std::uint16_t port() const { return port_; }
  std::size_t streams() const { return streams_; }
  std::size_t connections() const { return open_; }

 private:
  void Wake() {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }

  void Watch(int operation, int fd, std::uint32_t events, std::uint64_t id) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    ::epoll_ctl(epoll_.get(), operation, fd, &event);
  }

  void Run() {
    server_thread_ = std::this_thread::get_id();
    std::array<epoll_event, 256> events{};
    while (!stopping_) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), kTickMillis);
      for (int i = 0; i < count; ++i) {
        const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
        if (id == kListener) {
          Accept();
        } else if (id == kWake) {
          std::uint64_t drained = 0;
          (void)!::read(wake_.get(), &drained, sizeof drained);
        } else {
          Serve(id, events[static_cast<std::size_t>(i)].events);
        }
      }
      TakeReplies();
      const SteadyTime now = clock_.Ticks();
      if (now >= tick_) {
        tick_ = now + Millis{kTickMillis};
        CloseOverdue(now);
      }
    }
    connections_.clear();
    open_ = streams_ = 0;
  }

  void Accept() {
    for (int i = 0; i < 64; ++i) {
      const int fd =
          ::accept4(listener_.impl()->sockfd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        // Out of descriptors: the one that is least missed gives its own.
        if ((errno == EMFILE || errno == ENFILE) && MakeRoom()) continue;
        return;
      }
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (connections_.size() >= places_ && !MakeRoom()) {
        ::close(fd);
        return;
      }
      const std::uint64_t id = next_id_++;
      auto connection = std::make_unique<Connection>(
          files::Fd(fd),
          ConnectionLimits{options_.max_head, options_.max_body, options_.head_time,
                           options_.body_time, options_.idle_time, options_.write_time},
          clock_.Ticks());
      Watch(EPOLL_CTL_ADD, fd, EPOLLIN, id);
      connection->watched_events = EPOLLIN;
      connections_.emplace(id, std::move(connection));
      open_ = connections_.size();
    }
  }

  // Closes the connection that has waited longest without a whole request; false without one.
  bool MakeRoom() {
    auto oldest = connections_.end();
    for (auto at = connections_.begin(); at != connections_.end(); ++at) {
      if (!at->second->waiting()) continue;
      if (oldest == connections_.end() || at->second->since() < oldest->second->since())
        oldest = at;
    }
    if (oldest == connections_.end()) return false;
    Close(oldest->first);
    return true;
  }

  void Close(std::uint64_t id) {
    const auto at = connections_.find(id);
    if (at == connections_.end()) return;
    if (at->second->streaming()) --streams_;
    connections_.erase(at);
    open_ = connections_.size();
  }

  void Serve(std::uint64_t id, std::uint32_t events) {
    const auto at = connections_.find(id);
    if (at == connections_.end()) return;
    Connection& connection = *at->second;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return Close(id);
    if ((events & EPOLLIN) != 0) connection.Read(clock_.Ticks());
    Advance(id, connection);
  }

  // Goes on with a connection as far as its bytes and its client allow.
  void Advance(std::uint64_t id, Connection& connection) {
    const SteadyTime now = clock_.Ticks();
    connection.Write(clock_.Now(), now);
    // The next one of this connection waits for the reply to this one.
    if (auto request = connection.TakeRequest(clock_.Now(), now)) {
      handler_(*std::move(request), [self = weak_from_this(), id](Reply reply) {
        if (const auto impl = self.lock()) impl->Deliver(id, std::move(reply));
      });
    }
    connection.Write(clock_.Now(), now);
    if (connection.finished()) return Close(id);
    const std::uint32_t events = connection.wanted_events();
    if (std::exchange(connection.watched_events, events) != events) {
      Watch(EPOLL_CTL_MOD, connection.fd(), events, id);
    }
  }

  void Deliver(std::uint64_t id, Reply reply) {
    {
      const std::lock_guard lock(mutex_);
      replies_.emplace_back(id, std::move(reply));
    }
    // A reply given at once is taken in this very round.
    if (std::this_thread::get_id() != server_thread_) Wake();
  }

  void TakeReplies() {
    std::vector<std::pair<std::uint64_t, Reply>> replies;
    std::vector<std::string> published;
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        replies.swap(replies_);
        published.swap(published_);
      }
      if (replies.empty() && published.empty()) return;
      for (auto& [id, reply] : replies) {
        const auto at = connections_.find(id);
        if (at == connections_.end()) continue;
        if (reply.stream && streams_ >= options_.max_streams) {
          reply = ErrorReply(503, "too_many_streams", "too many pages are watching already");
        }
        at->second->Answer(std::move(reply), clock_.Now(), clock_.Ticks());
        if (at->second->streaming()) ++streams_;
        Advance(id, *at->second);
      }
      replies.clear();
      for (const std::string& text : published) Broadcast(text);
      published.clear();
    }
  }

  void Broadcast(const std::string& text) {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, connection] : connections_) {
      if (connection->streaming()) ids.push_back(id);
    }
    for (const std::uint64_t id : ids) {
      Connection& connection = *connections_.at(id);
      connection.Push(text, clock_.Ticks());
      Advance(id, connection);
    }
  }

  void CloseOverdue(SteadyTime now) {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, connection] : connections_) {
      if (connection->deadline() <= now) ids.push_back(id);
    }
    for (const std::uint64_t id : ids) {
      Connection& connection = *connections_.at(id);
      connection.TimeOut(clock_.Now(), now);
      Advance(id, connection);
    }
  }

  const ServerOptions options_;
  const Handler handler_;
  const Clock& clock_;
  Poco::Net::ServerSocket listener_;
  files::Fd epoll_, wake_;
  std::uint16_t port_ = 0;
  std::size_t places_ = 0;
  std::thread thread_;
  std::atomic<std::thread::id> server_thread_{};
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> streams_{0}, open_{0};

  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, Reply>> replies_;  // guarded by mutex_
  std::vector<std::string> published_;                    // guarded by mutex_

  // The server's thread only:
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_id_ = kFirstConnection;
  SteadyTime tick_{};
};

Result<std::unique_ptr<Server>> Server::Start(ServerOptions options, Handler handler,
                                              const Clock& clock) {
  auto impl = std::make_shared<Impl>(std::move(options), std::move(handler), clock);
  AIGC_RETURN_IF_ERROR(impl->Listen());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { Stop(); }
std::uint16_t Server::port() const { return impl_->port(); }
void Server::Publish(std::string text) { impl_->Publish(std::move(text)); }
std::size_t Server::streams() const { return impl_->streams(); }
std::size_t Server::connections() const { return impl_->connections(); }
void Server::Stop() { impl_->Stop(); }

}  // namespace aigc::serve
