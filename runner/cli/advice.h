// The project's advice for the codes that a report shows, from the tables of api/.
#pragma once

#include <string>
#include <string_view>

namespace aigc::cli {

// What to do about an error code of the service ("InvalidParameterValue.SubAppId"), of a finished
// task ("InternalError", "70000") or of this program ("overdue"). Empty when nothing is known.
// Pure, any thread.
// `message` helps where a code says little. Never depends on anything else.
std::string AdviceFor(std::string_view code, std::string_view message = {});

// Whether a task that failed so was refused for its content: the same again is refused again.
bool IsContentRefusal(std::string_view code, std::string_view message);

}  // namespace aigc::cli
