// Ctrl-C and kill: the first asks for an orderly stop, the second leaves at once (the state is safe
// at every instant).
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/times.h"

namespace aigc::cli {

// Takes SIGINT and SIGTERM over for the process while it lives, on a thread of its own, so that
// what it calls may do anything a thread may. Make it before any other thread is started: they must
// inherit that the signals are blocked. One at a time.
// What to do on the watcher's thread; empty ones do nothing.
struct SignalActions {
  std::function<void(int)> first;     // SIGINT or SIGTERM, by its number
  std::function<void()> second{};     // just before the process ends
  std::function<void()> resized{};    // SIGWINCH: the terminal has another size
  std::function<void()> continued{};  // SIGCONT: the process was stopped and goes on
};

class SignalWatcher {
 public:
  // The second of SIGINT and SIGTERM ends the process with 128 + its number, without unwinding.
  explicit SignalWatcher(SignalActions actions);
  // Gives the signals back.
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  // The first signal, 0 while there was none.
  int received() const { return received_; }
  // Blocks until there was one; returns it.
  int Wait();
  // The same for at most so long; 0 when there was none.
  int WaitFor(Millis longest);

 private:
  void Watch();

  SignalActions actions_;
  std::atomic<int> received_{0};
  std::mutex mutex_;
  std::condition_variable came_;
  int signals_ = -1;  // signalfd
  int stop_ = -1;     // eventfd
  std::thread thread_;
};

// A reader that goes away must be an error of the write, not the end of the process.
void IgnoreBrokenPipes();

}  // namespace aigc::cli
