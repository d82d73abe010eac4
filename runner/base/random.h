// Where chance comes from: injected, so that a whole run replays from one seed.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace aigc {

// xoshiro256** seeded through splitmix64 (Blackman and Vigna, public domain reference algorithm):
// fast, small and the same on every machine, which std::uniform_real_distribution is not. Not for
// secrets. One thread at a time.
class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t Next();
  // In [0, 1).
  double Unit();
  // In [0, bound). REQUIRES: bound > 0. Bias is below 2^-40 for the bounds used here.
  std::uint64_t Below(std::uint64_t bound);

 private:
  std::array<std::uint64_t, 4> state_;
};

// A seed from the operating system's entropy; the only source of chance outside tests.
std::uint64_t EntropySeed();
// 32 lower-case hex digits of operating system entropy, for batch ids.
std::string NewUuid();

}  // namespace aigc
