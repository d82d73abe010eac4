// Which machine this is, so that a state file that was copied elsewhere is noticed.
#pragma once

#include <string>

namespace aigc::cli {

// 16 hex digits made from /etc/machine-id (which itself should not be shown around). Empty where
// there is none, such as in some containers: then copies are not noticed.
std::string MachineMark();
// Tells one boot of the machine from another; empty where the kernel does not say.
std::string BootMark();

}  // namespace aigc::cli
