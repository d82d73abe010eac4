// Reads local files through POSIX calls.
#pragma once

#include "manifest/file_reader.h"

namespace aigc::manifest {

// Stateless; any thread.
class PosixFileReader : public FileReader {
 public:
  Result<FileContent> Read(const std::string& path, std::uint64_t max_bytes) override;
  Result<std::unique_ptr<ByteStream>> Open(const std::string& path) override;
  std::string Absolute(const std::string& path) const override;
};

}  // namespace aigc::manifest
