#include "simulator/request_json.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

#include <exception>

namespace aigc::simulator {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

namespace {

constexpr int kMaxDepth = 32;  // of a request; the API needs four

}  // namespace

Object::Ptr ParseObject(const std::string& text) {
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(kMaxDepth);
    Var root = parser.parse(text);
    if (root.type() == typeid(Object::Ptr)) return root.extract<Object::Ptr>();
  } catch (const std::exception&) {
    // Not JSON, or deeper than any request: the same to the caller.
  }
  return {};
}

bool IsInt(const Var& value) {
  return !value.isEmpty() && !value.isString() && !value.isBoolean() && value.isInteger();
}
bool IsNumber(const Var& value) {
  return !value.isEmpty() && !value.isString() && !value.isBoolean() && value.isNumeric();
}
bool IsObject(const Var& value) { return value.type() == typeid(Object::Ptr); }
bool IsArray(const Var& value) { return value.type() == typeid(Array::Ptr); }

std::string Text(const Object& object, const std::string& name) {
  Var value = object.get(name);
  return value.isString() ? value.extract<std::string>() : std::string();
}
std::int64_t Int(const Object& object, const std::string& name, std::int64_t absent) {
  Var value = object.get(name);
  if (!IsInt(value)) return absent;
  try {
    return value.convert<Poco::Int64>();
  } catch (const Poco::Exception&) {
    return absent;  // beyond 64 bits
  }
}
double Number(const Object& object, const std::string& name) {
  Var value = object.get(name);
  return IsNumber(value) ? value.convert<double>() : 0;
}
Object::Ptr Member(const Object& object, const std::string& name) {
  Var value = object.get(name);
  return IsObject(value) ? value.extract<Object::Ptr>() : Object::Ptr(new Object);
}
Array::Ptr Items(const Object& object, const std::string& name) {
  Var value = object.get(name);
  return IsArray(value) ? value.extract<Array::Ptr>() : Array::Ptr(new Array);
}

}  // namespace aigc::simulator
