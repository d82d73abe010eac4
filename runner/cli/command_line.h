// Words of the command line → Options, with CLI11. Pure but for the arguments it is given.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/options.h"

namespace aigc::cli {

struct ParsedLine {
  Options options;
  std::optional<std::string> answer;  // --help or --version: print this and be done
};

// `arguments` without the program's name. kUsage, with the nearest known word for a slip of the
// pen, when they are not understood.
Result<ParsedLine> ParseCommandLine(const std::vector<std::string>& arguments);

// "aigc-batch 0.1.0".
std::string VersionText();

}  // namespace aigc::cli
