// What the service checks in a request body before it acts on it. Pure; any thread.
#pragma once

#include <Poco/JSON/Object.h>

#include <optional>
#include <span>
#include <string>

#include "simulator/api_error.h"
#include "simulator/request_fields.h"
#include "simulator/scenario.h"

namespace aigc::simulator {

using Problem = std::optional<ApiError>;

// Names, types, required members and listed values, by the table. `path` goes before names in
// messages: "" or "OutputConfig.".
Problem CheckObject(const Poco::JSON::Object& object, std::span<const Field> fields,
                    const std::string& path);

// Lengths, ranges and encodings of a create. REQUIRES: CheckObject found nothing.
Problem CheckCreate(const Poco::JSON::Object& root, Kind kind);

Problem OutOfRange(const std::string& name);

}  // namespace aigc::simulator
