#include "simulator/ledger_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace aigc::simulator {
namespace {

Error Failure(const std::string& path, const char* what) {
  ErrorCode code = errno == ENOSPC || errno == EDQUOT  ? ErrorCode::kDiskFull
                   : errno == EACCES || errno == EPERM ? ErrorCode::kNoPermission
                                                       : ErrorCode::kIo;
  return Error{code, std::string("cannot ") + what + " the ledger: " + std::strerror(errno), path};
}

Result<std::string> ReadAll(const std::string& path, int descriptor) {
  std::string text;
  char buffer[65536];
  while (true) {
    ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure(path, "read");
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

std::vector<std::string> WholeLines(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    if (end > start) lines.push_back(text.substr(start, end - start));
  }
  return lines;
}

}  // namespace

Result<LedgerFile> LedgerFile::Open(std::string path) {
  int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return Failure(path, "open");
  LedgerFile file(std::move(path), descriptor, {});
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return Failure(file.path_, "look at");
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kInvalid, "the ledger is not a regular file", file.path_};
  }
  AIGC_ASSIGN_OR_RETURN(std::string text, ReadAll(file.path_, descriptor));
  file.lines_ = WholeLines(text);
  std::size_t last_end = text.rfind('\n');
  std::size_t whole = last_end == std::string::npos ? 0 : last_end + 1;
  if (whole != text.size() && ::ftruncate(descriptor, static_cast<off_t>(whole)) != 0) {
    return Failure(file.path_, "repair");
  }
  return file;
}

LedgerFile::LedgerFile(std::string path, int descriptor, std::vector<std::string> lines)
    : path_(std::move(path)), descriptor_(descriptor), lines_(std::move(lines)) {}

LedgerFile::~LedgerFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

LedgerFile::LedgerFile(LedgerFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      failed_(other.failed_),
      lines_(std::move(other.lines_)) {}

LedgerFile& LedgerFile::operator=(LedgerFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(failed_, other.failed_);
  std::swap(lines_, other.lines_);
  return *this;
}

Status LedgerFile::Append(std::string_view line) {
  if (failed_) return Error{ErrorCode::kIo, "an earlier write to the ledger failed", path_};
  std::string text(line);
  text.push_back('\n');
  std::string_view rest = text;
  while (!rest.empty()) {
    ssize_t count = ::write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      failed_ = true;  // the file may end in half a line: another one behind it would be lost
      return Failure(path_, "write");
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace aigc::simulator
