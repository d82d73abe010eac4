// The subjects of a task (reference: SubjectInfos). Which model takes what of them is the catalog's
// matter.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "manifest/input_reader.h"
#include "manifest/keys.h"

namespace aigc::manifest {
namespace {

bool IsUrl(std::string_view text) {
  const bool http = text.substr(0, 7) == "http://" || text.substr(0, 8) == "https://";
  return http && text.find_first_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

bool InputReader::ReadSubjectUrls(const Node& node, std::string_view field,
                                  std::vector<std::string>& urls) {
  if (!node.is_list()) {
    ReportType(Written(node), field, "a list of URLs",
               node.is_scalar() ? "write it as a list: [\"https://…\"]" : "", problems_);
    return false;
  }
  bool ok = true;
  for (const Node* item : node.items) {
    auto text = TextOf(*item, field);
    ok = text.has_value() && ok;
    if (!text) continue;
    if (!IsUrl(*text)) {
      problems_.Error(
          item->offset,
          fmt::format("{} takes https:// URLs only, not \"{}\"", field, Excerpt(*text, 60)),
          "the service fetches pictures and videos of subjects itself");
      ok = false;
      continue;
    }
    urls.push_back(std::move(*text));
  }
  return ok;
}

bool InputReader::ReadSubject(const Node& node, Subject& subject) {
  if (!node.is_map()) {
    ReportType(Written(node), "a subject", "a map", "write {id: …} or {name: …, image_urls: […]}",
               problems_);
    return false;
  }
  CheckKeys(node, kSubjectKeys, "a subject", problems_);
  bool ok = true;
  const auto said = [&](const char* field) -> const Node* {
    const Node* value = node.Find(field);
    return value == nullptr || value->is_null() ? nullptr : value;
  };
  const auto text = [&](const char* field, std::string& out) {
    if (const Node* value = said(field)) {
      auto read = TextOf(*value, field);
      ok = read.has_value() && ok;
      if (read) out = std::move(*read);
    }
  };
  text("id", subject.id);
  text("name", subject.name);
  text("voice_id", subject.voice_id);
  if (const Node* urls = said("image_urls")) {
    ok = ReadSubjectUrls(*urls, "image_urls", subject.image_urls) && ok;
  }
  if (const Node* urls = said("video_urls")) {
    ok = ReadSubjectUrls(*urls, "video_urls", subject.video_urls) && ok;
  }
  if (ok && subject.id.empty() && subject.name.empty()) {
    problems_.Error(node.offset, "a subject needs an id or a name",
                    "the prompt speaks of it by its name: [@name]");
    return false;
  }
  return ok;
}

bool InputReader::ReadSubjects(const Node& node, TaskSpec& spec) {
  if (!node.is_list()) {
    ReportType(Written(node), "subjects", "a list of maps", "", problems_);
    return false;
  }
  bool ok = true;
  for (const Node* item : node.items) {
    Subject subject;
    if (ReadSubject(*item, subject)) {
      spec.subjects.push_back(std::move(subject));
    } else {
      ok = false;
    }
  }
  return ok;
}

}  // namespace aigc::manifest
