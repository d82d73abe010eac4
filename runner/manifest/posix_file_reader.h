// Reads local files through POSIX calls.
#pragma once

#include "manifest/file_reader.h"

namespace aigc::manifest {

// Stateless; any thread.
class PosixFileReader : public FileReader {
 public:
  Result<FileContent> Read(const std::string& path, std::uint64_t max_bytes) override;
};

}  // namespace aigc::manifest
