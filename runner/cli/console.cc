#include "cli/console.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/display_text.h"
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

// Cells of a line of ours, whose escape sequences are all colours: ESC [ … m.
std::size_t CellsOf(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] != '\x1B') {
      text += line[at++];
      continue;
    }
    const std::size_t end = line.find('m', at);
    at = end == std::string_view::npos ? line.size() : end + 1;
  }
  return DisplayWidth(text);
}

bool SaysUtf8(const Environment& environment) {
  // The first that is set counts, as in locale(7). Where none is, a terminal of today is meant.
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const auto value = environment.Get(name)) {
      return ContainsIgnoreCase(*value, "utf-8") || ContainsIgnoreCase(*value, "utf8");
    }
  }
  return true;
}

}  // namespace

Console::Console(int out, int error) : out_(out), error_(error) {}

void Console::Configure(const Options& options, const Environment& environment) {
  const bool terminal = ::isatty(error_) == 1;
  const bool dumb = environment.Get("TERM").value_or("dumb") == "dumb";
  quiet_ = options.quiet;
  verbose_ = options.verbose;
  live_terminal_ = terminal && !dumb && !quiet_;
  out_terminal_ = ::isatty(out_) == 1;
  ascii_ = environment.Get("TERM") == "linux" || !SaysUtf8(environment);
  reflows_ = !environment.Get("XTERM_VERSION") || environment.Get("TMUX").has_value();
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
  const bool above = out_terminal_ && !live_.empty();
  if (above) WriteError(Erasing());
  const int failed = WriteAll(out_, text);
  if (above) WriteError(Drawing());
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
  std::string piece = Erasing();
  piece += text;
  if (piece.empty() || piece.back() != '\n') piece += '\n';
  WriteError(piece + Drawing());
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

// From the cursor, which stands in the line below the live lines, to the first of them. A terminal
// that has become narrower shows each on several rows.
std::string Console::Upwards() const {
  if (live_.empty()) return {};
  std::size_t rows = live_.size();
  if (reflows_) {
    const std::size_t columns = std::max<std::size_t>(size().columns, 1);
    rows = 0;
    for (const std::string& line : live_) {
      rows += std::max<std::size_t>(1, (CellsOf(line) + columns - 1) / columns);
    }
  }
  return fmt::format("\r\x1B[{}A", rows);
}

std::string Console::Erasing() const { return live_.empty() ? "" : Upwards() + "\x1B[J"; }

std::string Console::Drawing() const {
  std::string piece;
  for (const std::string& line : live_) piece += line + "\n";
  return piece;
}

void Console::Live(const std::vector<std::string>& lines) {
  if (!live_terminal_) return;
  const std::lock_guard lock(mutex_);
  if (lines == live_) return;
  pollfd ready{error_, POLLOUT, 0};
  if (!lines.empty() && (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)) return;
  const pid_t foreground = ::tcgetpgrp(error_);
  if (foreground > 0 && foreground != ::getpgrp()) {
    live_.clear();  // the shell writes there now
    return;
  }
  // Over the old ones rather than into cleared rows, which some terminals show for a moment.
  std::string piece = lines.empty() ? Erasing() : Upwards();
  for (const std::string& line : lines) piece += line + "\x1B[K\n";
  if (!lines.empty() && !live_.empty()) piece += "\x1B[J";
  live_ = lines;
  WriteError(piece);
}

void Console::ForgetLive() {
  const std::lock_guard lock(mutex_);
  live_.clear();
}

void Console::LastWords(std::string_view text) {
  std::unique_lock lock(mutex_, std::chrono::milliseconds{300});
  if (!lock.owns_lock()) return;
  WriteError(Erasing() + std::string(text) + "\n");
  live_.clear();
  lock.release();  // nobody writes after this
}

Console::Size Console::size() const {
  winsize size{};
  if (::ioctl(error_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    return {size.ws_col, size.ws_row};
  }
  return {};
}

}  // namespace aigc::cli
