// A Console whose two streams are files in memory.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "cli/console.h"

namespace aigc::cli {

class CapturedConsole {
 public:
  CapturedConsole()
      : out_(::memfd_create("out", 0)),
        error_(::memfd_create("error", 0)),
        console_(out_, error_) {}
  ~CapturedConsole() {
    ::close(out_);
    ::close(error_);
  }
  CapturedConsole(const CapturedConsole&) = delete;
  CapturedConsole& operator=(const CapturedConsole&) = delete;

  Console& console() { return console_; }
  std::string out() const { return Content(out_); }
  std::string error() const { return Content(error_); }

 private:
  static std::string Content(int descriptor) {
    std::string text(static_cast<std::size_t>(::lseek(descriptor, 0, SEEK_END)), '\0');
    if (::pread(descriptor, text.data(), text.size(), 0) < 0) text.clear();
    return text;
  }

  int out_, error_;
  Console console_;
};

}  // namespace aigc::cli
