// How the manifest room reaches the local files that a manifest names. The real one is in
// posix_file_reader.h; tests have files in memory.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace aigc::manifest {

struct FileContent {
  std::uint64_t size = 0;  // of the whole file
  std::string bytes;       // empty when size is above the limit asked for
};

class FileReader {
 public:
  virtual ~FileReader() = default;
  // The whole file, unless it is larger than `max_bytes`. kNotFound, kNoPermission, kInvalid for
  // what is no regular file (a folder, a device), else kIo; the message is a clause that can follow
  // the file's name ("is a folder"). Called on the loader's thread, one call at a time.
  virtual Result<FileContent> Read(const std::string& path, std::uint64_t max_bytes) = 0;
};

}  // namespace aigc::manifest
