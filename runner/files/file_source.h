// A file on the disk as the content of an upload.
#pragma once

#include <memory>
#include <string>

#include "base/body_source.h"
#include "base/result.h"

namespace aigc::files {

// kIo when it does not exist, kNoPermission, kInvalid for what is no regular file.
Result<std::unique_ptr<BodySource>> OpenFileSource(const std::string& path);

}  // namespace aigc::files
