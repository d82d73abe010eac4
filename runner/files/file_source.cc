#include "files/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "files/posix_file.h"

namespace aigc::files {
namespace {

class FileSource final : public BodySource {
 public:
  FileSource(Fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Result<std::size_t> Read(char* buffer, std::size_t size) override {
    while (true) {
      const ssize_t count = ::read(file_.get(), buffer, size);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return FileError(errno, "cannot read", path_);
    }
  }

 private:
  Fd file_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<BodySource>> OpenFileSource(const std::string& path) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return FileError(errno, "cannot read", path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return FileError(errno, "cannot read", path);
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kInvalid, "cannot read " + path + ": it is no regular file"};
  }
  return std::unique_ptr<BodySource>(std::make_unique<FileSource>(std::move(file), path));
}

}  // namespace aigc::files
