// A number of threads that take requests from a queue. Private to the room.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "api/exchange.h"

namespace aigc::api {

struct Job {
  Ticket ticket = 0;
  Request request;
};

class WorkerLane {
 public:
  // `work` is called by any of the threads; it must not throw.
  WorkerLane(std::size_t workers, std::function<void(Job)> work);
  ~WorkerLane();  // Stop, then joins
  WorkerLane(const WorkerLane&) = delete;
  WorkerLane& operator=(const WorkerLane&) = delete;

  void Add(Job job);
  // Starts threads until there are so many, or the system has no more; returns how many there are.
  // The owner's thread.
  std::size_t Widen(std::size_t workers);
  // Forgets what has not begun; what runs goes on to its end.
  void Stop();

 private:
  void Run();

  const std::function<void(Job)> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

// While it lives, the calling thread and the threads it starts receive no signals: Ctrl-C belongs
// to whoever waits for it, and a connection closed by the peer is an error code, not SIGPIPE.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace aigc::api
