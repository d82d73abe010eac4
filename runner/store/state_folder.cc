#include "store/state_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/text.h"

namespace aigc::store {
namespace {

constexpr unsigned long kFuse = 0x65735546;

constexpr std::array<std::pair<unsigned long, std::string_view>, 11> kNetworkFileSystems = {{
    {0x6969, "NFS"},
    {0x517B, "SMB"},
    {0xFF534D42, "CIFS"},
    {0xFE534D42, "SMB"},
    {0x564C, "NCP"},
    {0x5346414F, "AFS"},
    {0x6B414653, "AFS"},
    {0x73757245, "Coda"},
    {0x00C36400, "Ceph"},
    {0x0BD00BD0, "Lustre"},
    {0x786F4256, "VirtualBox shared folder"},
}};

// FUSE also carries local file systems (NTFS, encryption, overlays), which are fine.
constexpr std::array<std::string_view, 17> kNetworkFuse = {
    "sshfs",     "rclone",  "s3fs",     "gcsfuse",   "goofys",       "glusterfs",
    "ceph",      "juicefs", "smbnetfs", "curlftpfs", "davfs",        "blobfuse",
    "blobfuse2", "cosfs",   "mfsmount", "afpfs",     "mountpoint-s3"};

// The type of the mount that holds device `device`, from lines like
// "36 35 98:0 / /mnt rw,noatime shared:1 - fuse.sshfs user@host: rw".
std::string MountType(dev_t device) {
  const std::string wanted = fmt::format("{}:{}", major(device), minor(device));
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const auto fields = Split(line, ' ');
    if (fields.size() < 3 || fields[2] != wanted) continue;
    for (std::size_t i = 3; i + 1 < fields.size(); ++i) {
      if (fields[i] == "-") return std::string(fields[i + 1]);
    }
  }
  return {};
}

constexpr const char* kElsewhere =
    "use --state DIR with a folder on a local disk that you can write";

}  // namespace

Result<StatePaths> PathsOf(const std::string& folder, const std::string& name) {
  if (name.empty() || name == "." || name == ".." ||
      name.find_first_of(std::string_view("/\0", 2)) != std::string::npos) {
    return Error{ErrorCode::kInvalid, fmt::format("\"{}\" is not a batch name", Printable(name))};
  }
  StatePaths paths;
  paths.folder = folder.empty() ? "." : folder;
  const std::string stem = paths.folder + "/" + name;
  paths.database = stem + ".db";
  paths.fresh = stem + ".db.new";
  paths.log = stem + ".db-wal";
  paths.journal = stem + ".db-journal";
  paths.lock = stem + ".lock";
  return paths;
}

Status MakeFolder(const std::string& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (!failure && std::filesystem::is_directory(folder, failure)) return {};
  if (failure == std::errc::no_space_on_device) {
    return Error{ErrorCode::kDiskFull, "the state folder cannot be made, the disk is full", folder,
                 "free some space and give the same command again"};
  }
  return Error{ErrorCode::kStateUnusable,
               fmt::format("the state folder cannot be made ({})",
                           failure ? failure.message() : "it is not a folder"),
               folder, kElsewhere};
}

std::optional<std::string_view> UnsuitableFileSystem(unsigned long magic,
                                                     std::string_view mount_type) {
  for (const auto& [number, name] : kNetworkFileSystems) {
    if (number == magic) return name;
  }
  if (magic != kFuse) return std::nullopt;
  if (mount_type.starts_with("fuse.")) mount_type.remove_prefix(5);
  for (const std::string_view name : kNetworkFuse) {
    if (name == mount_type) return name;
  }
  return std::nullopt;
}

Status CheckFileSystem(const std::string& folder) {
  struct statfs system {};
  struct stat file {};
  if (statfs(folder.c_str(), &system) != 0 || stat(folder.c_str(), &file) != 0) {
    return Error{ErrorCode::kStateUnusable,
                 fmt::format("the state folder cannot be looked at ({})", strerror(errno)), folder,
                 kElsewhere};
  }
  // f_type is a signed word; the numbers are 32 bits.
  const auto magic = static_cast<unsigned long>(system.f_type) & 0xFFFFFFFFUL;
  const auto unsuitable =
      UnsuitableFileSystem(magic, magic == kFuse ? MountType(file.st_dev) : std::string{});
  if (!unsuitable) return {};
  return Error{ErrorCode::kStateUnusable,
               fmt::format("the state folder is on a network file system ({}), where a state could "
                           "be damaged",
                           *unsuitable),
               folder, kElsewhere};
}

Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int why = errno;
  if (fd >= 0) close(fd);
  if (synced) return {};
  return Error{ErrorCode::kIo, fmt::format("the state folder cannot be synced ({})", strerror(why)),
               folder};
}

bool HoldsBytes(const std::string& path) {
  struct stat file {};
  return stat(path.c_str(), &file) == 0 && file.st_size > 0;
}

}  // namespace aigc::store
