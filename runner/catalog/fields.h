// Reads the members of one YAML map into plain values, for the readers of catalogs and price lists.
// Notes what is wrong, with its place, and reads on with defaults; whoever began asks for it at the
// end.
#pragma once

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace aigc::catalog {

struct ReadContext {
  struct Failure {
    YAML::Mark mark;  // counts from 0; -1 for an empty file
    std::string message, hint;
  };
  std::string file_name;
  std::vector<Failure> failures{};

  void Fail(const YAML::Node& node, std::string message, std::string hint = "") {
    failures.push_back({node.Mark(), std::move(message), std::move(hint)});
  }
  std::optional<Error> FirstError() const {
    if (failures.empty()) return std::nullopt;
    const Failure& first = failures.front();
    return Error{ErrorCode::kInvalid, first.message,
                 fmt::format("{}:{}:{}", file_name, std::max(first.mark.line, 0) + 1,
                             std::max(first.mark.column, 0) + 1),
                 first.hint};
  }
};

inline void Read(ReadContext& context, const YAML::Node& node, std::string& value) {
  if (!node.IsScalar()) return context.Fail(node, "a text is expected here");
  value = node.Scalar();
}
inline void Read(ReadContext& context, const YAML::Node& node, int& value) {
  if (!node.IsScalar() || !YAML::convert<int>::decode(node, value)) {
    context.Fail(node, "a whole number is expected here");
  }
}
inline void Read(ReadContext& context, const YAML::Node& node, double& value) {
  if (!node.IsScalar() || !YAML::convert<double>::decode(node, value)) {
    context.Fail(node, "a number is expected here");
  }
}
inline void Read(ReadContext& context, const YAML::Node& node, bool& value) {
  const std::string& text = node.IsScalar() ? node.Scalar() : std::string();
  if (text != "true" && text != "false")
    return context.Fail(node, "true or false is expected here");
  value = text == "true";
}

// One of an enum's names.
template <typename Enum, std::size_t N>
void ReadName(ReadContext& context, const YAML::Node& node, const std::array<Enum, N>& all,
              Enum& value) {
  std::string text;
  Read(context, node, text);
  std::vector<std::string_view> names;
  for (const Enum one : all) {
    if (Name(one) == text) {
      value = one;
      return;
    }
    names.push_back(Name(one));
  }
  const auto near = Nearest(text, names);
  context.Fail(node, "\"" + Excerpt(text, 60) + "\" is not known here",
               near ? "did you mean " + std::string(*near) + "?" : "");
}

template <typename T>
void Read(ReadContext& context, const YAML::Node& node, std::optional<T>& value) {
  T inner{};
  Read(context, node, inner);
  value = std::move(inner);
}

template <typename T>
void Read(ReadContext& context, const YAML::Node& node, std::vector<T>& values) {
  if (!node.IsSequence()) return context.Fail(node, "a list is expected here");
  for (const YAML::Node& item : node) Read(context, item, values.emplace_back());
}

class Fields {
 public:
  Fields(ReadContext& context, const YAML::Node& map) : context_(context), map_(map) {
    if (!map.IsMap()) {
      context_.Fail(map, "a map is expected here");
      return;
    }
    for (const auto& entry : map) {
      // yaml-cpp takes a repeated key without a word, and the first one wins.
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (!keys_.insert(key).second) context_.Fail(entry.first, "\"" + key + "\" is given twice");
    }
  }

  // Reads `key` where it is present.
  template <typename T>
  Fields& Take(std::string_view key, T& value) {
    const YAML::Node node = Find(key);
    if (node.IsDefined()) Read(context_, node, value);
    return *this;
  }
  template <typename Enum, std::size_t N>
  Fields& TakeName(std::string_view key, const std::array<Enum, N>& all, Enum& value) {
    const YAML::Node node = Find(key);
    if (node.IsDefined()) ReadName(context_, node, all, value);
    return *this;
  }
  // Calls `read` with the node of `key` where it is present.
  template <typename Reader>
  Fields& With(std::string_view key, Reader read) {
    const YAML::Node node = Find(key);
    if (node.IsDefined()) read(node);
    return *this;
  }
  Fields& Require(std::string_view key) {
    required_.push_back(key);
    return *this;
  }
  // After all Takes: whatever is left is not known. What is missing comes after that, since a key
  // that is misspelt is both.
  void Done() {
    if (!map_.IsMap()) return;
    for (const auto& entry : map_) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      const auto near = Nearest(key, known_);
      context_.Fail(entry.first, "\"" + Excerpt(key, 60) + "\" is not known here",
                    near ? "did you mean " + std::string(*near) + "?" : "");
    }
    for (const std::string_view key : required_) {
      if (map_.IsMap() && keys_.count(std::string(key)) == 0) {
        context_.Fail(map_, "\"" + std::string(key) + "\" is missing");
      }
    }
  }

 private:
  YAML::Node Find(std::string_view key) {
    known_.push_back(key);
    return map_.IsMap() ? map_[std::string(key)] : YAML::Node(YAML::NodeType::Undefined);
  }

  ReadContext& context_;
  const YAML::Node map_;
  std::set<std::string> keys_;
  std::vector<std::string_view> known_, required_;
};

}  // namespace aigc::catalog
