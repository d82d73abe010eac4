// Any bytes as a CSV or TSV file: rows or problems with a place, the same whatever the pieces.
#include <cstddef>
#include <cstdint>

#include "fuzz/rows_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aigc::manifest;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const DataFormat format : {DataFormat::kCsv, DataFormat::kTsv}) {
    if (ReadAllRows(format, bytes, 1) != ReadAllRows(format, bytes, 65536)) std::abort();
  }
  return 0;
}
