// How much room text takes on a terminal. Pure functions, any thread.
//
// Terminals disagree about clusters (flags, families of emoji, hearts with a variation selector):
// some draw their parts one by one. Here each counts as the widest that any draws, so that a line
// that fits by these numbers never wraps. (Widths are utf8proc's, Unicode 15; what is ambiguous in
// East Asian fonts counts one.)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aigc {

// Cells that `text` takes on one line. Malformed bytes count one each, control characters none.
std::size_t DisplayWidth(std::string_view text);

// `text` on one line of at most `cells` cells, harmless to a terminal as Excerpt() (text.h) makes
// it. A cut leaves whole characters with their combining marks and is marked with "…".
std::string FitCells(std::string_view text, std::size_t cells);

}  // namespace aigc
