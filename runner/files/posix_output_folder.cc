#include "files/posix_output_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/text.h"
#include "files/atomic_file.h"
#include "files/part_file.h"

namespace aigc::files {
namespace {

// `path` without empty and "." parts: "./out//spring/" is "out/spring".
std::string Normalised(std::string_view path) {
  std::string out = path.starts_with('/') ? "/" : "";
  for (const std::string_view part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (!out.empty() && out.back() != '/') out += '/';
    out += part;
  }
  return out;
}

std::string Joined(const std::string& folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return folder + (folder.back() == '/' ? "" : "/") + std::string(name);
}

class PosixOutputFolder final : public OutputFolder {
 public:
  explicit PosixOutputFolder(std::string base_folder)
      : base_(base_folder.empty() ? "." : std::move(base_folder)), boot_id_(BootId()) {}

  Result<std::unique_ptr<BodySink>> OpenSink(const OutputName& name,
                                             std::uint64_t expected_bytes) override {
    AIGC_ASSIGN_OR_RETURN(Place place, Open(name));
    return std::unique_ptr<BodySink>(std::make_unique<PartFile>(
        PartTarget{std::move(place.folder), std::move(place.shown), std::move(place.name),
                   name.suffix, expected_bytes, boot_id_}));
  }

  Result<StoredBody> WriteText(const OutputName& name, std::string_view text) override {
    AIGC_ASSIGN_OR_RETURN(Place place, Open(name));
    const std::string final_name = WithSuffix(place.name, name.suffix, "");
    std::string path = Joined(place.shown, final_name);
    AIGC_ASSIGN_OR_RETURN(AtomicFile file,
                          AtomicFile::CreateBelow(std::move(place.folder), final_name, path));
    AIGC_RETURN_IF_ERROR(file.Write(text));
    AIGC_RETURN_IF_ERROR(file.Commit());
    return StoredBody{std::move(path), text.size(), Sha256Hex(text)};
  }

  Result<std::string> Read(std::string_view path, std::uint64_t max_bytes) const override {
    const Fd base(::open(base_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!base.valid()) return FileError(errno, "cannot open folder", base_);
    return ReadSmallFile(base, std::string(path), static_cast<std::size_t>(max_bytes));
  }

  bool Holds(std::string_view path, std::uint64_t bytes) const override {
    if (path.empty() || path.find('\0') != std::string_view::npos) return false;
    struct stat info {};
    return ::stat(Absolute(path).c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           static_cast<std::uint64_t>(info.st_size) == bytes;
  }

  std::string AbsolutePath(std::string_view path) const override { return Absolute(path); }

 private:
  // The innermost folder of a name, open, and what is left of the name.
  struct Place {
    Fd folder;
    std::string shown, name;
  };

  std::string Absolute(std::string_view path) const {
    return path.starts_with('/') ? std::string(path) : Joined(base_, path);
  }

  Result<Place> Open(const OutputName& name) const {
    AIGC_RETURN_IF_ERROR(CheckOutputName(name));
    Place place;
    place.shown = Normalised(name.dir);
    AIGC_ASSIGN_OR_RETURN(place.folder, OpenFolder(Absolute(place.shown)));
    std::vector<std::string_view> parts = Split(name.filename, '/');
    place.name = parts.back();
    parts.pop_back();
    for (const std::string_view part : parts) {
      std::string below = Joined(place.shown, part);
      AIGC_ASSIGN_OR_RETURN(place.folder, OpenFolderBelow(place.folder, std::string(part), below));
      place.shown = std::move(below);
    }
    return place;
  }

  std::string base_;
  std::string boot_id_;
};

}  // namespace

std::unique_ptr<OutputFolder> MakePosixOutputFolder(std::string base_folder) {
  return std::make_unique<PosixOutputFolder>(std::move(base_folder));
}

}  // namespace aigc::files
