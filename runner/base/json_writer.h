// Writes JSON text straight into a string, members in the order they are given: for request bodies
// and stored specs, whose bytes are hashed, and for report lines. (Reading is Poco JSON's work; its
// writer sorts members or allocates a tree, and its number format is not ours to fix.)
//
//   JsonWriter json;
//   json.BeginObject().Key("Prompt").String(text).Key("Seed").Int(7).EndObject();
//   std::string body = json.Take();
//
// Strings are written as raw UTF-8; malformed bytes become U+FFFD. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aigc {

class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view name);
  JsonWriter& String(std::string_view text);
  JsonWriter& Int(std::int64_t value);
  JsonWriter& Double(double value);  // shortest form that reads back the same; 6.0 is written 6
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // `json` must be one complete JSON value; written as it is.
  JsonWriter& Raw(std::string_view json);

  std::string Take();
  const std::string& text() const { return text_; }

 private:
  void Separate();
  std::string text_;
  bool need_comma_ = false;
};

// `text` as a JSON string, quotes included, appended to `out`.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace aigc
