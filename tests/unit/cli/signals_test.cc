#include "cli/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace aigc::cli {
namespace {

TEST(SignalWatcher, HandsTheFirstSignalOn) {
  std::atomic<int> told{0};
  SignalWatcher watcher({.first = [&](int number) { told = number; }});
  EXPECT_EQ(watcher.received(), 0);
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(watcher.Wait(), SIGTERM);
  EXPECT_EQ(watcher.received(), SIGTERM);
}

TEST(SignalWatcher, GivesTheSignalsBack) {
  { const SignalWatcher watcher({}); }
  sigset_t blocked;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGINT), 0);
  EXPECT_EQ(sigismember(&blocked, SIGTERM), 0);
}

TEST(SignalWatcher, TellsOfTheTerminalAndOfGoingOnWithoutStopping) {
  std::atomic<int> resized{0}, continued{0};
  SignalWatcher watcher({.first = {},
                         .second = {},
                         .resized = [&] { resized = resized + 1; },
                         .continued = [&] { continued = continued + 1; }});
  ::kill(::getpid(), SIGWINCH);
  ::kill(::getpid(), SIGCONT);
  while (resized == 0 || continued == 0) EXPECT_EQ(watcher.WaitFor(Millis{1}), 0);
  EXPECT_EQ(watcher.received(), 0);
  ::kill(::getpid(), SIGINT);
  EXPECT_EQ(watcher.WaitFor(Seconds{60}), SIGINT);
}

TEST(SignalWatcherDeathTest, SecondSignalEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        SignalWatcher watcher({.first = [](int) { ::kill(::getpid(), SIGINT); },
                               .second = [] { (void)!::write(STDERR_FILENO, "last words", 10); }});
        ::kill(::getpid(), SIGTERM);
        watcher.Wait();
        while (true) ::pause();
      },
      testing::ExitedWithCode(130), "last words");
}

}  // namespace
}  // namespace aigc::cli
