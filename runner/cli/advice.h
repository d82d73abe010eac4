// The project's advice for the codes that a report shows, from the tables of api/.
#pragma once

#include <string>
#include <string_view>

namespace aigc::cli {

// What to do about an error code of the service ("InvalidParameterValue.SubAppId"), of a finished
// task ("InternalError", "70000") or of this program ("overdue"). Empty when nothing is known.
// `message` helps where a code says little. Pure, any thread.
std::string AdviceFor(std::string_view code, std::string_view message = {});

// Whether the service refused a task for what it asks for: by the same tables, never by texts of
// ours. Pure, any thread.
bool IsContentRefusal(std::string_view code, std::string_view message);

}  // namespace aigc::cli
