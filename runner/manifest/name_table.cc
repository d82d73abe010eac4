#include "manifest/name_table.h"

#include <cstring>
#include <utility>

#include "base/digest.h"

namespace aigc::manifest {
namespace {

constexpr std::size_t kFirstSlots = 64;

}  // namespace

NameTable::Slot NameTable::KeyOf(std::string_view name) {
  const Sha256Bytes hash = Sha256(name);
  Slot key;
  std::memcpy(&key.high, hash.data(), sizeof(key.high));
  std::memcpy(&key.low, hash.data() + sizeof(key.high), sizeof(key.low));
  key.low |= 1;  // never the mark of a free slot
  return key;
}

std::size_t NameTable::Locate(const Slot& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = static_cast<std::size_t>(key.high) & mask;
  while (slots_[at].low != 0 && (slots_[at].high != key.high || slots_[at].low != key.low)) {
    at = (at + 1) & mask;
  }
  return at;
}

void NameTable::Grow() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.low != 0) slots_[Locate(slot)] = slot;
  }
}

std::optional<Origin> NameTable::Take(std::string_view name, Origin origin) {
  if ((taken_ + 1) * 4 > slots_.size() * 3) Grow();
  Slot key = KeyOf(name);
  Slot& slot = slots_[Locate(key)];
  if (slot.low != 0) return slot.origin;
  key.origin = origin;
  slot = key;
  ++taken_;
  return std::nullopt;
}

std::optional<Origin> NameTable::Find(std::string_view name) const {
  if (slots_.empty()) return std::nullopt;
  const Slot& slot = slots_[Locate(KeyOf(name))];
  if (slot.low == 0) return std::nullopt;
  return slot.origin;
}

}  // namespace aigc::manifest
