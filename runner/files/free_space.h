// How much room there is.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace aigc::files {

// Bytes that this user may still write to the file system of `path`, or of the nearest folder above
// it that exists. Any thread.
Result<std::uint64_t> FreeBytes(const std::string& path);

}  // namespace aigc::files
