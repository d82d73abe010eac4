#include "manifest/row_reader.h"

#include <utility>

#include "base/text.h"

namespace aigc::manifest {

std::optional<DataFormat> FormatOf(std::string_view path) {
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string suffix = ToLower(path.substr(dot + 1));
  if (suffix == "csv") return DataFormat::kCsv;
  if (suffix == "tsv") return DataFormat::kTsv;
  if (suffix == "jsonl" || suffix == "ndjson") return DataFormat::kJsonLines;
  return std::nullopt;
}

std::unique_ptr<RowReader> ReadRows(DataFormat format, std::unique_ptr<ByteStream> bytes) {
  switch (format) {
    case DataFormat::kTsv:
      return ReadDelimited('\t', std::move(bytes));
    case DataFormat::kJsonLines:
      return ReadJsonLines(std::move(bytes));
    case DataFormat::kCsv:
      break;
  }
  return ReadDelimited(',', std::move(bytes));
}

}  // namespace aigc::manifest
