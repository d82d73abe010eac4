// Which machine this is, so that a state file that was copied elsewhere is noticed.
#pragma once

#include <string>

namespace aigc::cli {

// 16 hex digits made from /etc/machine-id (which itself should not be shown around). Empty where
// there is none, such as in some containers: then copies are not noticed.
std::string MachineMark();

}  // namespace aigc::cli
