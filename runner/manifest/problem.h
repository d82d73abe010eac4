// What is wrong with a manifest, and how it is shown. Plain values; pure functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace aigc::manifest {

// Where in a file: both count from 1, the column in Unicode code points. Line 0: the file as a
// whole.
struct Place {
  int line = 0;
  int column = 0;
  bool operator==(const Place&) const = default;
};

enum class Severity { kError, kWarning };

struct Problem {
  Severity severity = Severity::kError;
  std::string file;  // as the user named it
  Place place;
  std::string message;        // one sentence, no final stop; never holds a secret
  std::string hint{};         // what to do; may be empty
  std::string source_line{};  // the line at `place`, cut to a window around it, secrets masked
  int caret = 0;              // where `place` is in source_line, in code points from 1; 0: no line
};

std::size_t CountErrors(const std::vector<Problem>& problems);

// For a terminal:
//
//   FILE:LINE:COLUMN: error: MESSAGE
//     LINE | SOURCE LINE
//          | ^
//     hint: HINT
//
// for each problem in the order given, and at the end "N errors, M warnings". The caret stands
// under its character after tabs and under wide (East Asian, emoji) characters too. "" for none.
std::string Render(const std::vector<Problem>& problems, bool color);

}  // namespace aigc::manifest
