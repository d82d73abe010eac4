// Any bytes as a JSON lines file: rows or problems with a place, the same whatever the pieces.
#include <cstddef>
#include <cstdint>

#include "fuzz/rows_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aigc::manifest;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (ReadAllRows(DataFormat::kJsonLines, bytes, 3) !=
      ReadAllRows(DataFormat::kJsonLines, bytes, 65536)) {
    std::abort();
  }
  return 0;
}
