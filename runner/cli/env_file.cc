#include "cli/env_file.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace aigc::cli {
namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Goes through the text once, a line (or a quoted value over several) at a time.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  EnvFile Read() {
    while (at_ < text_.size()) {
      const int line = line_;
      SkipBlanks();
      if (AtLineEnd() || Peek() == '#') {
        SkipLine();
      } else if (!ReadAssignment()) {
        file_.bad_lines.push_back(line);
        SkipLine();
      }
    }
    return std::move(file_);
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  bool AtLineEnd() const {
    return Peek() == '\n' ||
           (Peek() == '\r' && (at_ + 1 >= text_.size() || text_[at_ + 1] == '\n'));
  }
  void Advance() {
    if (text_[at_++] == '\n') ++line_;
  }
  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }
  void SkipLine() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    if (at_ < text_.size()) Advance();
  }

  std::string ReadName() {
    const std::size_t start = at_;
    while (at_ < text_.size() && IsNameByte(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  bool ReadAssignment() {
    std::string name = ReadName();
    SkipBlanks();
    if (name == "export" && Peek() != '=') {
      name = ReadName();
      SkipBlanks();
    }
    if (name.empty() || Peek() != '=') return false;
    ++at_;
    SkipBlanks();
    std::optional<std::string> value;
    if (Peek() == '"' || Peek() == '\'') {
      const std::size_t start = at_;
      const int start_line = line_;
      value = ReadQuoted();
      SkipBlanks();
      if (!value || !(AtLineEnd() || Peek() == '#')) {
        // Only this line is bad: a stray quote must not swallow those up to the next one.
        at_ = start;
        line_ = start_line;
        return false;
      }
    } else {
      value = ReadBare();
    }
    SkipLine();
    file_.values[name] = *std::move(value);
    return true;
  }

  std::string ReadBare() {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != '\n') {
      // A '#' begins a comment only after a blank: keys may hold one.
      if (text_[at_] == '#' && (at_ == start || IsBlank(text_[at_ - 1]))) break;
      ++at_;
    }
    return std::string(Trim(text_.substr(start, at_ - start)));
  }

  // None when the closing quote is missing.
  std::optional<std::string> ReadQuoted() {
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        switch (text_[at_]) {
          case 'n':
            value += '\n';
            break;
          case 'r':
            value += '\r';
            break;
          case 't':
            value += '\t';
            break;
          case '"':
          case '\\':
          case '$':
            value += text_[at_];
            break;
          default:
            value += '\\';
            value += text_[at_];
        }
      } else {
        value += text_[at_];
      }
      Advance();
    }
    if (at_ >= text_.size()) return std::nullopt;
    ++at_;
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  EnvFile file_;
};

}  // namespace

EnvFile ParseEnvFile(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return Reader(text).Read();
}

}  // namespace aigc::cli
