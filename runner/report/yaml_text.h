// Texts as YAML scalars that every reader takes for the same text. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace aigc::report {

// Plain where that is safe ("hero-1", "Hailuo/2.3"), else in double quotes with everything that
// does not print escaped. A byte that is not UTF-8 becomes U+FFFD.
std::string YamlText(std::string_view text);
// The same for a text of a manifest, in which "${" would begin a template: it becomes "$${".
std::string ManifestText(std::string_view text);

}  // namespace aigc::report
