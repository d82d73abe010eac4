// Shows JSON text to people without reading it into a tree, so that members keep their order and
// numbers their digits. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aigc::report {

// `json` with two blanks per level, every line after the first begun with `indent` more blanks.
// Text that is no JSON comes out garbled but whole; brackets deeper than 64 levels are not
// indented any further.
std::string PrettyJson(std::string_view json, std::size_t indent = 0);

// Strings of at least 256 characters that hold nothing but Base64 are cut to "iVBORw0KGgo…(91344
// Base64 characters)". Everything else stays as it is.
std::string AbbreviateBase64(std::string_view json);

// Whether `json` is one complete object or list as far as brackets and quotes can tell.
bool LooksComplete(std::string_view json);

}  // namespace aigc::report
