// How the manifest room reaches the local files that a manifest names. The real one is in
// posix_file_reader.h; tests have files in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace aigc::manifest {

struct FileContent {
  std::uint64_t size = 0;  // of the whole file
  std::string bytes;       // empty when size is above the limit asked for
};

// An open file, read from its beginning. One thread.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Up to `size` bytes into `buffer`: how many, 0 at the end of the file. The error's message is a
  // clause as of FileReader.
  virtual Result<std::size_t> Read(char* buffer, std::size_t size) = 0;
};

class FileReader {
 public:
  virtual ~FileReader() = default;
  // The whole file, unless it is larger than `max_bytes`. kNotFound, kNoPermission, kInvalid for
  // what is no regular file (a folder, a device), else kIo; the message is a clause that can follow
  // the file's name ("is a folder"). Called on the loader's thread, one call at a time.
  virtual Result<FileContent> Read(const std::string& path, std::uint64_t max_bytes) = 0;
  // The same for files that are too large to be read as a whole.
  virtual Result<std::unique_ptr<ByteStream>> Open(const std::string& path) = 0;
  // `path` so that it names the same file from any working folder.
  virtual std::string Absolute(const std::string& path) const { return path; }
};

}  // namespace aigc::manifest
