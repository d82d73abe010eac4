#include "manifest/settings_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "manifest/keys.h"
#include "manifest/output_names.h"
#include "manifest/scalar.h"

namespace aigc::manifest {
namespace {

constexpr std::array kUploads =
    std::to_array<Choice>({{"auto", "auto"}, {"always", "always"}, {"never", "never"}});
constexpr std::int64_t kFormatVersion = 1;
constexpr std::size_t kMaxNameLength = 64;

bool IsName(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kMaxNameLength && plain(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace

std::string FolderOf(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string StemOf(const std::string& path) {
  const auto slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const auto dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0) name.erase(dot);
  return name;
}

Settings SettingsReader::Read(const Node& root, const std::string& path) {
  CheckKeys(root, kTopKeys, "the manifest", problems_);
  const auto find = [&](std::string_view key) -> const Node* {
    const Node* node = root.Find(key);
    return node == nullptr || node->is_null() ? nullptr : node;
  };
  const auto find_map = [&](std::string_view key) -> const Node* {
    const Node* node = find(key);
    if (node == nullptr || node->is_map()) return node;
    ReportType(Written(*node), key, "a map", "", problems_);
    return nullptr;
  };
  ReadVersion(root);
  ReadName(find("name"), path);
  if (const Node* node = find("sub_app_id")) {
    settings_.sub_app_id = values_.Integer(Written(*node), "sub_app_id", 1, INT64_MAX);
  }
  if (const Node* map = find_map("limits")) settings_.limits = ReadLimits(*map, problems_);
  if (const Node* map = find_map("output")) ReadOutput(*map);
  ReadPath(find("prices"), "prices", false, settings_.prices);
  if (const Node* node = find("upload")) {
    const auto choice = values_.OneOf(Written(*node), "upload", kUploads);
    if (choice == "always") settings_.upload = Upload::kAlways;
    if (choice == "never") settings_.upload = Upload::kNever;
  }
  if (const Node* node = find("allow_unknown")) {
    settings_.allow_unknown = values_.Bool(Written(*node), "allow_unknown").value_or(false);
  }
  if (const Node* node = find("allow_unpriced")) {
    settings_.allow_unpriced = values_.Bool(Written(*node), "allow_unpriced").value_or(false);
  }
  return std::move(settings_);
}

void SettingsReader::ReadVersion(const Node& root) {
  const Node* node = root.Find("manifest");
  if (node == nullptr) {
    problems_.Error(root.offset, "the key \"manifest\" is missing",
                    "begin the file with \"manifest: 1\", the version of its format");
    return;
  }
  const auto version = node->is_scalar() && node->plain ? ParseInteger(node->text) : std::nullopt;
  if (version == kFormatVersion) return;
  const bool newer = version && *version > kFormatVersion;
  problems_.Error(
      node->offset,
      fmt::format("manifest must be 1, the version of the format, not {}",
                  Describe(Written(*node))),
      newer ? "this manifest needs a newer version of aigc-batch" : "write \"manifest: 1\"");
}

void SettingsReader::ReadName(const Node* node, const std::string& path) {
  constexpr std::string_view kRule =
      "a name has lower-case letters, digits, \".\", \"_\" and \"-\", begins with a letter or "
      "digit "
      "and has at most 64 characters";
  if (node == nullptr) {
    settings_.name = StemOf(path);
    if (IsName(settings_.name)) return;
    problems_.Error(problems_.source().body_offset(),
                    fmt::format("the manifest has no name, and its file's name \"{}\" cannot serve "
                                "as one",
                                Excerpt(settings_.name, 60)),
                    fmt::format("add name: NAME; {}", kRule));
    return;
  }
  const auto name = values_.Text(Written(*node), "name");
  if (!name) return;
  if (!IsName(*name)) {
    problems_.Error(node->offset, fmt::format("\"{}\" cannot be a name", Excerpt(*name, 80)),
                    std::string(kRule));
    return;
  }
  settings_.name = *name;
}

void SettingsReader::ReadPath(const Node* node, std::string_view field, bool below,
                              std::string& out) {
  if (node == nullptr) return;
  if (!node->is_scalar()) {
    (void)values_.Text(Written(*node), field);
    return;
  }
  auto text = texts_.Expand(*node);
  if (!text) return;
  while (below && text->size() > 1 && text->back() == '/') text->pop_back();
  auto why = WhyNotBelow(*text);
  if (!below && why && text->find("..") != std::string::npos && text->back() != '/') why.reset();
  if (why) {
    problems_.Error(
        node->offset, fmt::format("{} \"{}\" {}", field, Excerpt(*text, 60), *why),
        below ? "name a folder below the manifest's, or an absolute path" : "name a file");
    return;
  }
  out = std::move(*text);
}

void SettingsReader::ReadOutput(const Node& map) {
  CheckKeys(map, kOutputKeys, "output", problems_);
  const auto find = [&](std::string_view key) -> const Node* {
    const Node* node = map.Find(key);
    return node == nullptr || node->is_null() ? nullptr : node;
  };
  ReadPath(find("dir"), "output.dir", true, settings_.output.dir);
  ReadPath(find("report"), "output.report", false, settings_.output.report);
  if (const Node* node = find("filename")) {
    settings_.output.filename = values_.Text(Written(*node), "output.filename").value_or("");
  }
}

}  // namespace aigc::manifest
