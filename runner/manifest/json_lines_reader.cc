// JSON lines: one object a line. Texts, numbers and bools are values as they are written; null is
// no value; lists and maps are their JSON text.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "manifest/row_reader.h"

namespace aigc::manifest {
namespace {

constexpr int kMaxDepth = 64;  // lists and maps inside one another

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendUtf8(std::uint32_t point, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

// Reads one line. Each function leaves at_ behind what it read, or at what is wrong, with why_ set.
class LineParser {
 public:
  // `keys`: the names of the row that was read last, as they were written, quotes included: most
  // lines of a file have the same ones.
  LineParser(std::string_view line, std::vector<std::string>& keys) : line_(line), keys_(keys) {}

  bool Read(Row& row) {
    SkipBlanks();
    if (!Take('{')) return Fail("a line must be one JSON object, like {\"name\": \"value\"}");
    std::size_t count = 0;
    SkipBlanks();
    if (!Take('}')) {
      do {
        if (!ReadMember(row, count)) return false;
        SkipBlanks();
      } while (Take(','));
      if (!Take('}')) return Fail("\",\" or \"}\" must stand here");
    }
    row.names.resize(count);
    row.values.resize(count);
    SkipBlanks();
    if (at_ < line_.size()) return Fail("text follows the object");
    return true;
  }

  std::size_t at() const { return at_; }
  const std::string& why() const { return why_; }

 private:
  bool Fail(std::string why) {
    if (why_.empty()) why_ = std::move(why);
    return false;
  }
  char Now() const { return at_ < line_.size() ? line_[at_] : '\0'; }
  bool Take(char c) {
    if (Now() != c) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (line_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void SkipBlanks() {
    while (at_ < line_.size() && IsBlank(line_[at_])) ++at_;
  }

  bool ReadMember(Row& row, std::size_t& count) {
    SkipBlanks();
    const bool known = count < keys_.size() && count < row.names.size() && TakeWord(keys_[count]);
    if (!known && !ReadName(row, count)) return false;
    SkipBlanks();
    if (!Take(':')) return Fail("\":\" must stand here");
    SkipBlanks();
    if (TakeWord("null")) return true;
    std::string& value = row.values[count];
    const std::size_t from = at_;
    if (Now() == '"') {
      if (!ReadString(value)) return false;
    } else {
      if (!SkipValue(0)) return Fail("a JSON value must stand here");
      value = line_.substr(from, at_ - from);
    }
    ++count;
    return true;
  }

  // A name that is not the one that the last row had in this place.
  bool ReadName(Row& row, std::size_t count) {
    keys_.resize(count);
    if (count == row.names.size()) row.names.emplace_back();
    if (count == row.values.size()) row.values.emplace_back();
    const std::size_t begin = at_;
    std::string& name = row.names[count];
    if (!ReadString(name)) return Fail("a name in double quotes must stand here");
    const auto end = row.names.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::find(row.names.begin(), end, name) != end) {
      at_ = begin;
      return Fail(fmt::format("the name \"{}\" is there twice", Excerpt(name, 60)));
    }
    keys_.emplace_back(line_.substr(begin, at_ - begin));
    return true;
  }

  bool ReadHex(std::uint32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = Now();
      const char lower = static_cast<char>(c | 0x20);
      std::uint32_t digit = 0;
      if (IsDigit(c)) {
        digit = static_cast<std::uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        digit = static_cast<std::uint32_t>(lower - 'a' + 10);
      } else {
        return Fail("four hexadecimal digits must stand here");
      }
      out = out * 16 + digit;
      ++at_;
    }
    return true;
  }

  // Behind the backslash.
  bool ReadEscape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (const auto found = kLetters.find(Now()); at_ < line_.size() && found < kLetters.size()) {
      out += kMeanings[found];
      ++at_;
      return true;
    }
    if (!Take('u')) return Fail("this escape does not exist in JSON");
    std::uint32_t point = 0;
    if (!ReadHex(point)) return false;
    if (point >= 0xD800 && point < 0xDC00) {
      std::uint32_t low = 0;
      if (!TakeWord("\\u") || !ReadHex(low) || low < 0xDC00 || low > 0xDFFF) {
        return Fail("half a character: a second \\u must follow");
      }
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    } else if (point >= 0xDC00 && point < 0xE000) {
      return Fail("half a character: a first \\u is missing");
    }
    if (point == 0) return Fail("a text cannot hold a NUL");
    AppendUtf8(point, out);
    return true;
  }

  bool ReadString(std::string& out) {
    out.clear();
    if (!Take('"')) return false;
    while (at_ < line_.size() && line_[at_] != '"') {
      std::size_t end = at_;
      while (end < line_.size() && line_[end] != '"' && line_[end] != '\\') ++end;
      out += line_.substr(at_, end - at_);
      at_ = end;
      if (Take('\\') && !ReadEscape(out)) return false;
    }
    if (!Take('"')) return Fail("this text is never closed");
    return true;
  }

  bool SkipNumber() {
    Take('-');
    const auto digits = [&] {
      const std::size_t from = at_;
      while (IsDigit(Now())) ++at_;
      return at_ > from;
    };
    const bool zero = Now() == '0';
    const std::size_t from = at_;
    if (!digits() || (zero && at_ - from > 1)) return false;
    if (Take('.') && !digits()) return false;
    if (Now() == 'e' || Now() == 'E') {
      ++at_;
      if (Now() == '+' || Now() == '-') ++at_;
      return digits();
    }
    return true;
  }

  bool SkipList(char close, int depth) {
    if (depth == kMaxDepth) return Fail("lists and maps are nested too deep");
    ++at_;
    SkipBlanks();
    if (Take(close)) return true;
    std::string name;
    do {
      SkipBlanks();
      if (close == '}') {
        if (!ReadString(name)) return false;
        SkipBlanks();
        if (!Take(':')) return false;
        SkipBlanks();
      }
      if (!SkipValue(depth + 1)) return false;
      SkipBlanks();
    } while (Take(','));
    return Take(close);
  }

  bool SkipValue(int depth) {
    std::string text;
    switch (Now()) {
      case '"':
        return ReadString(text);
      case '{':
        return SkipList('}', depth);
      case '[':
        return SkipList(']', depth);
      case 't':
        return TakeWord("true");
      case 'f':
        return TakeWord("false");
      case 'n':
        return TakeWord("null");
      default:
        return SkipNumber();
    }
  }

  std::string_view line_;
  std::vector<std::string>& keys_;
  std::size_t at_ = 0;
  std::string why_;
};

class JsonLinesReader : public RowReader {
 public:
  explicit JsonLinesReader(std::unique_ptr<ByteStream> bytes) : lines_(std::move(bytes)) {}

  Step Next(Row& row) override {
    std::string_view line;
    do {
      const DataLines::Step step = lines_.Next(line);
      if (step == DataLines::Step::kFailed) {
        problem_ = lines_.problem();
        return Step::kFailed;
      }
      if (step == DataLines::Step::kEnd) return AtEnd();
    } while (Trim(line).empty());
    row.number = ++number_;
    row.line = lines_.line_number();
    LineParser parser(line, keys_);
    if (parser.Read(row)) return Step::kRow;
    const int column = static_cast<int>(CountCodePoints(line.substr(0, parser.at()))) + 1;
    problem_ = {{row.line, column}, parser.why(), ""};
    return Step::kBadRow;
  }

 private:
  Step AtEnd() {
    if (number_ > 0) return Step::kEnd;
    problem_ = {{1, 1}, "the file is empty", "write one JSON object a line"};
    return Step::kFailed;
  }

  DataLines lines_;
  std::vector<std::string> keys_;
  std::int64_t number_ = 0;
};

}  // namespace

std::unique_ptr<RowReader> ReadJsonLines(std::unique_ptr<ByteStream> bytes) {
  return std::make_unique<JsonLinesReader>(std::move(bytes));
}

}  // namespace aigc::manifest
