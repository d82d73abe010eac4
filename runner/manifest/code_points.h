// Single code points of UTF-8 text, and how wide a terminal shows them. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace aigc::manifest {

struct CodePoint {
  std::uint32_t value = 0xFFFD;  // U+FFFD for a malformed byte
  std::size_t length = 1;        // bytes, 1 to 4
};

// REQUIRES: at < text.size(). A malformed byte counts as one code point.
CodePoint DecodeAt(std::string_view text, std::size_t at);

// Columns on a terminal: 0 for combining marks and joiners, 2 for East Asian wide characters and
// emoji, else 1. (Ranges after Unicode 15 EastAsianWidth W and F, coarsened.)
int TerminalWidth(std::uint32_t code_point);

// Control characters and bidirectional overrides, which must not reach a terminal. Tab is one.
bool IsControl(std::uint32_t code_point);

}  // namespace aigc::manifest
