#include "manifest/output_names.h"

#include "base/text.h"

namespace aigc::manifest {

std::optional<std::string> WhyNotBelow(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.back() == '/') return "ends in \"/\"";
  for (const std::string_view segment : Split(path, '/')) {
    if (segment == "..") return "leaves the folder by \"..\"";
  }
  return std::nullopt;
}

std::string FileKey(std::string_view dir, std::string_view filename) {
  std::string key = ToLower(dir);
  key += '/';
  for (const char c : ToLower(filename)) {
    const bool unsafe = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
                        std::string_view("<>:\"|?*\\").find(c) != std::string_view::npos;
    key += unsafe ? '_' : c;
  }
  return key;
}

}  // namespace aigc::manifest
