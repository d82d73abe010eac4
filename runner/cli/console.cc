#include "cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace aigc::cli {
namespace {

// 0 or errno.
int WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

constexpr std::string_view kClearLine = "\r\x1B[K";

}  // namespace

Console::Console(int out, int error) : out_(out), error_(error) {}

void Console::Configure(const Options& options, const Environment& environment) {
  const bool terminal = ::isatty(error_) == 1;
  const bool dumb = environment.Get("TERM").value_or("dumb") == "dumb";
  quiet_ = options.quiet;
  verbose_ = options.verbose;
  live_terminal_ = terminal && !dumb && !quiet_;
  switch (options.color) {
    case ColorMode::kAlways:
      color_error_ = true;
      break;
    case ColorMode::kNever:
      color_error_ = false;
      break;
    case ColorMode::kAuto:
      color_error_ = terminal && !dumb && !environment.Get("NO_COLOR");
      break;
  }
}

Status Console::Out(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (out_closed_) return aigc::Error{ErrorCode::kInterrupted, "standard output is closed"};
  if (live_shown_) {
    WriteError(kClearLine);
    live_shown_ = false;
  }
  const int failed = WriteAll(out_, text);
  if (failed == 0) return {};
  if (failed == EPIPE) {
    out_closed_ = true;
    return aigc::Error{ErrorCode::kInterrupted, "standard output is closed"};
  }
  return aigc::Error{failed == ENOSPC || failed == EDQUOT ? ErrorCode::kDiskFull : ErrorCode::kIo,
                     fmt::format("cannot write: {}", std::strerror(failed)), "standard output"};
}

bool Console::out_closed() const {
  const std::lock_guard lock(mutex_);
  return out_closed_;
}

void Console::WriteError(std::string_view text) { (void)WriteAll(error_, text); }

void Console::Error(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::string piece;
  if (live_shown_) piece = kClearLine;
  live_shown_ = false;
  piece += text;
  if (piece.empty() || piece.back() != '\n') piece += '\n';
  WriteError(piece);
}

std::string Console::Paint(std::string_view label, std::string_view code) const {
  if (!color_error_) return std::string(label);
  return fmt::format("\x1B[{}m{}\x1B[0m", code, label);
}

void Console::ShowError(const aigc::Error& error) {
  Error(Paint("error:", "1;31") + " " + Printable(Describe(error)));
}

void Console::ShowWarning(std::string_view text) {
  Error(Paint("warning:", "1;33") + " " + Printable(text));
}

void Console::Info(std::string_view text) {
  if (!quiet_) Error(Printable(text));
}

bool Console::may_ask() const { return ::isatty(STDIN_FILENO) == 1 && ::isatty(error_) == 1; }

std::optional<bool> Console::Confirm(std::string_view question) {
  if (!may_ask()) return std::nullopt;
  WriteError(Printable(question) + " [y/N] ");
  std::string answer;
  char byte = 0;
  while (answer.size() < 100 && ::read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') answer += byte;
  const std::string word = ToLower(Trim(answer));
  return word == "y" || word == "yes";
}

void Console::Live(std::string_view line) {
  if (!live_terminal_) return;
  const std::lock_guard lock(mutex_);
  if (line.empty() && !live_shown_) return;
  WriteError(std::string(kClearLine) + std::string(line));
  live_shown_ = !line.empty();
}

std::size_t Console::width() const {
  winsize size{};
  if (::ioctl(error_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace aigc::cli
