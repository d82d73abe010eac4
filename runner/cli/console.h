// Standard output and standard error: the answer goes to the first, progress, warnings and errors
// to the second. Knows whether a terminal is there, how wide it is and whether colours are wanted.
//
// Nothing of the terminal is ever changed that would have to be restored: no mode, no cursor that
// is hidden, no second screen. Live lines stand above the cursor, so that even a killed process
// leaves the terminal as a shell wants it.
//
// Any thread; one write is one piece on the terminal.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

  // To standard error; what cannot be written there is lost. It appears above the live lines.
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

  // Replaces the lines at the bottom of the terminal; none takes them away. Each fits the terminal
  // (RenderLive in live_view.h). Only with live_terminal(). Not drawn while the terminal takes
  // nothing (Ctrl-S), nor while the process is in the background of its shell.
  void Live(const std::vector<std::string>& lines);
  // After the process was stopped and continued: what was drawn is no longer where it was.
  void ForgetLive();
  // Before the process ends without unwinding: takes the live lines away and writes `text`. Waits
  // only a moment for a writer that hangs; no other call may follow.
  void LastWords(std::string_view text);
  bool live_terminal() const { return live_terminal_; }
  struct Size {
    std::size_t columns = 80, rows = 24;
  };
  Size size() const;                     // of the terminal behind standard error
  bool ascii() const { return ascii_; }  // line characters may be missing there

  bool color() const { return color_error_; }
  bool quiet() const { return quiet_; }
  bool verbose() const { return verbose_; }

 private:
  void WriteError(std::string_view text);
  std::string Upwards() const;
  std::string Erasing() const;
  std::string Drawing() const;
  std::string Paint(std::string_view label, std::string_view code) const;

  const int out_;
  const int error_;
  bool color_error_ = false, live_terminal_ = false, quiet_ = false, verbose_ = false;
  bool ascii_ = false, out_terminal_ = false;
  bool reflows_ = true;  // the terminal breaks lines anew when it becomes narrower
  mutable std::timed_mutex mutex_;
  bool out_closed_ = false;
  std::vector<std::string> live_;  // as they stand on the terminal
};

}  // namespace aigc::cli
