// schema/manifest.schema.json, compiled into the program: what `aigc-batch schema` prints.
#pragma once

#include <string_view>

namespace aigc::manifest {

std::string_view SchemaText();  // alive for the whole program

}  // namespace aigc::manifest
