#include "api/worker_lane.h"

#include <csignal>
#include <system_error>
#include <utility>

namespace aigc::api {

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  // A SIGPIPE that came meanwhile must not strike when the mask is lifted.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  const timespec now{};
  while (sigtimedwait(&pipe, nullptr, &now) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

WorkerLane::WorkerLane(std::size_t workers, std::function<void(Job)> work)
    : work_(std::move(work)) {
  const SignalsBlocked blocked;
  threads_.reserve(workers);
  for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { Run(); });
}

std::size_t WorkerLane::Widen(std::size_t workers) {
  if (workers <= threads_.size()) return threads_.size();
  const SignalsBlocked blocked;
  try {
    while (threads_.size() < workers) threads_.emplace_back([this] { Run(); });
  } catch (const std::system_error&) {
    // What there is has to do.
  }
  return threads_.size();
}

WorkerLane::~WorkerLane() {
  Stop();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerLane::Add(Job job) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopped_) return;
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void WorkerLane::Stop() {
  std::deque<Job> forgotten;
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    queue_.swap(forgotten);
  }
  changed_.notify_all();
}

void WorkerLane::Run() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
      if (stopped_) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    work_(std::move(job));
  }
}

}  // namespace aigc::api
