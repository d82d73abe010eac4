#include "cli/console.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "unit/cli/captured_console.h"

namespace aigc::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// A Console whose standard error is a terminal of 40 columns.
class TerminalConsole : public testing::Test {
 protected:
  void SetUp() override {
    winsize size{};
    size.ws_col = 40;
    size.ws_row = 10;
    ASSERT_EQ(::openpty(&master_, &slave_, nullptr, nullptr, &size), 0);
    out_ = ::open("/dev/null", O_WRONLY);
    console_ = std::make_unique<Console>(out_, slave_);
  }
  void TearDown() override {
    ::close(master_);
    ::close(slave_);
    ::close(out_);
  }
  // All that was written so far. A terminal hands bytes on when it likes, so a mark goes after
  // them.
  std::string Shown() {
    constexpr std::string_view kMark = "<end>";
    EXPECT_EQ(::write(slave_, kMark.data(), kMark.size()), static_cast<ssize_t>(kMark.size()));
    std::string text;
    while (text.size() < kMark.size() || text.substr(text.size() - kMark.size()) != kMark) {
      char byte = 0;
      if (::read(master_, &byte, 1) != 1) break;
      text += byte;
    }
    return text.substr(0, text.size() - kMark.size());
  }
  void Configure(std::map<std::string, std::string> variables, Options options = {}) {
    console_->Configure(options, Environment(std::move(variables)));
  }

  int master_ = -1, slave_ = -1, out_ = -1;
  std::unique_ptr<Console> console_;
};

TEST_F(TerminalConsole, LiveLineIsReplacedAndMakesRoomForOtherLines) {
  Configure({{"TERM", "xterm"}});
  ASSERT_TRUE(console_->live_terminal());
  EXPECT_EQ(console_->width(), 40U);
  console_->Live("one");
  console_->Live("two");
  console_->Error("said");
  console_->Live("three");
  console_->Live("");
  EXPECT_EQ(Shown(), "\r\x1B[Kone\r\x1B[Ktwo\r\x1B[Ksaid\r\n\r\x1B[Kthree\r\x1B[K");
}

TEST_F(TerminalConsole, ColoursFollowTheUsersWish) {
  const aigc::Error error{ErrorCode::kUsage, "wrong"};
  Configure({{"TERM", "xterm"}});
  console_->ShowError(error);
  EXPECT_THAT(Shown(), HasSubstr("\x1B[1;31merror:\x1B[0m wrong"));
  Configure({{"TERM", "xterm"}, {"NO_COLOR", "1"}});
  console_->ShowError(error);
  EXPECT_THAT(Shown(), Not(HasSubstr("\x1B")));
  Options always;
  always.color = ColorMode::kAlways;
  Configure({{"TERM", "xterm"}, {"NO_COLOR", "1"}}, always);
  console_->ShowError(error);
  EXPECT_THAT(Shown(), HasSubstr("\x1B"));
}

TEST_F(TerminalConsole, DumbTerminalsAndQuietRunsHaveNoLiveLine) {
  Configure({{"TERM", "dumb"}});
  EXPECT_FALSE(console_->live_terminal());
  Options quiet;
  quiet.quiet = true;
  Configure({{"TERM", "xterm"}}, quiet);
  EXPECT_FALSE(console_->live_terminal());
  console_->Live("x");
  console_->Info("y");
  EXPECT_EQ(Shown(), "");
}

TEST(Console, KeepsAnswerAndProgressApart) {
  CapturedConsole captured;
  captured.console().Configure({}, {});
  EXPECT_TRUE(captured.console().Out("answer\n").ok());
  captured.console().Info("progress");
  EXPECT_EQ(captured.out(), "answer\n");
  EXPECT_EQ(captured.error(), "progress\n");
}

TEST(Console, ShowsErrorsWithPlaceAndHintAndWithoutControlCharacters) {
  CapturedConsole captured;
  captured.console().Configure({}, {});
  captured.console().ShowError({ErrorCode::kIo, "bad \x1B[31mthing", "a.yaml", "do better"});
  EXPECT_EQ(captured.error(), "error: a.yaml: bad [31mthing\n  hint: do better\n");
}

TEST(Console, ClosedPipeIsToldApartFromAFullDisk) {
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  ::close(pipe[0]);
  Console console(pipe[1], pipe[1]);
  EXPECT_EQ(console.Out("x").error().code, ErrorCode::kInterrupted);
  EXPECT_TRUE(console.out_closed());
  ::close(pipe[1]);

  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  Console other(full, full);
  EXPECT_EQ(other.Out("x").error().code, ErrorCode::kDiskFull);
  EXPECT_FALSE(other.out_closed());
  ::close(full);
}

}  // namespace
}  // namespace aigc::cli
