#include "support/memory_folder.h"

#include "base/digest.h"

namespace aigc::testing {
namespace {

std::string PathOf(const files::OutputName& name, std::string_view suffix) {
  std::string file = name.filename;
  if (const auto at = file.find("${ext}"); at != std::string::npos) file.replace(at, 6, suffix);
  return name.dir + "/" + file;
}

}  // namespace

class MemorySink final : public BodySink {
 public:
  MemorySink(MemoryFolder& folder, std::string path, std::uint64_t expected)
      : folder_(folder), path_(std::move(path)), expected_(expected) {}

  Result<ResumePoint> Resume() override {
    const MemoryFolder::Part& part = folder_.parts_[path_];
    if (part.validator.empty()) return ResumePoint{};
    return ResumePoint{part.bytes.size(), part.validator};
  }

  Status Start(const BodyHead& head) override {
    if (folder_.failure_) return Error{*folder_.failure_, "the disk refuses", path_};
    MemoryFolder::Part& part = folder_.parts_[path_];
    if (head.offset == 0) part.bytes.clear();
    if (head.offset != part.bytes.size()) return Error{ErrorCode::kInvalid, "wrong offset"};
    part.validator = head.validator;
    total_ = head.total_bytes;
    return {};
  }

  Status Write(std::string_view bytes) override {
    if (folder_.failure_) return Error{*folder_.failure_, "the disk refuses", path_};
    folder_.parts_[path_].bytes += bytes;
    return {};
  }

  Result<StoredBody> Finish() override {
    const std::string bytes = folder_.parts_[path_].bytes;
    if ((total_ && *total_ != bytes.size()) || (expected_ != 0 && expected_ != bytes.size())) {
      folder_.parts_.erase(path_);
      return Error{ErrorCode::kInvalid, "wrong length", path_};
    }
    folder_.finished_[path_] = bytes;
    folder_.parts_.erase(path_);
    return StoredBody{path_, bytes.size(), Sha256Hex(bytes)};
  }

 private:
  MemoryFolder& folder_;
  std::string path_;
  std::uint64_t expected_;
  std::optional<std::uint64_t> total_;
};

Result<std::unique_ptr<BodySink>> MemoryFolder::OpenSink(const files::OutputName& name,
                                                         std::uint64_t expected_bytes) {
  return std::unique_ptr<BodySink>(std::make_unique<MemorySink>(
      *this, PathOf(name, name.suffix.empty() ? "bin" : name.suffix), expected_bytes));
}

Result<StoredBody> MemoryFolder::WriteText(const files::OutputName& name, std::string_view text) {
  if (failure_) return Error{*failure_, "the disk refuses"};
  const std::string path = PathOf(name, name.suffix);
  finished_[path] = text;
  return StoredBody{path, text.size(), Sha256Hex(text)};
}

Result<std::string> MemoryFolder::Read(std::string_view path, std::uint64_t max_bytes) const {
  const auto found = finished_.find(std::string(path));
  if (found == finished_.end()) return Error{ErrorCode::kNotFound, "is not there"};
  if (found->second.size() > max_bytes) return Error{ErrorCode::kInvalid, "is too long"};
  return found->second;
}

bool MemoryFolder::Holds(std::string_view path, std::uint64_t bytes) const {
  const auto found = finished_.find(std::string(path));
  return found != finished_.end() && found->second.size() == bytes;
}

}  // namespace aigc::testing
