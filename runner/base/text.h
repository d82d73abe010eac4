// Text as this program meets it: UTF-8 from users, ASCII from protocols. Pure functions, any
// thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aigc {

bool EqualsIgnoreCase(std::string_view a, std::string_view b);          // ASCII
bool ContainsIgnoreCase(std::string_view text, std::string_view part);  // ASCII
std::string ToLower(std::string_view text);                             // ASCII
std::string_view Trim(std::string_view text);  // ASCII blanks, tabs, line ends

// Offset of the first byte that is not well-formed UTF-8 (surrogates and overlong forms included).
std::optional<std::size_t> FindBadUtf8(std::string_view text);
// Unicode code points; malformed bytes count one each.
std::size_t CountCodePoints(std::string_view text);
// At most `limit` code points of `text` on one line: control characters become blanks, malformed
// bytes U+FFFD, and a cut is marked with "…". For messages and tables.
std::string Excerpt(std::string_view text, std::size_t limit);
// `text` without control characters (terminal escapes included) except line ends, malformed bytes
// replaced: for showing foreign text to a terminal.
std::string Printable(std::string_view text);

// The candidate closest to `name` by edit distance (transpositions count one), without case; none
// when even the closest differs in more than a third of its letters (and at least two). First of
// equals.
std::optional<std::string_view> Nearest(std::string_view name,
                                        std::span<const std::string_view> candidates);

// Shell-like pattern over the whole text: '*' any run, '?' one byte, everything else itself.
bool GlobMatch(std::string_view pattern, std::string_view text);

// Splits at every `separator`; "" gives one empty part.
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace aigc
