#include "manifest/posix_file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace aigc::manifest {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Error FromErrno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {ErrorCode::kNotFound, "does not exist"};
    case EACCES:
    case EPERM:
      return {ErrorCode::kNoPermission, "may not be read (permission denied)"};
    case ENAMETOOLONG:
      return {ErrorCode::kInvalid, "has a name that is too long for a file"};
    default:
      return {ErrorCode::kIo, std::string("cannot be read: ") + std::strerror(number)};
  }
}

}  // namespace

Result<FileContent> PosixFileReader::Read(const std::string& path, std::uint64_t max_bytes) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return FromErrno(errno);
  struct stat info {};
  if (::fstat(file.number(), &info) != 0) return FromErrno(errno);
  if (S_ISDIR(info.st_mode)) return Error{ErrorCode::kInvalid, "is a folder"};
  if (!S_ISREG(info.st_mode)) return Error{ErrorCode::kInvalid, "is not a regular file"};
  FileContent content;
  content.size = static_cast<std::uint64_t>(info.st_size);
  if (content.size > max_bytes) return content;
  content.bytes.resize(content.size);
  std::size_t filled = 0;
  while (filled < content.bytes.size()) {
    const ssize_t count =
        ::read(file.number(), content.bytes.data() + filled, content.bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FromErrno(errno);
    if (count == 0) return Error{ErrorCode::kIo, "became shorter while it was read"};
    filled += static_cast<std::size_t>(count);
  }
  return content;
}

}  // namespace aigc::manifest
