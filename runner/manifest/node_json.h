// Free maps of the manifest (ext_info, api) as JSON text. Plain scalars become what the YAML 1.2
// core schema says they are; templates are replaced; keys keep the order in which they were
// written.
#pragma once

#include <optional>
#include <string>

#include "manifest/node.h"
#include "manifest/template_text.h"

namespace aigc::manifest {

// `own` merged over `defaults` (either may be nullptr, not both): maps merge member by member, all
// else is replaced; members that are null are left out, as the service takes no null. None when a
// problem was recorded.
std::optional<std::string> MergedJson(const Node* own, const Node* defaults, TextExpander& texts,
                                      ProblemList& problems);

}  // namespace aigc::manifest
