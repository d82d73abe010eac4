#include "report/spec_cells.h"

#include <charconv>
#include <string>
#include <vector>

namespace aigc::report {
namespace {

// Where the string goes on that has no '"' or '\\' before it; the end of `text` without one.
// (Strings are short: a plain loop is quicker than find_first_of, which calls memchr for every
// byte.)
std::size_t EndOfRun(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '"' && text[at] != '\\') ++at;
  return at;
}

// Goes once over JSON as SpecJson() writes it: no blanks, keys without escapes. Every step fails
// on anything else, and then the whole is read the slow way.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool AtEnd() const { return at_ == text_.size(); }
  char Next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool Key(std::string_view& key) {
    if (!Take('"')) return false;
    const std::size_t end = EndOfRun(text_, at_);
    if (end == text_.size() || text_[end] == '\\') return false;
    key = text_.substr(at_, end - at_);
    at_ = end + 1;
    return Take(':');
  }

  bool String(std::string& out) {
    if (!Take('"')) return false;
    while (true) {
      const std::size_t end = EndOfRun(text_, at_);
      if (end == text_.size()) return false;
      out += text_.substr(at_, end - at_);
      at_ = end + 1;
      if (text_[end] == '"') return true;
      if (!Escape(out)) return false;
    }
  }

  bool Number(double& out) {
    const auto [end, failed] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), out);
    if (failed != std::errc{}) return false;
    at_ = static_cast<std::size_t>(end - text_.data());
    return true;
  }

  bool Strings(std::vector<std::string>& out) {
    if (!Take('[')) return false;
    if (Take(']')) return true;
    do {
      if (!String(out.emplace_back())) return false;
    } while (Take(','));
    return Take(']');
  }

  // Over one value of any kind.
  bool Skip() {
    int depth = 0;
    do {
      const char c = Next();
      if (c == '"') {
        if (!SkipString()) return false;
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return false;
        --depth;
        ++at_;
      } else if (c == ',' || c == ':') {
        if (depth == 0) return false;
        ++at_;
      } else {
        const std::size_t end = text_.find_first_of(",:]}\"{[", at_);
        if (end == std::string_view::npos || end == at_) return false;
        at_ = end;
      }
    } while (depth > 0);
    return true;
  }

 private:
  bool Escape(std::string& out) {
    if (at_ >= text_.size()) return false;
    switch (text_[at_++]) {
      case '"':
        out += '"';
        return true;
      case '\\':
        out += '\\';
        return true;
      case '/':
        out += '/';
        return true;
      case 'n':
        out += '\n';
        return true;
      case 'r':
        out += '\r';
        return true;
      case 't':
        out += '\t';
        return true;
      default:  // the rare ones are not worth the code
        return false;
    }
  }

  bool SkipString() {
    for (++at_; at_ < text_.size(); ++at_) {
      at_ = EndOfRun(text_, at_);
      if (at_ == text_.size()) return false;
      if (text_[at_] == '"') {
        ++at_;
        return true;
      }
      ++at_;  // what is escaped
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string* TextMember(TaskSpec& spec, std::string_view key) {
  if (key == "id") return &spec.id;
  if (key == "model") return &spec.model;
  if (key == "version") return &spec.version;
  if (key == "prompt") return &spec.prompt;
  if (key == "negative_prompt") return &spec.negative_prompt;
  if (key == "resolution") return &spec.resolution;
  return key == "aspect_ratio" ? &spec.aspect_ratio : nullptr;
}

bool ReadMember(Cursor& cursor, std::string_view key, TaskSpec& spec) {
  if (std::string* text = TextMember(spec, key)) return cursor.String(*text);
  if (key == "tags") return cursor.Strings(spec.tags);
  if (key == "depends_on") return cursor.Strings(spec.depends_on);
  if (key == "duration") return cursor.Number(spec.duration.emplace());
  if (key == "kind") {
    std::string kind;
    if (!cursor.String(kind)) return false;
    spec.kind = kind == Name(Kind::kImage) ? Kind::kImage : Kind::kVideo;
    return true;
  }
  if (key == "count") {
    double count = 0;
    if (!cursor.Number(count)) return false;
    spec.count = static_cast<int>(count);
    return true;
  }
  return cursor.Skip();
}

bool Read(std::string_view json, TaskSpec& spec) {
  Cursor cursor(json);
  if (!cursor.Take('{')) return false;
  do {
    std::string_view key;
    if (!cursor.Key(key) || !ReadMember(cursor, key, spec)) return false;
  } while (cursor.Take(','));
  return cursor.Take('}') && cursor.AtEnd();
}

}  // namespace

Result<TaskSpec> ParseSpecCells(std::string_view json) {
  TaskSpec spec;
  if (Read(json, spec)) return spec;
  return ParseSpec(json);
}

}  // namespace aigc::report
