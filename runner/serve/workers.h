// Threads that do what would hold the server's own thread up, in the order in which it came.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace aigc::serve {

class Workers {
 public:
  Workers(std::size_t threads, std::size_t most_waiting);
  ~Workers();  // finishes what has begun, drops the rest
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False when too much waits already, and after Stop(). Any thread.
  bool Do(std::function<void()> work);
  void Stop();

 private:
  void Run();

  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;  // guarded by mutex_
  bool stopping_ = false;                      // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace aigc::serve
