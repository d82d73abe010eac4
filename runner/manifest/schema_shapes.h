// What the manifest's schema can see of an entry, as one text: its keys and the types of its
// values, and the values themselves only where the schema looks at them. Entries of one shape are
// right or wrong together. One thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "manifest/node.h"

namespace aigc::manifest {

// Which values of scalars a part of the schema looks at; of others it sees the type only.
struct ValuesSeen {
  bool numbers = false;
  bool texts = false;
  void Add(ValuesSeen other) {
    numbers = numbers || other.numbers;
    texts = texts || other.texts;
  }
};

// By the name of the field under which they stand.
using ValueNames = std::map<std::string, ValuesSeen, std::less<>>;

enum class ScalarType : char { kBool = 'b', kInteger = 'i', kNumber = 'n', kText = 't' };
// As YAML 1.2 core reads it.
ScalarType TypeOfScalar(const Node& scalar);

// Fields whose inside is free, which the schema does not look into.
inline bool IsFreeField(std::string_view key) { return key == "api" || key == "ext_info"; }

class SchemaShapes {
 public:
  explicit SchemaShapes(const ValueNames& names) : seen_(names.begin(), names.end()) {}

  // Valid until the next call. Empty: too long to remember.
  const std::string& Of(const Node& entry);

  bool IsAccepted(const std::string& shape) const {
    return !shape.empty() && accepted_.count(shape) > 0;
  }
  // Remembers it, if there is room.
  void Accept(const std::string& shape);

 private:
  void Write(const Node& node, ValuesSeen seen);
  void WriteMember(const Member& member);
  void WriteText(const std::string& text);

  std::unordered_map<std::string_view, ValuesSeen> seen_;
  std::unordered_set<std::string> accepted_;
  std::string shape_;
};

}  // namespace aigc::manifest
