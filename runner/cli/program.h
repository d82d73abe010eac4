// The program but for the process: from the words of the command line to the exit status.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/environment.h"

namespace aigc::cli {

int RunProgram(const std::vector<std::string>& arguments, const Environment& environment,
               Console& console);

}  // namespace aigc::cli
