#include "cli/styled_line.h"

#include <algorithm>
#include <utility>

#include "base/display_text.h"

namespace aigc::cli {
namespace {

std::string_view CodeOf(Look look) {
  switch (look) {
    case Look::kPlain:
      break;
    case Look::kDim:
      return "\x1B[2m";
    case Look::kBold:
      return "\x1B[1m";
    case Look::kGood:
      return "\x1B[32m";
    case Look::kBad:
      return "\x1B[31m";
    case Look::kBusy:
      return "\x1B[36m";
    case Look::kWarn:
      return "\x1B[33m";
  }
  return "";
}

}  // namespace

StyledLine& StyledLine::Add(std::string_view text, Look look) {
  const std::string fit = FitCells(text, room());
  if (fit.empty()) return *this;
  const std::size_t blanks = fit.find_first_not_of(' ');
  if (blanks == std::string::npos) {
    cells_ += fit.size();
    pending_ += fit.size();
    return *this;
  }
  cells_ += DisplayWidth(fit);
  text_.append(std::exchange(pending_, 0), ' ');
  const std::string_view code = color_ ? CodeOf(look) : std::string_view();
  text_ += code;
  text_ += fit;
  if (!code.empty()) text_ += "\x1B[0m";
  return *this;
}

StyledLine& StyledLine::To(std::size_t column) {
  const std::size_t to = std::min(column, room_);
  if (to > cells_) {
    pending_ += to - cells_;
    cells_ = to;
  }
  return *this;
}

StyledLine& StyledLine::AddRight(std::string_view text, std::size_t column, Look look) {
  const std::size_t width = DisplayWidth(text);
  if (column > width) To(column - width);
  return Add(text, look);
}

std::string StyledLine::Take() { return std::move(text_); }

}  // namespace aigc::cli
