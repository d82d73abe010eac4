#include "cli/console.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
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

TEST_F(TerminalConsole, LiveLinesAreReplacedAndStayBelowWhatIsSaid) {
  Configure({{"TERM", "xterm"}});
  ASSERT_TRUE(console_->live_terminal());
  EXPECT_EQ(console_->size().columns, 40U);
  EXPECT_EQ(console_->size().rows, 10U);
  console_->Live({"one", "two"});
  EXPECT_EQ(Shown(), "one\x1B[K\r\ntwo\x1B[K\r\n");
  console_->Live({"one", "two"});
  EXPECT_EQ(Shown(), "");
  console_->Live({"three"});
  EXPECT_EQ(Shown(), "\r\x1B[2Athree\x1B[K\r\n\x1B[J");
  console_->Error("said");
  EXPECT_EQ(Shown(), "\r\x1B[1A\x1B[Jsaid\r\nthree\r\n");
  console_->Live({});
  EXPECT_EQ(Shown(), "\r\x1B[1A\x1B[J");
}

TEST_F(TerminalConsole, FindsItsLinesAgainWhenTheTerminalBecameNarrower) {
  Configure({{"TERM", "xterm"}});
  console_->Live({"\x1B[1m" + std::string(30, 'x') + "\x1B[0m", "小男孩"});
  (void)Shown();
  winsize size{};
  size.ws_col = 16;
  size.ws_row = 10;
  ASSERT_EQ(::ioctl(slave_, TIOCSWINSZ, &size), 0);
  console_->Live({"y"});
  EXPECT_EQ(Shown().substr(0, 5), "\r\x1B[3A");
  // Some cut lines off instead of breaking them anew.
  Configure({{"TERM", "xterm"}, {"XTERM_VERSION", "XTerm(379)"}});
  console_->Live({std::string(30, 'x'), "z"});
  (void)Shown();
  console_->Live({});
  EXPECT_EQ(Shown(), "\r\x1B[2A\x1B[J");
}

TEST_F(TerminalConsole, DrawsAnewAfterTheProcessWasStopped) {
  Configure({{"TERM", "xterm"}});
  console_->Live({"one"});
  console_->ForgetLive();
  (void)Shown();
  console_->Live({"one"});
  EXPECT_EQ(Shown(), "one\x1B[K\r\n");
}

TEST_F(TerminalConsole, DrawsNothingWhileTheTerminalIsHeld) {
  Configure({{"TERM", "xterm"}});
  ASSERT_EQ(::tcflow(slave_, TCOOFF), 0);  // as Ctrl-S does
  console_->Live({"one"});
  ASSERT_EQ(::tcflow(slave_, TCOON), 0);
  EXPECT_EQ(Shown(), "");
  console_->Live({"two"});
  EXPECT_EQ(Shown(), "two\x1B[K\r\n");
}

TEST_F(TerminalConsole, LastWordsTakeTheBlocksPlace) {
  Configure({{"TERM", "xterm"}});
  console_->Live({"one", "two"});
  (void)Shown();
  console_->LastWords("left");
  EXPECT_EQ(Shown(), "\r\x1B[2A\x1B[Jleft\r\n");
  console_ = nullptr;
}

TEST_F(TerminalConsole, HasLineCharactersWhereTheLocaleAndTheTerminalDo) {
  Configure({{"TERM", "xterm"}});
  EXPECT_FALSE(console_->ascii());
  Configure({{"TERM", "linux"}});
  EXPECT_TRUE(console_->ascii());
  Configure({{"TERM", "xterm"}, {"LANG", "zh_CN.GBK"}});
  EXPECT_TRUE(console_->ascii());
  Configure({{"TERM", "xterm"}, {"LC_ALL", "C.UTF-8"}, {"LANG", "C"}});
  EXPECT_FALSE(console_->ascii());
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
  console_->Live({"x"});
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
