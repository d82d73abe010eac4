// Standard output and standard error: the answer goes to the first, progress, warnings and errors
// to the second. Knows whether a terminal is there, how wide it is and whether colours are wanted.
//
// Any thread; one write is one piece on the terminal.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/environment.h"
#include "cli/options.h"

namespace aigc::cli {

class Console {
 public:
  // Descriptors are not owned; tests give files or pipes.
  Console(int out, int error);
  void Configure(const Options& options, const Environment& environment);

  // To standard output, all of it. A reader that went away (`| head`) is kInterrupted and from then
  // on out_closed(); a full disk behind it is kDiskFull.
  Status Out(std::string_view text);
  bool out_closed() const;

  // To standard error; what cannot be written there is lost. The live line is taken away first and
  // comes back with the next Live().
  void Error(std::string_view text);
  // "error: …" with place and hint as Describe() has them, foreign control characters taken out.
  void ShowError(const aigc::Error& error);
  void ShowWarning(std::string_view text);
  // A line of progress or information; nothing with --quiet.
  void Info(std::string_view text);

  // Asks on standard error and reads the answer from standard input: true for "y" and "yes". None
  // when one of the two is no terminal, so that nothing ever waits for somebody who is not there.
  std::optional<bool> Confirm(std::string_view question);
  bool may_ask() const;  // both are terminals

  // Replaces the live line at the bottom of the terminal; "" takes it away. Only with
  // live_terminal().
  void Live(std::string_view line);
  bool live_terminal() const { return live_terminal_; }
  std::size_t width() const;  // of the terminal behind standard error, 80 when unknown

  bool color() const { return color_error_; }
  bool quiet() const { return quiet_; }
  bool verbose() const { return verbose_; }

 private:
  void WriteError(std::string_view text);
  std::string Paint(std::string_view label, std::string_view code) const;

  const int out_;
  const int error_;
  bool color_error_ = false, live_terminal_ = false, quiet_ = false, verbose_ = false;
  mutable std::mutex mutex_;
  bool out_closed_ = false;
  bool live_shown_ = false;
};

}  // namespace aigc::cli
