#include "manifest/posix_file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

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

// Opens a regular file for reading; `info` is what the system knows about it.
Result<std::unique_ptr<Descriptor>> OpenRegular(const std::string& path, struct stat& info) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  auto file = std::make_unique<Descriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file->number() < 0) return FromErrno(errno);
  if (::fstat(file->number(), &info) != 0) return FromErrno(errno);
  if (S_ISDIR(info.st_mode)) return Error{ErrorCode::kInvalid, "is a folder"};
  if (!S_ISREG(info.st_mode)) return Error{ErrorCode::kInvalid, "is not a regular file"};
  return file;
}

Result<std::size_t> ReadSome(const Descriptor& file, char* buffer, std::size_t size) {
  while (true) {
    const ssize_t count = ::read(file.number(), buffer, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return FromErrno(errno);
  }
}

class PosixByteStream : public ByteStream {
 public:
  explicit PosixByteStream(std::unique_ptr<Descriptor> file) : file_(std::move(file)) {}
  Result<std::size_t> Read(char* buffer, std::size_t size) override {
    return ReadSome(*file_, buffer, size);
  }

 private:
  std::unique_ptr<Descriptor> file_;
};

}  // namespace

Result<FileContent> PosixFileReader::Read(const std::string& path, std::uint64_t max_bytes) {
  struct stat info {};
  AIGC_ASSIGN_OR_RETURN(const auto file, OpenRegular(path, info));
  FileContent content;
  content.size = static_cast<std::uint64_t>(info.st_size);
  if (content.size > max_bytes) return content;
  content.bytes.resize(content.size);
  std::size_t filled = 0;
  while (filled < content.bytes.size()) {
    AIGC_ASSIGN_OR_RETURN(const std::size_t count, ReadSome(*file, content.bytes.data() + filled,
                                                            content.bytes.size() - filled));
    if (count == 0) return Error{ErrorCode::kIo, "became shorter while it was read"};
    filled += count;
  }
  return content;
}

Result<std::unique_ptr<ByteStream>> PosixFileReader::Open(const std::string& path) {
  struct stat info {};
  AIGC_ASSIGN_OR_RETURN(auto file, OpenRegular(path, info));
  return std::unique_ptr<ByteStream>(std::make_unique<PosixByteStream>(std::move(file)));
}

std::string PosixFileReader::Absolute(const std::string& path) const {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(path, failed);
  return failed ? path : absolute.lexically_normal().string();
}

}  // namespace aigc::manifest
