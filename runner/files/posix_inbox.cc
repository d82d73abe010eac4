#include "files/posix_inbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "files/atomic_file.h"

namespace aigc::files {
namespace {

constexpr std::string_view kSuffix = ".command";
constexpr char kAside[] = "bad";
constexpr std::size_t kMostFiles = 100;
constexpr std::size_t kMostBytes = std::size_t{1} << 20;

// The names of the waiting files in an open folder, sorted, the oldest kMostFiles of them.
Result<std::vector<std::string>> WaitingNames(const Fd& folder, const std::string& shown) {
  const int copy = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return FileError(errno, "cannot read", shown);
  DIR* stream = ::fdopendir(copy);
  if (stream == nullptr) {
    const int why = errno;
    ::close(copy);
    return FileError(why, "cannot read", shown);
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name(entry->d_name);
    if (name.size() > kSuffix.size() && name.front() != '.' && name.ends_with(kSuffix)) {
      names.emplace_back(name);
    }
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  if (names.size() > kMostFiles) names.resize(kMostFiles);
  return names;
}

class PosixInbox final : public Inbox {
 public:
  explicit PosixInbox(std::string folder) : path_(std::move(folder)) {}

  Result<std::vector<InboxFile>> Waiting() override {
    std::vector<InboxFile> files;
    const Fd folder = Open();
    if (!folder.valid()) {
      if (errno == ENOENT) return files;
      return FileError(errno, "cannot open", path_);
    }
    AIGC_ASSIGN_OR_RETURN(const auto names, WaitingNames(folder, path_));
    for (const std::string& name : names) {
      InboxFile file;
      file.name = name;
      auto text = ReadSmallFile(folder, name, kMostBytes);
      if (text.ok()) {
        file.text.assign(*text);  // without the room it was read into
      } else {
        file.problem = std::move(text).error();
      }
      files.push_back(std::move(file));
    }
    return files;
  }

  Status Remove(const std::string& name) override {
    const Fd folder = Open();
    if (folder.valid() && ::unlinkat(folder.get(), name.c_str(), 0) == 0) return {};
    if (errno == ENOENT) return {};
    return FileError(errno, "cannot remove", path_ + "/" + name);
  }

  Status SetAside(const std::string& name) override {
    const Fd folder = Open();
    if (!folder.valid()) return FileError(errno, "cannot open", path_);
    AIGC_ASSIGN_OR_RETURN(const Fd aside, OpenFolderBelow(folder, kAside, path_ + "/" + kAside));
    if (::renameat(folder.get(), name.c_str(), aside.get(), name.c_str()) == 0) return {};
    if (errno == ENOENT) return {};
    return FileError(errno, "cannot move", path_ + "/" + name);
  }

 private:
  Fd Open() const { return Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

  std::string path_;
};

}  // namespace

std::unique_ptr<Inbox> MakePosixInbox(std::string folder) {
  return std::make_unique<PosixInbox>(std::move(folder));
}

Result<std::string> PutInInbox(const std::string& folder, const std::string& name,
                               std::string_view text) {
  std::string path = folder + "/" + name + std::string(kSuffix);
  AIGC_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  AIGC_RETURN_IF_ERROR(file.Write(text));
  AIGC_RETURN_IF_ERROR(file.Commit());
  return path;
}

Result<FolderWatch> FolderWatch::Open(const std::string& folder) {
  Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd.valid()) return FileError(errno, "cannot watch", folder);
  if (::inotify_add_watch(fd.get(), folder.c_str(), IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO) < 0) {
    return FileError(errno, "cannot watch", folder);
  }
  return FolderWatch(std::move(fd));
}

void FolderWatch::Wait(Millis limit) {
  pollfd wanted{fd_.get(), POLLIN, 0};
  if (::poll(&wanted, 1, static_cast<int>(limit.count())) <= 0) return;
  std::array<char, 4096> events{};
  while (::read(fd_.get(), events.data(), events.size()) > 0) {
    // what changed does not matter
  }
}

}  // namespace aigc::files
