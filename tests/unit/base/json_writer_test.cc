#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace aigc {
namespace {

TEST(JsonWriter, KeepsTheOrderGivenAndPlacesCommas) {
  JsonWriter json;
  json.BeginObject().Key("b").Int(1).Key("a").BeginArray().Int(1).String("x").BeginObject();
  json.EndObject().EndArray().Key("n").Null().Key("t").Bool(true).Key("o").BeginObject();
  json.Key("i").Bool(false).EndObject().EndObject();
  EXPECT_EQ(json.Take(), R"({"b":1,"a":[1,"x",{}],"n":null,"t":true,"o":{"i":false}})");
}

TEST(JsonWriter, EscapesWhatJsonAsksForAndNothingElse) {
  std::string text = "\"\\\n\r\t\x01\x1f/\x7f 一个 ";
  text += '\0';
  JsonWriter json;
  json.String(text + ".");
  EXPECT_EQ(json.text(), "\"\\\"\\\\\\n\\r\\t\\u0001\\u001f/\x7f 一个 \\u0000.\"");
}

TEST(JsonWriter, ReplacesMalformedBytes) {
  std::string out;
  AppendJsonString(out, "a\xFF\xED\xA0\x80z");
  EXPECT_EQ(out, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\"");
}

TEST(JsonWriter, EscapesKeysToo) {
  JsonWriter json;
  json.BeginObject().Key("a\"b").Int(1).EndObject();
  EXPECT_EQ(json.text(), R"({"a\"b":1})");
}

TEST(JsonWriter, WritesNumbersShortAndWholeOnesWithoutFraction) {
  JsonWriter json;
  json.BeginArray().Double(6.0).Double(0.1).Double(-2.5).Double(1e300).Int(-9).Double(0.0);
  json.EndArray();
  EXPECT_EQ(json.text(), "[6,0.1,-2.5,1e+300,-9,0]");
}

TEST(JsonWriter, WritesTheWholeRangeOfIntegers) {
  JsonWriter json;
  json.BeginArray().Int(std::numeric_limits<std::int64_t>::min());
  json.Int(std::numeric_limits<std::int64_t>::max()).EndArray();
  EXPECT_EQ(json.text(), "[-9223372036854775808,9223372036854775807]");
}

TEST(JsonWriter, WritesNullForWhatJsonHasNoNumberFor) {
  JsonWriter json;
  json.BeginArray().Double(std::nan("")).Double(INFINITY).EndArray();
  EXPECT_EQ(json.text(), "[null,null]");
}

TEST(JsonWriter, TakesRawValuesAsTheyAre) {
  JsonWriter json;
  json.BeginArray().Raw(R"({"x":1})").Raw("2").EndArray();
  EXPECT_EQ(json.text(), R"([{"x":1},2])");
}

TEST(JsonWriter, StartsAfreshAfterTake) {
  JsonWriter json;
  json.BeginObject().EndObject();
  EXPECT_EQ(json.Take(), "{}");
  json.Int(1);
  EXPECT_EQ(json.Take(), "1");
}

}  // namespace
}  // namespace aigc
