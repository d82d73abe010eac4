// A file compiled into the program (cmake/Embed.cmake).
#pragma once

#include <string_view>

namespace aigc {

struct EmbeddedFile {
  std::string_view name;  // file name without folder
  std::string_view text;  // its bytes, alive for the whole program
};

}  // namespace aigc
