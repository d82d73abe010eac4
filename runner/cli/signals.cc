#include "cli/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace aigc::cli {
namespace {

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGWINCH);
  sigaddset(&set, SIGCONT);
  return set;
}

}  // namespace

SignalWatcher::SignalWatcher(SignalActions actions) : actions_(std::move(actions)) {
  const sigset_t set = Watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || stop_ < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot watch for signals");
  }
  thread_ = std::thread([this] { Watch(); });
}

SignalWatcher::~SignalWatcher() {
  const std::uint64_t one = 1;
  (void)!::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(signals_);
  ::close(stop_);
  const sigset_t set = Watched();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalWatcher::Watch() {
  while (true) {
    std::array<pollfd, 2> wanted{pollfd{signals_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
    if (::poll(wanted.data(), wanted.size(), -1) < 0) continue;
    if (wanted[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != sizeof info) continue;
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGWINCH || number == SIGCONT) {
      const auto& action = number == SIGWINCH ? actions_.resized : actions_.continued;
      if (action) action();
      continue;
    }
    if (received_ != 0) {
      if (actions_.second) actions_.second();
      ::_exit(128 + number);
    }
    {
      const std::lock_guard lock(mutex_);
      received_ = number;
    }
    came_.notify_all();
    if (actions_.first) actions_.first(number);
  }
}

int SignalWatcher::Wait() {
  std::unique_lock lock(mutex_);
  came_.wait(lock, [this] { return received_ != 0; });
  return received_;
}

int SignalWatcher::WaitFor(Millis longest) {
  std::unique_lock lock(mutex_);
  came_.wait_for(lock, longest, [this] { return received_ != 0; });
  return received_;
}

void IgnoreBrokenPipes() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace aigc::cli
