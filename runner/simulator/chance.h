// Chance as a function: the same seed and numbers give the same draw, whatever was drawn before.
// That keeps a fault on the seventh request the same when an eighth is added to a test.
#pragma once

#include <cstdint>

namespace aigc::simulator {

// The finaliser of splitmix64 over three numbers. Not for secrets.
constexpr std::uint64_t Mix(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0) {
  std::uint64_t x = seed;
  for (std::uint64_t part : {a, b}) {
    x += 0x9e3779b97f4a7c15u + part;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
  }
  return x;
}

// In [0, 1).
constexpr double Unit(std::uint64_t mixed) {
  return static_cast<double>(mixed >> 11) * (1.0 / 9007199254740992.0);  // 2^-53
}

// What a draw is for: the second argument of Mix, so that no two purposes share a sequence.
enum Purpose : std::uint64_t {
  kForRequestId = 1,
  kForTaskId = 2,
  kForTime = 3,
  kForListing = 4,
  kForFileId = 5,
  kForPicture = 6,
  kForUpload = 10,   // to 19
  kForRules = 1000,  // plus the index of the rule
};

}  // namespace aigc::simulator
