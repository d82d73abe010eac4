// CSV and TSV after RFC 4180: a field in double quotes may hold delimiters, line ends and doubled
// quotes. A quote inside a field that does not begin with one is taken as it is (5" wide).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "manifest/row_reader.h"

namespace aigc::manifest {
namespace {

int ColumnOf(std::string_view line, std::size_t at) {
  return static_cast<int>(CountCodePoints(line.substr(0, at))) + 1;
}

class DelimitedReader : public RowReader {
 public:
  DelimitedReader(char delimiter, std::unique_ptr<ByteStream> bytes)
      : delimiter_(delimiter), lines_(std::move(bytes)) {}

  Step Next(Row& row) override {
    if (names_.empty()) {
      const Step step = ReadHeader();
      if (step != Step::kRow) return step;
    }
    const Step step = ReadRecord(row.values);
    if (step == Step::kEnd && number_ == 0) {
      return Fail({1, 1}, "the file has no rows, only the names of its columns");
    }
    if (step == Step::kFailed || step == Step::kEnd) return step;
    ++number_;
    if (step == Step::kBadRow) return step;
    if (row.values.size() != names_.size()) {
      problem_ = {{record_line_, 1},
                  fmt::format("this row has {} field{}; the header has {}", row.values.size(),
                              row.values.size() == 1 ? "" : "s", names_.size()),
                  "put a field that holds the delimiter in double quotes"};
      return Step::kBadRow;
    }
    if (row.names.size() != names_.size()) row.names = names_;
    row.number = number_;
    row.line = record_line_;
    return Step::kRow;
  }

  const std::vector<std::string>* columns() const override { return &names_; }

 private:
  Step Fail(Place place, std::string message, std::string hint = "") {
    problem_ = {place, std::move(message), std::move(hint)};
    return Step::kFailed;
  }

  Step ReadHeader() {
    const Step step = ReadRecord(names_);
    if (step == Step::kEnd) {
      return Fail({1, 1}, "the file is empty", "its first line names the columns");
    }
    if (step != Step::kRow) return Step::kFailed;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      names_[i] = std::string(Trim(names_[i]));
      if (names_[i].empty()) {
        return Fail({record_line_, 1}, fmt::format("column {} of the header has no name", i + 1));
      }
      const auto twin =
          std::find(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(i), names_[i]);
      if (twin - names_.begin() < static_cast<std::ptrdiff_t>(i)) {
        return Fail({record_line_, 1},
                    fmt::format("the column \"{}\" is there twice, as number {} and {}",
                                Excerpt(names_[i], 60), twin - names_.begin() + 1, i + 1));
      }
    }
    return Step::kRow;
  }

  bool NextLine(Step& why) {
    switch (lines_.Next(line_)) {
      case DataLines::Step::kLine:
        return true;
      case DataLines::Step::kEnd:
        why = Step::kEnd;
        return false;
      case DataLines::Step::kFailed:
        break;
    }
    problem_ = lines_.problem();
    why = Step::kFailed;
    return false;
  }

  // Cuts the line end off line_.
  void Chop() {
    if (!line_.empty() && line_.back() == '\n') line_.remove_suffix(1);
    if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
  }

  // The fields of the next record; blank lines between records are skipped.
  Step ReadRecord(std::vector<std::string>& fields) {
    Step why = Step::kEnd;
    std::size_t count = 0;
    const auto next_field = [&]() -> std::string& {
      if (count == fields.size()) fields.emplace_back();
      std::string& field = fields[count++];
      field.clear();
      return field;
    };
    do {
      if (!NextLine(why)) return why;
      raw_ = line_;
      Chop();
    } while (line_.empty());
    record_line_ = lines_.line_number();
    std::size_t at = 0;
    Step result = Step::kRow;
    while (true) {
      std::string& field = next_field();
      if (at < line_.size() && line_[at] == '"') {
        const Step step = ReadQuoted(at, field);
        if (step == Step::kFailed) return step;
        if (step == Step::kBadRow) result = step;
      }
      const std::size_t end = std::min(line_.find(delimiter_, at), line_.size());
      field += line_.substr(at, end - at);
      if (end == line_.size()) break;
      at = end + 1;
    }
    fields.resize(count);
    return result;
  }

  // REQUIRES: a quote at `at`. Ends behind the closing one, where only a delimiter may follow.
  Step ReadQuoted(std::size_t& at, std::string& field) {
    const Place opened{lines_.line_number(), ColumnOf(line_, at)};
    ++at;
    while (true) {
      const std::size_t quote = line_.find('"', at);
      if (quote == std::string_view::npos) {
        field += raw_.substr(at);  // with its line end
        Step why = Step::kEnd;
        if (field.size() > kMaxRecordBytes || !NextLine(why)) {
          if (why == Step::kFailed) return why;
          return Fail(opened, "this quote is never closed", "a quote inside a field is doubled");
        }
        raw_ = line_;
        Chop();
        at = 0;
        continue;
      }
      field += line_.substr(at, quote - at);
      at = quote + 1;
      if (at < line_.size() && line_[at] == '"') {
        field += '"';
        ++at;
        continue;
      }
      if (at == line_.size() || line_[at] == delimiter_) return Step::kRow;
      problem_ = {{lines_.line_number(), ColumnOf(line_, at)},
                  "text follows the closing quote of a field",
                  "a quote inside a field is doubled"};
      return Step::kBadRow;
    }
  }

  char delimiter_;
  DataLines lines_;
  std::string_view line_, raw_;  // without and with its line end
  std::vector<std::string> names_;
  int record_line_ = 0;
  std::int64_t number_ = 0;
};

}  // namespace

std::unique_ptr<RowReader> ReadDelimited(char delimiter, std::unique_ptr<ByteStream> bytes) {
  return std::make_unique<DelimitedReader>(delimiter, std::move(bytes));
}

}  // namespace aigc::manifest
