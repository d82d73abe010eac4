#include "api/json_merge.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/ParseHandler.h>
#include <Poco/JSON/Parser.h>

#include "base/json_writer.h"

namespace aigc::api {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kMaxDepth = 32;

Object::Ptr ReadObject(std::string_view text) {
  Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(/*preserveObjectOrder=*/true));
  parser.setDepth(kMaxDepth);
  const Var parsed = parser.parse(std::string(text));
  if (parsed.type() != typeid(Object::Ptr)) {
    throw Poco::DataFormatException("it is not a JSON object");
  }
  return parsed.extract<Object::Ptr>();
}

void Merge(Object& base, const Object& extra) {
  for (const std::string& name : extra.getNames()) {
    const Var value = extra.get(name);
    if (value.isEmpty()) {
      base.remove(name);
      continue;
    }
    Object::Ptr ours = base.getObject(name);
    const Object::Ptr theirs = extra.getObject(name);
    if (ours && theirs) {
      Merge(*ours, *theirs);
    } else {
      base.set(name, value);
    }
  }
}

void Write(JsonWriter& json, const Var& value);

void Write(JsonWriter& json, const Object& object) {
  json.BeginObject();
  for (const std::string& name : object.getNames()) {
    json.Key(name);
    Write(json, object.get(name));
  }
  json.EndObject();
}

// Poco's own writer is not used: it leaves the form of numbers to the library's version.
void Write(JsonWriter& json, const Var& value) {
  if (value.isEmpty()) {
    json.Null();
  } else if (value.type() == typeid(Object::Ptr)) {
    Write(json, *value.extract<Object::Ptr>());
  } else if (value.type() == typeid(Array::Ptr)) {
    json.BeginArray();
    for (const Var& item : *value.extract<Array::Ptr>()) Write(json, item);
    json.EndArray();
  } else if (value.isBoolean()) {
    json.Bool(value.convert<bool>());
  } else if (value.isInteger()) {
    if (value.isSigned()) {
      json.Int(value.convert<Poco::Int64>());
    } else {
      json.Raw(value.convert<std::string>());  // beyond the signed range
    }
  } else if (value.isNumeric()) {
    json.Double(value.convert<double>());
  } else {
    json.String(value.convert<std::string>());
  }
}

}  // namespace

Result<std::string> MergeJson(std::string_view base, std::string_view extra) {
  try {
    Object::Ptr merged = ReadObject(base);
    Merge(*merged, *ReadObject(extra));
    JsonWriter json;
    Write(json, *merged);
    return json.Take();
  } catch (const Poco::Exception& e) {
    return Error{ErrorCode::kInvalid,
                 "the map under 'api' cannot be merged into the request: " + e.displayText()};
  }
}

}  // namespace aigc::api
