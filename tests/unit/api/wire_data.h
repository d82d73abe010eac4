// Samples of tests/data/wire and comparison of JSON by meaning.
#pragma once

#include <Poco/JSON/Object.h>
#include <Poco/JSON/ParseHandler.h>
#include <Poco/JSON/Parser.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "test_paths.h"

namespace aigc::api {

inline std::string ReadWire(const std::string& name) {
  std::ifstream in(std::string(AIGC_TEST_DATA) + "/wire/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

// Members sorted, blanks gone.
inline std::string Canonical(const std::string& json) {
  Poco::JSON::Parser parser;
  std::ostringstream out;
  Poco::Dynamic::Var value = parser.parse(json);
  Poco::JSON::Stringifier::stringify(value, out);
  return out.str();
}

// Names of the top-level members in the order of the text.
inline std::vector<std::string> MemberOrder(const std::string& json) {
  Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(true));
  const auto object = parser.parse(json).extract<Poco::JSON::Object::Ptr>();
  return object->getNames();
}

}  // namespace aigc::api
