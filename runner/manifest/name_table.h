// Which names (ids, file names) were taken by earlier tasks, and by which. Keeps 24 bytes a name
// and not the name itself, so that millions of tasks can be checked. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace aigc::manifest {

// What made a task: an entry of the manifest (from 0) and a line of its data file (0 without one).
struct Origin {
  std::uint32_t entry = 0;
  std::uint32_t line = 0;
};

class NameTable {
 public:
  // Takes `name` for `origin`; or, when it is taken already, gives who took it first. Names are
  // told apart by 128 bits of their SHA-256.
  std::optional<Origin> Take(std::string_view name, Origin origin);
  std::optional<Origin> Find(std::string_view name) const;

 private:
  struct Slot {
    std::uint64_t high = 0, low = 0;  // both 0: free
    Origin origin;
  };
  static Slot KeyOf(std::string_view name);
  // The slot that holds the key, or the free one where it belongs. REQUIRES: not empty.
  std::size_t Locate(const Slot& key) const;
  void Grow();

  std::vector<Slot> slots_;  // a power of two of them, at most three quarters taken
  std::size_t taken_ = 0;
};

}  // namespace aigc::manifest
