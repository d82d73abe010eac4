#include "manifest/schema_shapes.h"

#include <fmt/format.h>

#include <iterator>

#include "manifest/scalar.h"

namespace aigc::manifest {
namespace {

constexpr std::size_t kMaxShapes = 4096;
constexpr std::size_t kMaxShapeBytes = 4000;

}  // namespace

ScalarType TypeOfScalar(const Node& scalar) {
  if (!scalar.plain || scalar.text.empty()) return ScalarType::kText;
  // Most texts are told by their first character.
  if (std::string_view("+-.0123456789").find(scalar.text[0]) == std::string_view::npos) {
    return ParseBool(scalar.text) ? ScalarType::kBool : ScalarType::kText;
  }
  if (ParseInteger(scalar.text)) return ScalarType::kInteger;
  return ParseNumber(scalar.text) ? ScalarType::kNumber : ScalarType::kText;
}

const std::string& SchemaShapes::Of(const Node& entry) {
  shape_.clear();
  Write(entry, {});
  if (shape_.size() > kMaxShapeBytes) shape_.clear();
  return shape_;
}

void SchemaShapes::Accept(const std::string& shape) {
  if (!shape.empty() && accepted_.size() < kMaxShapes) accepted_.insert(shape);
}

void SchemaShapes::Write(const Node& node, ValuesSeen seen) {
  if (shape_.size() > kMaxShapeBytes) return;
  switch (node.type) {
    case NodeType::kNull:
      shape_ += '0';
      return;
    case NodeType::kList:
      shape_ += '[';
      for (const Node* item : node.items) Write(*item, seen);
      shape_ += ']';
      return;
    case NodeType::kMap:
      shape_ += '{';
      for (const Member& member : node.members) WriteMember(member);
      shape_ += '}';
      return;
    case NodeType::kScalar:
      break;
  }
  const ScalarType type = TypeOfScalar(node);
  shape_ += static_cast<char>(type);
  if (type == ScalarType::kText ? seen.texts : seen.numbers) WriteText(node.text);
}

void SchemaShapes::WriteMember(const Member& member) {
  const std::string& key = member.key->text;
  WriteText(key);
  if (IsFreeField(key) && member.value->is_map()) {
    shape_ += "{}";
    return;
  }
  const auto found = seen_.find(key);
  Write(*member.value, found != seen_.end() ? found->second : ValuesSeen{});
}

// With its length, so that no two shapes read alike.
void SchemaShapes::WriteText(const std::string& text) {
  fmt::format_to(std::back_inserter(shape_), "{}:", text.size());
  shape_.append(text, 0, kMaxShapeBytes + 1);
}

}  // namespace aigc::manifest
