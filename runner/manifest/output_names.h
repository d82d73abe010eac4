// Rules for where results go. Pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aigc::manifest {

// What a task's results are called unless the manifest says otherwise.
inline constexpr std::string_view kDefaultFilename = "${id}-${output}.${ext}";

// Why `path` may not name a place below a folder ("is empty", "leaves the folder by \"..\""); none
// when it may.
std::optional<std::string> WhyNotBelow(std::string_view path);

// Equal for names that become the same file. Characters that are unsafe in a file name all end as
// '_' when the file is made, and letters of either case may be one on the disk.
std::string FileKey(std::string_view dir, std::string_view filename);

// `part` of a file name as FileKey has it; and whether it is so already.
std::string Folded(std::string_view part);
bool IsFolded(std::string_view part);

// Whether the files of two tasks made by this template are told apart by the folded ids alone: it
// holds ${id} and ${output}, and nothing else that differs between tasks.
bool NamesFilesById(std::string_view filename);

}  // namespace aigc::manifest
