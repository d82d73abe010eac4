// Names of output files: which are allowed, how they are made safe, and where suffixes come from.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "files/output_folder.h"

namespace aigc::files {
namespace {

// What Linux file systems allow for one component is 255 bytes; ".part.tag" must fit behind it.
constexpr std::size_t kLongestComponent = 255 - std::string_view(".part.tag").size();
constexpr std::size_t kLongestPath = 2048;  // well below PATH_MAX with any base folder
constexpr std::size_t kSafeBytes = 200;
constexpr std::string_view kExt = "${ext}";

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Error Bad(std::string_view what, std::string_view name, std::string_view why,
          std::string_view hint) {
  return Error{ErrorCode::kInvalid,
               std::string(what) + " \"" + Excerpt(name, 80) + "\" " + std::string(why), "",
               std::string(hint)};
}

// The rules that hold for both parts of a name.
Status CheckComponents(std::string_view what, std::string_view path) {
  if (path.find('\0') != std::string_view::npos) {
    return Bad(what, path, "holds a NUL character", "remove it");
  }
  if (path.size() > kLongestPath) return Bad(what, path, "is too long", "shorten it");
  for (const std::string_view part : Split(path, '/')) {
    if (part == "..") {
      return Bad(what, path, "leaves the output folder through \"..\"",
                 "name the folder by its absolute path, without \"..\"");
    }
    if (part.size() > kLongestComponent) {
      return Bad(what, path, "is too long for the file system", "shorten it to 200 bytes");
    }
  }
  return {};
}

// Where the suffix with its dot begins; the size of the name without one.
std::size_t SuffixStart(std::string_view name) {
  if (name.size() > kExt.size() && name.ends_with(kExt) &&
      name[name.size() - kExt.size() - 1] == '.') {
    return name.size() - kExt.size() - 1;
  }
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > 17) return name.size();
  return std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(), IsAlnum)
             ? dot
             : name.size();
}

bool IsWindowsDevice(std::string_view name) {
  constexpr std::array<std::string_view, 4> kDevices = {"con", "prn", "aux", "nul"};
  const std::string stem = ToLower(Trim(name.substr(0, name.find('.'))));
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) &&
         stem[3] >= '1' && stem[3] <= '9';
}

// Length of the well-formed UTF-8 sequence at `at`; 0 when there is none.
std::size_t SequenceLength(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (at + length > text.size()) return 0;
  return FindBadUtf8(text.substr(at, length)) ? 0 : length;
}

}  // namespace

Status CheckOutputName(const OutputName& name) {
  if (name.filename.empty()) return Bad("file name", "", "is empty", "give it a name");
  if (name.filename.front() == '/') {
    return Bad("file name", name.filename, "is an absolute path",
               "put the folder into output.dir and the rest into output.filename");
  }
  AIGC_RETURN_IF_ERROR(CheckComponents("file name", name.filename));
  for (const std::string_view part : Split(name.filename, '/')) {
    if (part.empty() || part == ".") {
      return Bad("file name", name.filename, "has an empty part", "remove the superfluous \"/\"");
    }
  }
  return CheckComponents("output folder", name.dir);
}

std::string SafeFileName(std::string_view name) {
  constexpr std::string_view kReserved = "/\\<>:\"|?*;";
  std::string safe;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t length = SequenceLength(name, at);
    const std::string_view sequence = name.substr(at, std::max<std::size_t>(1, length));
    // Printable() takes control characters and bidirectional overrides away, but keeps line ends.
    const bool bad = length == 0 || sequence == "\n" || sequence == "\r" ||
                     kReserved.find(sequence) != std::string_view::npos ||
                     Printable(sequence).empty() || sequence[0] == '\t';
    if (bad) {
      safe += '_';
    } else {
      safe += sequence;
    }
    at += sequence.size();
  }
  for (std::size_t i = 0; i < safe.size() && safe[i] == '.'; ++i) safe[i] = '_';
  for (std::size_t i = safe.size(); i > 0 && (safe[i - 1] == '.' || safe[i - 1] == ' '); --i) {
    safe[i - 1] = '_';
  }
  if (safe.empty()) return "_";
  if (IsWindowsDevice(safe)) safe.insert(0, "_");
  if (safe.size() <= kSafeBytes) return safe;
  const std::string suffix = safe.substr(SuffixStart(safe));
  std::size_t cut = kSafeBytes - suffix.size();
  while (cut > 0 && (static_cast<unsigned char>(safe[cut]) & 0xC0) == 0x80) --cut;
  return safe.substr(0, cut) + suffix;
}

std::string SuffixFromUrl(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    const auto path = url.find_first_of("/?#");
    if (path == std::string_view::npos) return "";
    url.remove_prefix(path);
  }
  url = url.substr(0, url.find_first_of("?#"));
  url = url.substr(url.rfind('/') + 1);  // npos + 1 is 0: no '/' at all
  const auto dot = url.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return "";
  const std::string_view suffix = url.substr(dot + 1);
  const bool plausible = !suffix.empty() && suffix.size() <= 5 &&
                         std::all_of(suffix.begin(), suffix.end(), IsAlnum) &&
                         std::any_of(suffix.begin(), suffix.end(),
                                     [](char c) { return IsAlnum(c) && (c < '0' || c > '9'); });
  return plausible ? ToLower(suffix) : "";
}

std::string_view SuffixFromContentType(std::string_view content_type) {
  struct Row {
    std::string_view type, suffix;
  };
  constexpr std::array<Row, 12> kRows = {{{"video/mp4", "mp4"},
                                          {"video/quicktime", "mov"},
                                          {"video/webm", "webm"},
                                          {"image/png", "png"},
                                          {"image/jpeg", "jpg"},
                                          {"image/webp", "webp"},
                                          {"image/gif", "gif"},
                                          {"audio/mpeg", "mp3"},
                                          {"audio/wav", "wav"},
                                          {"application/json", "json"},
                                          {"application/zip", "zip"},
                                          {"model/gltf-binary", "glb"}}};
  const std::string_view type = Trim(content_type.substr(0, content_type.find(';')));
  for (const Row& row : kRows) {
    if (EqualsIgnoreCase(row.type, type)) return row.suffix;
  }
  return "";
}

}  // namespace aigc::files
