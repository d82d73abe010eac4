// An output folder in memory: what was finished, by path, and the part files that a cut left
// behind.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "files/output_folder.h"

namespace aigc::testing {

class MemoryFolder final : public files::OutputFolder {
 public:
  Result<std::unique_ptr<BodySink>> OpenSink(const files::OutputName& name,
                                             std::uint64_t expected_bytes) override;
  Result<StoredBody> WriteText(const files::OutputName& name, std::string_view text) override;
  Result<std::string> Read(std::string_view path, std::uint64_t max_bytes) const override;
  bool Holds(std::string_view path, std::uint64_t bytes) const override;
  std::string AbsolutePath(std::string_view path) const override { return "/" + std::string(path); }

  const std::map<std::string, std::string>& finished() const { return finished_; }
  // As if somebody had changed the file.
  void Overwrite(const std::string& path, std::string bytes) { finished_[path] = std::move(bytes); }
  void Remove(const std::string& path) { finished_.erase(path); }
  // From now on every write fails with this code.
  void FailWith(std::optional<ErrorCode> code) { failure_ = code; }

 private:
  friend class MemorySink;
  struct Part {
    std::string bytes;
    std::string validator;
  };
  std::map<std::string, std::string> finished_;
  std::map<std::string, Part> parts_;
  std::optional<ErrorCode> failure_;
};

}  // namespace aigc::testing
