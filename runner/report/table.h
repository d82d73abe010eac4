// Columns of text for a terminal, aligned by display width. Plain value, one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aigc::report {

enum class Align { kLeft, kRight };

class Table {
 public:
  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}
  // REQUIRES: as many cells as columns. Cells are shown as they are given, on one line.
  void AddRow(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // Two blanks between columns, `indent` before the first, none at the ends of lines.
  std::string Render(std::size_t indent) const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace aigc::report
