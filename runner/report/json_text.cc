#include "report/json_text.h"

#include <algorithm>

namespace aigc::report {
namespace {

constexpr std::size_t kShortestBase64 = 256;  // a SHA-256, an id or a URL is shorter
constexpr std::size_t kKept = 12;
constexpr std::size_t kDeepest = 64;

// Offset behind the string that begins at `at` (a quote); the end of the text when it has no end.
std::size_t EndOfString(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return json.size();
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsBase64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=' || c == '-' || c == '_';
}

std::size_t SkipBlanks(std::string_view json, std::size_t at) {
  while (at < json.size() && IsBlank(json[at])) ++at;
  return at;
}

}  // namespace

std::string PrettyJson(std::string_view json, std::size_t indent) {
  std::string out;
  std::size_t depth = 0;
  const auto new_line = [&] {
    out += '\n';
    out.append(indent + 2 * std::min(depth, kDeepest), ' ');
  };
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = EndOfString(json, at);
      out += json.substr(at, end - at);
      at = end;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') {
      out += c;
      const std::size_t next = SkipBlanks(json, at);
      if (next < json.size() && (json[next] == '}' || json[next] == ']')) {
        out += json[next];
        at = next + 1;
        continue;
      }
      ++depth;
      new_line();
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
      new_line();
      out += c;
    } else if (c == ',') {
      out += c;
      new_line();
    } else if (c == ':') {
      out += ": ";
    } else if (!IsBlank(c)) {
      out += c;
    }
  }
  return out;
}

std::string AbbreviateBase64(std::string_view json) {
  std::string out;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] != '"') {
      out += json[at++];
      continue;
    }
    const std::size_t end = EndOfString(json, at);
    const std::string_view quoted = json.substr(at, end - at);
    at = end;
    const bool only_base64 = quoted.size() >= kShortestBase64 + 2 &&
                             std::all_of(quoted.begin() + 1, quoted.end() - 1, IsBase64);
    if (!only_base64) {
      out += quoted;
      continue;
    }
    out += quoted.substr(0, kKept + 1);
    out += "…(" + std::to_string(quoted.size() - 2) + " Base64 characters)\"";
  }
  return out;
}

bool LooksComplete(std::string_view json) {
  std::string open;
  bool begun = false;
  for (std::size_t at = SkipBlanks(json, 0); at < json.size();) {
    const char c = json[at];
    if (begun && open.empty()) return SkipBlanks(json, at) == json.size();
    if (!begun && c != '{' && c != '[') return false;
    begun = true;
    if (c == '"') {
      at = EndOfString(json, at);
      if (json[at - 1] != '"') return false;
      continue;
    }
    if (c == '{' || c == '[') {
      open += c;
    } else if (c == '}' || c == ']') {
      if (open.back() != (c == '}' ? '{' : '[')) return false;
      open.pop_back();
    }
    ++at;
  }
  return begun && open.empty();
}

}  // namespace aigc::report
