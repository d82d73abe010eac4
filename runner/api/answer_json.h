// Reads the JSON of an answer into Poco's tree and takes values out of it without ever throwing for
// a value of an unexpected type. Private to the codec. Any thread.
#pragma once

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/times.h"

namespace aigc::api {

using JsonObject = Poco::JSON::Object;
using JsonArray = Poco::JSON::Array;

// The object that is the whole of `text`. Left out of the tree: every "Input" (it may repeat
// megabytes of Base64 and nobody needs it) and nulls under names ending in "Task" (some forty in
// each detail). kInvalid for anything that is not one JSON object or is nested deeper than 64; so
// neither building nor destroying the tree can exhaust the stack. Malformed UTF-8 and raw control
// characters, which foreign error texts sometimes bring along, are replaced rather than refused.
Result<JsonObject::Ptr> ReadAnswerJson(const std::string& text);

// The member as asked for; empty, none or null when it is absent or of another type. Numbers in
// quotes count as numbers.
std::string TextOf(const JsonObject& object, const std::string& name);
std::optional<std::int64_t> IntOf(const JsonObject& object, const std::string& name);
std::optional<WallTime> TimeOf(const JsonObject& object, const std::string& name);
JsonObject::Ptr ObjectOf(const JsonObject& object, const std::string& name);
JsonArray::Ptr ArrayOf(const JsonObject& object, const std::string& name);

}  // namespace aigc::api
