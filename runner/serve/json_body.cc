#include "serve/json_body.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/json_writer.h"
#include "base/text.h"

namespace aigc::serve {
namespace {

constexpr std::size_t kMaxDepth = 16;

// What no text of a request may hold: a NUL ends texts elsewhere.
bool HoldsNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

}  // namespace

std::string DetailJson(const std::vector<BodyError>& errors) {
  JsonWriter json;
  json.BeginObject().Key("detail").BeginArray();
  for (const BodyError& error : errors) {
    json.BeginObject().Key("loc").BeginArray().String("body");
    if (!error.field.empty()) json.String(error.field);
    json.EndArray().Key("msg").String(error.message).Key("type").String("value_error").EndObject();
  }
  return json.EndArray().EndObject().Take();
}

JsonBody JsonBody::Read(const std::string& text) {
  JsonBody body;
  body.object_ = new Poco::JSON::Object;
  if (Trim(text).empty()) return body;
  if (FindBadUtf8(text)) {
    body.Complain("", "the body is not UTF-8");
    return body;
  }
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(kMaxDepth);
    const Poco::Dynamic::Var root = parser.parse(text);
    if (root.type() == typeid(Poco::JSON::Object::Ptr)) {
      body.object_ = root.extract<Poco::JSON::Object::Ptr>();
    } else {
      body.Complain("", "the body is not a JSON object");
    }
  } catch (const Poco::Exception&) {
    body.Complain("", "the body is not JSON");
  } catch (const std::exception&) {
    body.Complain("", "the body is not JSON");
  }
  return body;
}

void JsonBody::Complain(std::string field, std::string message) {
  errors_.push_back({std::move(field), std::move(message)});
}

Poco::Dynamic::Var JsonBody::Member(const std::string& name) {
  read_.push_back(name);
  return object_->has(name) ? object_->get(name) : Poco::Dynamic::Var();
}

std::optional<std::string> JsonBody::Text(const std::string& name, std::size_t most_bytes) {
  const Poco::Dynamic::Var value = Member(name);
  if (value.isEmpty()) return std::nullopt;
  if (!value.isString()) {
    Complain(name, "must be a text");
    return std::nullopt;
  }
  std::string text = value.extract<std::string>();
  if (text.size() > most_bytes) {
    Complain(name, "is longer than " + std::to_string(most_bytes) + " bytes");
    return std::nullopt;
  }
  if (HoldsNul(text)) {
    Complain(name, "holds a NUL character");
    return std::nullopt;
  }
  return text;
}

std::optional<double> JsonBody::Number(const std::string& name) {
  const Poco::Dynamic::Var value = Member(name);
  if (value.isEmpty()) return std::nullopt;
  double number = 0;
  if (value.isString()) {
    const std::string text = value.extract<std::string>();
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (!text.empty() && failed == std::errc{} && end == text.data() + text.size() &&
        std::isfinite(number)) {
      return number;
    }
  } else if (value.isNumeric() && !value.isBoolean()) {
    try {
      number = value.convert<double>();
      if (std::isfinite(number)) return number;
    } catch (const Poco::Exception&) {
      // complained of below
    }
  }
  Complain(name, "must be a number");
  return std::nullopt;
}

std::optional<bool> JsonBody::Flag(const std::string& name) {
  const Poco::Dynamic::Var value = Member(name);
  if (value.isEmpty()) return std::nullopt;
  if (value.isBoolean()) return value.convert<bool>();
  if (value.isString()) {
    const std::string text = value.extract<std::string>();
    if (EqualsIgnoreCase(text, "enabled")) return true;
    if (EqualsIgnoreCase(text, "disabled")) return false;
  }
  Complain(name, "must be \"Enabled\" or \"Disabled\"");
  return std::nullopt;
}

std::vector<std::string> JsonBody::Texts(const std::string& name) {
  const Poco::Dynamic::Var value = Member(name);
  std::vector<std::string> texts;
  if (value.isEmpty()) return texts;
  if (value.type() != typeid(Poco::JSON::Array::Ptr)) {
    Complain(name, "must be a list of texts");
    return texts;
  }
  for (const Poco::Dynamic::Var& item : *value.extract<Poco::JSON::Array::Ptr>()) {
    if (item.isEmpty() || !item.isString() || HoldsNul(item.extract<std::string>())) {
      Complain(name, "must be a list of texts");
      return {};
    }
    texts.push_back(item.extract<std::string>());
  }
  return texts;
}

std::vector<std::string> JsonBody::Unread() const {
  std::vector<std::string> names = object_->getNames();
  std::erase_if(names, [this](const std::string& name) {
    return std::find(read_.begin(), read_.end(), name) != read_.end();
  });
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace aigc::serve
