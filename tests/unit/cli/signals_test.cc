#include "cli/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace aigc::cli {
namespace {

TEST(SignalWatcher, HandsTheFirstSignalOn) {
  std::atomic<int> told{0};
  SignalWatcher watcher([&](int number) { told = number; });
  EXPECT_EQ(watcher.received(), 0);
  ::kill(::getpid(), SIGTERM);
  EXPECT_EQ(watcher.Wait(), SIGTERM);
  EXPECT_EQ(watcher.received(), SIGTERM);
}

TEST(SignalWatcher, GivesTheSignalsBack) {
  {
    const SignalWatcher watcher([](int) {});
  }
  sigset_t blocked;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGINT), 0);
  EXPECT_EQ(sigismember(&blocked, SIGTERM), 0);
}

TEST(SignalWatcherDeathTest, SecondSignalEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        SignalWatcher watcher([](int) { ::kill(::getpid(), SIGINT); });
        ::kill(::getpid(), SIGTERM);
        watcher.Wait();
        while (true) ::pause();
      },
      testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace aigc::cli
