#include "api/connection_pool.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <utility>

namespace aigc::api {
namespace {

// Servers commonly close after 60 s or more; well before that nothing is worth keeping.
constexpr Seconds kLongestIdle{30};
// Result links come from few hosts; a run that meets more forgets the others.
constexpr std::size_t kMostOrigins = 32;

bool Stale(Connection& connection) {
  try {
    return connection.WentStale();
  } catch (const Poco::Exception&) {
    return true;
  }
}

}  // namespace

ConnectionPool::ConnectionPool(const Clock& clock, std::size_t most_idle)
    : clock_(clock), most_idle_(most_idle) {}

std::unique_ptr<Connection> ConnectionPool::Take(const std::string& origin, Millis max_idle) {
  const SteadyTime now = clock_.Ticks();
  std::vector<std::unique_ptr<Connection>> old;  // closed after the lock is gone
  std::unique_ptr<Connection> found;
  while (!found) {
    {
      const std::scoped_lock lock(mutex_);
      auto& idle = origins_[origin].idle;
      while (!idle.empty() && now - idle.front()->idle_since >= kLongestIdle) {
        old.push_back(std::move(idle.front()));
        idle.erase(idle.begin());
      }
      if (idle.empty() || now - idle.back()->idle_since >= max_idle) return nullptr;
      found = std::move(idle.back());
      idle.pop_back();
    }
    if (Stale(*found)) found.reset();
  }
  return found;
}

void ConnectionPool::Put(const std::string& origin, std::unique_ptr<Connection> connection) {
  if (!connection || !connection->Reusable()) return;
  connection->entry().SetDeadline(std::nullopt);
  connection->idle_since = clock_.Ticks();
  Poco::Net::Session::Ptr session;
  if (connection->socket().secure()) {
    // Only now: with TLS 1.3 the ticket comes with the first answer.
    session = Poco::Net::SecureStreamSocket(connection->socket()).currentSession();
  }
  std::map<std::string, Origin> forgotten;
  const std::scoped_lock lock(mutex_);
  if (origins_.size() >= kMostOrigins && !origins_.contains(origin)) origins_.swap(forgotten);
  Origin& place = origins_[origin];
  if (session) place.session = session;
  if (place.idle.size() < most_idle_) place.idle.push_back(std::move(connection));
}

Poco::Net::Session::Ptr ConnectionPool::SessionFor(const std::string& origin) {
  const std::scoped_lock lock(mutex_);
  const auto it = origins_.find(origin);
  return it == origins_.end() ? nullptr : it->second.session;
}

}  // namespace aigc::api
