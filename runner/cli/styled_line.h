// One line for a terminal, put together from pieces with a look of their own, that never grows
// wider than it may. Plain value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aigc::cli {

// Looks are the 16 colours and weights that every terminal has, so that they follow its theme.
enum class Look { kPlain, kDim, kBold, kGood, kBad, kBusy, kWarn };

class StyledLine {
 public:
  // Of at most `cells` cells; without `color` only text.
  StyledLine(std::size_t cells, bool color) : room_(cells), color_(color) {}

  // Adds `text`, cut with "…" to what room is left. Harmless as FitCells() makes it.
  StyledLine& Add(std::string_view text, Look look = Look::kPlain);
  // Blanks up to the column.
  StyledLine& To(std::size_t column);
  // `text` so that it ends at the column; from where the line stands when it is longer.
  StyledLine& AddRight(std::string_view text, std::size_t column, Look look = Look::kPlain);

  std::size_t cells() const { return cells_; }
  std::size_t room() const { return room_ - cells_; }
  // Without blanks at the end.
  std::string Take();

 private:
  std::size_t room_, cells_ = 0;
  bool color_;
  std::string text_;
  std::size_t pending_ = 0;  // blanks that count only when something follows
};

}  // namespace aigc::cli
