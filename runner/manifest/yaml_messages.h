// What yaml-cpp says about broken YAML, in words that help the person who wrote it.
#pragma once

#include <cstddef>
#include <string>

#include "manifest/problem_list.h"

namespace aigc::manifest {

// `message` is YAML::Exception::msg, `offset` where its mark points in the source.
void ReportSyntaxError(const std::string& message, std::size_t offset, ProblemList& problems);

}  // namespace aigc::manifest
