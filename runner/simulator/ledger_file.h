// The ledger on disk, one JSON line per record, so that a simulated batch survives the program:
// `Service` gives lines through on_record and takes them back through Load.
//
// Each line is handed to the operating system before Append returns, so it survives a killed
// process (not a power cut: nothing here is worth a sync). A last line without its end, left by a
// kill in the middle of a write, is dropped on opening. One thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aigc::simulator {

class LedgerFile {
 public:
  // Opens or creates (mode 0600). Fails with kIo, kNoPermission, kDiskFull, or
  // kInvalid when it is something else than a file.
  static Result<LedgerFile> Open(std::string path);
  ~LedgerFile();
  LedgerFile(LedgerFile&& other) noexcept;
  LedgerFile& operator=(LedgerFile&& other) noexcept;

  // The whole lines found at opening.
  const std::vector<std::string>& lines() const { return lines_; }
  // `line` without line end. After a failure nothing more is written.
  Status Append(std::string_view line);

 private:
  LedgerFile(std::string path, int descriptor, std::vector<std::string> lines);
  std::string path_;
  int descriptor_ = -1;
  bool failed_ = false;
  std::vector<std::string> lines_;
};

}  // namespace aigc::simulator
