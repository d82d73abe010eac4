// One scalar of the manifest turned into a C++ value, or into a problem that says what was wanted.
// None means that a problem was recorded (at the scalar). One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/times.h"
#include "manifest/node.h"
#include "manifest/problem_list.h"

namespace aigc::manifest {

// A node as the reader of a field sees it: a scalar's text with its templates replaced.
struct Value {
  const Node* node;
  std::string_view text;  // of a scalar
  bool plain;             // a number or bool when it looks like one
};
inline Value Written(const Node& node) { return {&node, node.text, node.plain}; }

// What the user may write, and what the service wants to read.
struct Choice {
  std::string_view written, sent;
};

class ValueReader {
 public:
  explicit ValueReader(ProblemList& problems) : problems_(&problems) {}

  std::optional<std::string> Text(const Value& value, std::string_view field);
  std::optional<bool> Bool(const Value& value, std::string_view field);
  std::optional<std::int64_t> Integer(const Value& value, std::string_view field, std::int64_t low,
                                      std::int64_t high);
  std::optional<double> Positive(const Value& value, std::string_view field);  // a number above 0
  std::optional<double> Seconds(const Value& value, std::string_view field);  // 6, 6.5, 6s; above 0
  std::optional<Millis> Duration(const Value& value, std::string_view field);  // 6s, 2h; not 0
  std::optional<std::string> OneOf(const Value& value, std::string_view field,
                                   std::span<const Choice> choices);

 private:
  ProblemList* problems_;
};

// `a list`, `a map`, `null`, or the text in quotes, shortened.
std::string Describe(const Value& value);

// Records that `field` had to be something else.
void ReportType(const Value& value, std::string_view field, std::string_view wanted,
                std::string hint, ProblemList& problems);

// Records a problem for each key of `map` that is not among `known`, with the nearest known one.
// `where` names the map in messages ("a task"). Keys that name secrets are left out: they have been
// reported.
void CheckKeys(const Node& map, std::span<const std::string_view> known, std::string_view where,
               ProblemList& problems);

}  // namespace aigc::manifest
