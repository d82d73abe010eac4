// Where the bytes of an upload come from. Implemented by files/ (a file on the disk), read by a
// worker of api/. One thread at a time, not necessarily the one that made it.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace aigc {

class BodySource {
 public:
  virtual ~BodySource() = default;
  // Up to `size` bytes into `buffer`, from where the last call ended: how many, 0 at the end. Fails
  // with kIo.
  virtual Result<std::size_t> Read(char* buffer, std::size_t size) = 0;
};

}  // namespace aigc
