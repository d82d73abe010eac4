// What the targets of data files share: bytes in pieces of any size, and that the size of the
// pieces makes no difference.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "manifest/row_reader.h"

namespace aigc::manifest {

class Pieces : public ByteStream {
 public:
  Pieces(std::string_view bytes, std::size_t most) : bytes_(bytes), most_(most) {}
  Result<std::size_t> Read(char* buffer, std::size_t size) override {
    const std::size_t count = std::min({size, most_, bytes_.size() - at_});
    bytes_.copy(buffer, count, at_);
    at_ += count;
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t most_;
  std::size_t at_ = 0;
};

// Everything a reader says, as text. Aborts where it breaks a promise.
inline std::string ReadAllRows(DataFormat format, std::string_view bytes, std::size_t piece) {
  const auto rows = ReadRows(format, std::make_unique<Pieces>(bytes, piece));
  std::string said;
  Row row;
  std::int64_t number = 0;
  int line = 0;
  // A problem takes at least a byte, and so does a row.
  for (std::size_t step = 0; step <= bytes.size() + 1; ++step) {
    const RowReader::Step next = rows->Next(row);
    if (next == RowReader::Step::kEnd) return said + "end";
    if (next == RowReader::Step::kRow) {
      if (row.names.size() != row.values.size() || row.number <= number || row.line <= line) {
        std::abort();
      }
      number = row.number;
      line = row.line;
      for (std::size_t i = 0; i < row.names.size(); ++i) {
        if (FindBadUtf8(row.names[i]) || FindBadUtf8(row.values[i])) std::abort();
        if (row.Find(row.names[i]) != &row.values[i]) std::abort();
        said += row.names[i] + '=' + row.values[i] + '\n';
      }
      said += std::to_string(row.line) + '\n';
      continue;
    }
    const DataProblem& problem = rows->problem();
    if (problem.message.empty() || problem.place.line < 1 || problem.place.column < 1) std::abort();
    if (FindBadUtf8(problem.message)) std::abort();
    said += std::to_string(problem.place.line) + ':' + std::to_string(problem.place.column) + ' ' +
            problem.message + '\n';
    if (next == RowReader::Step::kFailed) return said + "failed";
  }
  std::abort();
}

}  // namespace aigc::manifest
