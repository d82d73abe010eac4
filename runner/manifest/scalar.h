// Plain scalars by the YAML 1.2 core schema: true and false are bools, yes and no are text, 16:9 is
// text. Pure functions, any thread; none for text that is not of the kind asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace aigc::manifest {

std::optional<bool> ParseBool(std::string_view text);             // true, True, TRUE, false, …
std::optional<std::int64_t> ParseInteger(std::string_view text);  // -12, 012 (twelve), 0o14, 0xC
std::optional<double> ParseNumber(std::string_view text);  // integers too; finite, no .inf or .nan

}  // namespace aigc::manifest
