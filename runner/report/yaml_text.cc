#include "report/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace aigc::report {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Words that some reader takes for something else than text.
bool IsWord(std::string_view text) {
  constexpr std::array<std::string_view, 8> kWords = {"true", "false", "null", "yes",
                                                      "no",   "on",    "off",  "y"};
  return text == "n" || std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
           return EqualsIgnoreCase(word, text);
         });
}

bool IsPlain(std::string_view text) {
  return !text.empty() && text.size() <= 80 && IsLetter(text.front()) && !IsWord(text) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsLetter(c) || (c >= '0' && c <= '9') ||
                  std::string_view("_-./").find(c) != std::string_view::npos;
         });
}

// How many bytes the character at `at` of well-formed text takes.
std::size_t Length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// Characters beyond ASCII that break lines, are invisible or are no characters for YAML.
bool MustEscape(char32_t c) {
  return (c >= 0x80 && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE ||
         c == 0xFFFF;
}

void AppendEscaped(std::string& out, std::string_view character) {
  const char c = character.front();
  if (character.size() == 1) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
    return;
  }
  if (character.size() < 4) {
    char32_t code = static_cast<unsigned char>(c) & (character.size() == 2 ? 0x1FU : 0x0FU);
    for (const char next : character.substr(1)) {
      code = (code << 6U) | (static_cast<unsigned char>(next) & 0x3FU);
    }
    if (MustEscape(code)) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(code));
      return;
    }
  }
  out += character;
}

}  // namespace

std::string YamlText(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t well = FindBadUtf8(text.substr(at)).value_or(text.size() - at);
    for (const std::size_t end = at + well; at < end;) {
      const std::size_t length = Length(text, at);
      AppendEscaped(out, text.substr(at, length));
      at += length;
    }
    if (at < text.size()) {
      out += "\uFFFD";
      ++at;
    }
  }
  return out + "\"";
}

std::string ManifestText(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '$' && text.substr(at, 2) == "${") out += '$';
    out += text[at];
  }
  return YamlText(out);
}

}  // namespace aigc::report
