#include "store/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/times.h"

namespace aigc::store {
namespace {

int ReadPid(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  int pid = 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, pid);
  return pid;
}

// The holder wrote its pid when it took the lock.
std::string HeldSince(int fd) {
  struct stat file {};
  if (fstat(fd, &file) != 0) return {};
  return FormatIso(FromUnixMillis(std::int64_t{file.st_mtim.tv_sec} * 1000));
}

Error HeldByOther(int fd, const std::string& path, const std::string& name) {
  const int pid = ReadPid(fd);
  const std::string who = pid > 0 ? fmt::format("process {}", pid) : "another process";
  Error error{ErrorCode::kStateLocked,
              fmt::format("batch {} is being run by {} since {}", name, who, HeldSince(fd)), path,
              fmt::format("wait for it to end, or look at it with: aigc-batch status {}", name)};
  return error;
}

struct flock WholeFile() {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

}  // namespace

Result<std::unique_ptr<RunLock>> RunLock::Take(const std::string& path, const std::string& name) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    const int why = errno;
    const bool full = why == ENOSPC || why == EDQUOT;
    return Error{full ? ErrorCode::kDiskFull : ErrorCode::kStateUnusable,
                 fmt::format("the state folder cannot be written ({})", strerror(why)), path,
                 full ? "free some space and give the same command again"
                      : "check the folder's permissions, or use --state DIR with another folder"};
  }
  std::unique_ptr<RunLock> lock(new RunLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return HeldByOther(fd, path, name);
    return Error{ErrorCode::kStateUnusable,
                 fmt::format("the state cannot be locked ({})", strerror(errno)), path,
                 "use --state DIR with a folder on a local disk"};
  }
  struct flock range = WholeFile();
  fcntl(fd, F_OFD_SETLK, &range);  // only for Look(): without it a run is not seen, nothing worse
  const std::string pid = fmt::format("{}\n", getpid());
  if (ftruncate(fd, 0) != 0 ||
      pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    const int why = errno;
    return Error{why == ENOSPC || why == EDQUOT ? ErrorCode::kDiskFull : ErrorCode::kIo,
                 fmt::format("the lock file cannot be written ({})", strerror(why)), path,
                 "free some space and give the same command again"};
  }
  return lock;
}

RunLock::~RunLock() { close(fd_); }

RunLock::Holder RunLock::Look(const std::string& path) {
  Holder holder;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return holder;
  struct flock range = WholeFile();
  range.l_type = F_RDLCK;  // what a read-only descriptor may ask for; a run's write lock stops it
  holder.held = fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
  if (holder.held) holder.pid = ReadPid(fd);
  close(fd);
  return holder;
}

}  // namespace aigc::store
