#include "base/display_text.h"

#include <utf8proc.h>

#include "base/text.h"

namespace aigc {
namespace {

constexpr char32_t kVariationSelector16 = 0xFE0F;  // "as a picture"

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
};

Character At(std::string_view text, std::size_t at) {
  utf8proc_int32_t code = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at);
  const utf8proc_ssize_t length =
      utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &code);
  if (length <= 0) return {0xFFFD, 1};
  return {static_cast<char32_t>(code), static_cast<std::size_t>(length)};
}

std::size_t WidthOf(char32_t code) {
  const int width = utf8proc_charwidth(static_cast<utf8proc_int32_t>(code));
  return width > 0 ? static_cast<std::size_t>(width) : 0;
}

// Walks over what a terminal keeps together: a character with all that combines with it.
class Clusters {
 public:
  explicit Clusters(std::string_view text) : text_(text) {}

  bool Next() {
    if (end_ >= text_.size()) return false;
    begin_ = end_;
    width_ = 0;
    Character character = At(text_, end_);
    while (true) {
      std::size_t width = WidthOf(character.code);
      if (character.code == kVariationSelector16 && last_width_ == 1) width = 1;
      width_ += width;
      last_width_ = width;
      end_ += character.bytes;
      if (end_ >= text_.size()) return true;
      const Character next = At(text_, end_);
      if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(character.code),
                                           static_cast<utf8proc_int32_t>(next.code), &state_)) {
        return true;
      }
      character = next;
    }
  }
  std::string_view text() const { return text_.substr(begin_, end_ - begin_); }
  std::size_t width() const { return width_; }

 private:
  std::string_view text_;
  std::size_t begin_ = 0, end_ = 0, width_ = 0, last_width_ = 0;
  utf8proc_int32_t state_ = 0;
};

}  // namespace

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  Clusters clusters(text);
  while (clusters.Next()) width += clusters.width();
  return width;
}

std::string FitCells(std::string_view text, std::size_t cells) {
  // No text that fits has more code points than this, but for stacks of combining marks.
  const std::string plain = Excerpt(text, cells * 8 + 8);
  if (DisplayWidth(plain) <= cells) return plain;
  if (cells == 0) return {};
  std::string fit;
  std::size_t width = 0;
  Clusters clusters(plain);
  while (clusters.Next() && width + clusters.width() < cells) {
    fit += clusters.text();
    width += clusters.width();
  }
  return fit + "…";
}

}  // namespace aigc
