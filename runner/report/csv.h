// The CSV report (RFC 4180: UTF-8, CRLF, one header row, quotes doubled). One row per selected
// task in manifest order, streamed: memory does not grow with the batch.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "report/row_filter.h"
#include "store/store.h"

namespace aigc::report {

// Takes the next piece of a report; its first error ends the report and is handed on.
using TextSink = std::function<Status(std::string_view)>;

struct CsvOptions {
  // A byte-order mark, and an apostrophe before every text that a spreadsheet would run as a
  // formula (it begins with = + - @, a tab or a carriage return).
  bool excel = false;
  std::vector<std::string> columns{};  // which, in which order; empty: all
  RowFilter filter{};
};

// All column names in their order, which is part of the product: new ones are only added at the
// end.
std::span<const std::string_view> CsvColumns();

// kUsage for an unknown column (with the nearest known one), before anything is written. `files`,
// `urls`, `file_ids`, `bytes` and `sha256` hold one value per output, joined by ';' (a ';' inside a
// URL is written %3B), and are empty when no output has such a value. Malformed UTF-8 becomes
// U+FFFD.
Status WriteCsv(store::StoreReader& store, const store::Selection& selection,
                const CsvOptions& options, const TextSink& sink);

}  // namespace aigc::report
