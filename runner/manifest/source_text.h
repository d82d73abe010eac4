// The text of a manifest, and the way from a byte offset in it to a place and to a line that can be
// shown. Immutable after construction; any thread.
//
// Places come from offsets alone (yaml-cpp counts columns in bytes). Finding one costs a search
// among the lines and at most 256 bytes of counting, also in a file that is one single line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/problem.h"

namespace aigc::manifest {

struct Span {
  std::size_t offset = 0;
  std::size_t length = 0;
};

class SourceText {
 public:
  SourceText(std::string_view text, std::string path);

  const std::string& path() const { return path_; }
  std::string_view text() const { return text_; }
  // Where the YAML begins: behind a byte-order mark.
  std::size_t body_offset() const { return body_offset_; }

  Place PlaceOf(std::size_t offset) const;

  struct Excerpt {
    std::string line;
    int caret = 1;  // code point of `line`, from 1
  };
  // The line around `offset`: at most about 160 code points of it, cuts marked with "…", control
  // characters but tabs as blanks, and what lies in `masked` (sorted, not overlapping) as "***".
  Excerpt ExcerptAt(std::size_t offset, const std::vector<Span>& masked) const;

 private:
  std::size_t LineStart(std::size_t offset) const;
  std::size_t CodePointsBefore(std::size_t offset) const;

  std::string text_;
  std::string path_;
  std::size_t body_offset_ = 0;
  std::vector<std::size_t> line_starts_;
  std::vector<std::size_t> counts_;  // code points before each 256th byte
};

}  // namespace aigc::manifest
