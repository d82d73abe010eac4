// Any bytes as a scenario file of the simulator.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simulator/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)aigc::simulator::ParseScenario({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  return 0;
}
