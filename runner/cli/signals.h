// Ctrl-C and kill: the first asks for an orderly stop, the second leaves at once (the state is safe
// at every instant).
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace aigc::cli {

// Takes SIGINT and SIGTERM over for the process while it lives, on a thread of its own, so that
// what it calls may do anything a thread may. Make it before any other thread is started: they must
// inherit that the signals are blocked. One at a time.
class SignalWatcher {
 public:
  // `on_first` runs on the watcher's thread with the signal's number. The second signal ends the
  // process with 128 + its number, without unwinding.
  explicit SignalWatcher(std::function<void(int)> on_first);
  // Gives the signals back.
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  // The first signal, 0 while there was none.
  int received() const { return received_; }
  // Blocks until there was one; returns it.
  int Wait() const;

 private:
  void Watch();

  std::function<void(int)> on_first_;
  std::atomic<int> received_{0};
  int signals_ = -1;  // signalfd
  int stop_ = -1;     // eventfd
  std::thread thread_;
};

// A reader that goes away must be an error of the write, not the end of the process.
void IgnoreBrokenPipes();

}  // namespace aigc::cli
