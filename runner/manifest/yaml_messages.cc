#include "manifest/yaml_messages.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/text.h"

namespace aigc::manifest {
namespace {

struct Translation {
  std::string_view theirs;  // begins yaml-cpp's message
  std::string_view ours;
  std::string_view hint;
};

constexpr std::array kTranslations = std::to_array<Translation>({
    {"illegal map value", "a \": \" where no key can stand",
     "quote text that contains \": \"; or check the indentation of this line and the one above"},
    {"illegal map key", "a key cannot stand here",
     "check the indentation of this line and the one above"},
    {"illegal block entry", "a list item \"- \" cannot stand here",
     "begin the list on a line of its own; quote text that begins with \"- \""},
    {"illegal flow end", "this bracket closes nothing", "quote text that contains brackets"},
    {"end of sequence flow not found", "a list opened with [ is not closed before this",
     "add the missing ] or comma; quote text that contains [, ], { or }"},
    {"end of map flow not found", "a map opened with { is not closed before this",
     "add the missing } or comma; quote text that contains [, ], { or }"},
    {"end of map not found", "this does not fit the map it stands in",
     "check the indentation: keys of one map begin in the same column; nothing may follow a "
     "closing "
     "quote or bracket"},
    {"end of sequence not found", "this does not fit the list it stands in",
     "check the indentation: the \"- \" of one list stand in the same column"},
    {"illegal tab", "a tab in the indentation", "indent with spaces; YAML does not allow tabs"},
    {"unknown token", "text cannot begin with this character", "put the text in quotes"},
    {"unknown escape character", "an unknown escape in double quotes",
     "write \\\\ for a backslash, or use single quotes"},
    {"the referenced anchor is not defined", "this alias names no anchor",
     "quote text that begins with *"},
    {"alias not found after *", "an alias needs a name", "quote text that begins with *"},
    {"anchor not found after &", "an anchor needs a name", "quote text that begins with &"},
    {"illegal character found while scanning alias", "an alias with a character it cannot have",
     "quote text that begins with *"},
    {"illegal character found while scanning anchor", "an anchor with a character it cannot have",
     "quote text that begins with &"},
    {"cannot assign multiple anchors", "two anchors for one value", "keep one of the two"},
    {"illegal EOF in scalar", "the text ends in the middle of a quoted value", "close the quote"},
    {"illegal document indicator in scalar", "a line of dashes or dots inside a quoted value",
     "close the quote before it"},
});

// Text up to `offset` on the same line.
std::string_view LineBefore(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::size_t end = offset;
  const std::size_t newline = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  return text.substr(start, end - start);
}

}  // namespace

void ReportSyntaxError(const std::string& message, std::size_t offset, ProblemList& problems) {
  const std::string_view text = problems.source().text();
  const std::string_view before = LineBefore(text, offset);
  const std::string_view here = text.substr(std::min(offset, text.size()), 1);
  // Whatever yaml-cpp made of it, a tab in the indentation is what to repair first.
  if (const auto tab = before.find('\t'); tab != std::string_view::npos && Trim(before).empty()) {
    problems.Error(offset - before.size() + tab, "a tab in the indentation",
                   "indent with spaces; YAML does not allow tabs");
    return;
  }
  // Two of YAML's traps inside braces; yaml-cpp points just behind the offending character.
  if (const auto dollar = before.rfind("${");
      dollar != std::string_view::npos && before.find_first_of("{[") < dollar) {
    const std::size_t start = offset - before.size();
    problems.Error(start + dollar, "\"${…}\" without quotes inside { } or [ ]",
                   "put the whole value in quotes: YAML takes the { for the beginning of a map");
    return;
  }
  if (const auto open = before.rfind('$');
      open != std::string_view::npos && open + 1 == before.size() && here == "{") {
    problems.Error(offset - 1, "\"${…}\" without quotes inside { } or [ ]",
                   "put the whole value in quotes: YAML takes the { for the beginning of a map");
    return;
  }
  if (here == "?" && before.find("://") != std::string_view::npos) {
    problems.Error(offset, "a URL with \"?\" without quotes inside { } or [ ]",
                   "put the URL in quotes");
    return;
  }
  for (const Translation& known : kTranslations) {
    if (std::string_view(message).substr(0, known.theirs.size()) == known.theirs) {
      problems.Error(offset, std::string(known.ours), std::string(known.hint));
      return;
    }
  }
  problems.Error(offset, fmt::format("not valid YAML: {}", Excerpt(message, 120)));
}

}  // namespace aigc::manifest
