// Data files that a task's `from` names, row by row: CSV and TSV (RFC 4180), JSON lines. Only the
// row that is being read is in memory. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "manifest/data_lines.h"
#include "manifest/row.h"

namespace aigc::manifest {

class RowReader {
 public:
  virtual ~RowReader() = default;

  enum class Step {
    kRow,
    kBadRow,  // problem() says why; the next one may be good
    kFailed,  // problem() says why; nothing can follow
    kEnd
  };
  // The next row, in place of what `row` held (always the same object: its memory is used again).
  virtual Step Next(Row& row) = 0;

  // The columns, when they are the same for all rows; known after the first call of Next.
  virtual const std::vector<std::string>* columns() const { return nullptr; }

  const DataProblem& problem() const { return problem_; }

 protected:
  DataProblem problem_;
};

enum class DataFormat { kCsv, kTsv, kJsonLines };
// By the file's suffix; none for another.
std::optional<DataFormat> FormatOf(std::string_view path);

std::unique_ptr<RowReader> ReadRows(DataFormat format, std::unique_ptr<ByteStream> bytes);
std::unique_ptr<RowReader> ReadDelimited(char delimiter, std::unique_ptr<ByteStream> bytes);
std::unique_ptr<RowReader> ReadJsonLines(std::unique_ptr<ByteStream> bytes);

}  // namespace aigc::manifest
