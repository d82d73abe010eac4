#include "api/answer_json.h"

#include <Poco/Exception.h>
#include <Poco/JSON/ParseHandler.h>
#include <Poco/JSON/Parser.h>
#include <Poco/NumberParser.h>

#include <cmath>

#include "base/text.h"

namespace aigc::api {
namespace {

using Poco::Dynamic::Var;

// Answers are at most about ten levels deep; unknown members may be deeper.
constexpr std::size_t kMaxDepth = 64;

bool EndsWithTask(std::string_view name) {
  constexpr std::string_view kEnd = "Task";
  return name.size() >= kEnd.size() && name.substr(name.size() - kEnd.size()) == kEnd;
}

class AnswerHandler final : public Poco::JSON::ParseHandler {
 public:
  void startObject() override {
    if (!Enter()) ParseHandler::startObject();
  }
  void endObject() override {
    if (!Leave()) ParseHandler::endObject();
  }
  void startArray() override {
    if (!Enter()) ParseHandler::startArray();
  }
  void endArray() override {
    if (!Leave()) ParseHandler::endArray();
  }
  void key(const std::string& name) override {
    if (skipped_depth_ > 0) return;
    skip_next_ = name == "Input";
    drop_null_ = EndsWithTask(name);
    if (!skip_next_) ParseHandler::key(name);
  }
  void null() override {
    if (drop_null_ && skipped_depth_ == 0) return;
    if (!SkipValue()) ParseHandler::null();
  }
  void value(int v) override { Put(v); }
  void value(unsigned v) override { Put(v); }
#if defined(POCO_HAVE_INT64)
  void value(Poco::Int64 v) override { Put(v); }
  void value(Poco::UInt64 v) override { Put(v); }
#endif
  void value(const std::string& v) override { Put(v); }
  void value(double v) override { Put(v); }
  void value(bool v) override { Put(v); }

 private:
  template <typename T>
  void Put(const T& v) {
    if (!SkipValue()) ParseHandler::value(v);
  }
  // True when the object or array that begins here belongs to what is skipped.
  bool Enter() {
    if (skipped_depth_ == 0 && !skip_next_) return false;
    skip_next_ = false;
    ++skipped_depth_;
    return true;
  }
  bool Leave() {
    if (skipped_depth_ == 0) return false;
    --skipped_depth_;
    return true;
  }
  bool SkipValue() {
    if (skipped_depth_ > 0) return true;
    return std::exchange(skip_next_, false);
  }

  std::size_t skipped_depth_ = 0;  // open objects and arrays of a skipped member
  bool skip_next_ = false;
  bool drop_null_ = false;
};

Result<JsonObject::Ptr> Parse(const std::string& text) {
  try {
    Poco::JSON::Parser parser(new AnswerHandler);
    parser.setDepth(kMaxDepth);
    const Var parsed = parser.parse(text);
    if (parsed.type() != typeid(JsonObject::Ptr)) {
      return Error{ErrorCode::kInvalid, "it is not a JSON object"};
    }
    return parsed.extract<JsonObject::Ptr>();
  } catch (const Poco::Exception& e) {
    return Error{ErrorCode::kInvalid, "it is not readable as JSON: " + e.displayText()};
  }
}

}  // namespace

Result<JsonObject::Ptr> ReadAnswerJson(const std::string& text) {
  auto parsed = Parse(text);
  if (parsed.ok()) return parsed;
  const std::string mended = Printable(text);
  return mended == text ? std::move(parsed) : Parse(mended);
}

std::string TextOf(const JsonObject& object, const std::string& name) {
  const Var value = object.get(name);
  if (value.isString()) return value.extract<std::string>();
  if (value.isInteger() && !value.isBoolean()) return value.convert<std::string>();
  return {};
}

std::optional<std::int64_t> IntOf(const JsonObject& object, const std::string& name) {
  const Var value = object.get(name);
  if (value.isEmpty() || value.isBoolean()) return std::nullopt;
  if (value.isString()) {
    Poco::Int64 number = 0;
    if (!Poco::NumberParser::tryParse64(value.extract<std::string>(), number)) return std::nullopt;
    return number;
  }
  if (!value.isNumeric()) return std::nullopt;
  constexpr double kLimit = 9007199254740992.0;  // whole numbers are exact up to here
  const auto number = value.convert<double>();
  if (!(std::abs(number) <= kLimit)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<WallTime> TimeOf(const JsonObject& object, const std::string& name) {
  return ParseIso(TextOf(object, name));
}

JsonObject::Ptr ObjectOf(const JsonObject& object, const std::string& name) {
  return object.getObject(name);
}

JsonArray::Ptr ArrayOf(const JsonObject& object, const std::string& name) {
  return object.getArray(name);
}

}  // namespace aigc::api
