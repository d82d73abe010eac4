// The output folder on a POSIX file system.
#pragma once

#include <memory>
#include <string>

#include "files/output_folder.h"

namespace aigc::files {

// `base_folder` is the manifest's folder: relative `dir`s start there, and so do the paths in
// StoredBody. It is not touched until a name is opened; it may be a symbolic link, and so may
// `dir`. Below `dir` no link is followed, so that nothing that lies in the output folder leads
// outside.
std::unique_ptr<OutputFolder> MakePosixOutputFolder(std::string base_folder);

}  // namespace aigc::files
