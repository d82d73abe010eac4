// Poco's JSON tree with the accessors request bodies need. Private to the room; pure, any thread.
#pragma once

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <cstdint>
#include <string>

namespace aigc::simulator {

// The text as one JSON object; null for anything else and for more nesting than a request has.
Poco::JSON::Object::Ptr ParseObject(const std::string& text);

// Booleans and texts are no numbers here, other than in Poco's own view.
bool IsInt(const Poco::Dynamic::Var& value);
bool IsNumber(const Poco::Dynamic::Var& value);
bool IsObject(const Poco::Dynamic::Var& value);
bool IsArray(const Poco::Dynamic::Var& value);

// Members by name; absent ones and ones of another type give the empty value, never null.
std::string Text(const Poco::JSON::Object& object, const std::string& name);
std::int64_t Int(const Poco::JSON::Object& object, const std::string& name,
                 std::int64_t absent = 0);
double Number(const Poco::JSON::Object& object, const std::string& name);
Poco::JSON::Object::Ptr Member(const Poco::JSON::Object& object, const std::string& name);
Poco::JSON::Array::Ptr Items(const Poco::JSON::Object& object, const std::string& name);

}  // namespace aigc::simulator
