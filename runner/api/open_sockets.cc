#include "api/open_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aigc::api {

OpenSockets::Entry::Entry(OpenSockets& owner, int fd)
    : owner_(owner), fd_(::fcntl(fd, F_DUPFD_CLOEXEC, 0)) {
  const std::scoped_lock lock(owner_.mutex_);
  place_ = owner_.entries_.insert(owner_.entries_.end(), this);
  if (owner_.closed_) ::shutdown(fd_, SHUT_RDWR);
}

OpenSockets::Entry::~Entry() {
  const std::scoped_lock lock(owner_.mutex_);
  owner_.entries_.erase(place_);
  if (fd_ >= 0) ::close(fd_);
}

void OpenSockets::Entry::SetDeadline(std::optional<SteadyTime> deadline) {
  const std::scoped_lock lock(owner_.mutex_);
  deadline_ = deadline;
}

bool OpenSockets::Entry::overdue() const {
  const std::scoped_lock lock(owner_.mutex_);
  return overdue_;
}

void OpenSockets::ShutDownAll() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  for (const Entry* entry : entries_) ::shutdown(entry->fd_, SHUT_RDWR);
}

void OpenSockets::ShutDownOverdue(SteadyTime now) {
  const std::scoped_lock lock(mutex_);
  for (Entry* entry : entries_) {
    if (!entry->deadline_ || *entry->deadline_ > now) continue;
    entry->deadline_.reset();
    entry->overdue_ = true;
    ::shutdown(entry->fd_, SHUT_RDWR);
  }
}

bool OpenSockets::closed() const {
  const std::scoped_lock lock(mutex_);
  return closed_;
}

}  // namespace aigc::api
