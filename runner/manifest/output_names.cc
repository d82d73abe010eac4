#include "manifest/output_names.h"

#include <algorithm>

#include "base/text.h"

namespace aigc::manifest {
namespace {

char Fold(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  const bool unsafe = static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '<' || c == '>' ||
                      c == ':' || c == '"' || c == '|' || c == '?' || c == '*' || c == '\\';
  return unsafe ? '_' : c;
}

}  // namespace

std::optional<std::string> WhyNotBelow(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.back() == '/') return "ends in \"/\"";
  for (std::size_t at = path.find(".."); at != std::string_view::npos;
       at = path.find("..", at + 1)) {
    const bool begins = at == 0 || path[at - 1] == '/';
    if (begins && (at + 2 == path.size() || path[at + 2] == '/'))
      return "leaves the folder by \"..\"";
  }
  return std::nullopt;
}

std::string Folded(std::string_view part) {
  std::string folded(part);
  std::transform(folded.begin(), folded.end(), folded.begin(), Fold);
  return folded;
}

bool IsFolded(std::string_view part) {
  return std::all_of(part.begin(), part.end(), [](char c) { return Fold(c) == c; });
}

std::string FileKey(std::string_view dir, std::string_view filename) {
  return ToLower(dir).append("/").append(Folded(filename));
}

bool NamesFilesById(std::string_view filename) {
  bool by_id = false, by_output = false;
  for (std::size_t at = filename.find("${"); at != std::string_view::npos;
       at = filename.find("${", at + 1)) {
    const std::string_view rest = filename.substr(at + 2);
    const std::string_view name = rest.substr(0, rest.find('}'));
    by_id = by_id || name == "id";
    by_output = by_output || name == "output";
    if (name != "id" && name != "output" && name != "ext" && name != "generation") return false;
  }
  return by_id && by_output;
}

}  // namespace aigc::manifest
