#include "manifest/schema_text.h"

#include "embedded_manifestschema.h"

namespace aigc::manifest {

std::string_view SchemaText() { return embedded::ManifestSchema()[0].text; }

}  // namespace aigc::manifest
