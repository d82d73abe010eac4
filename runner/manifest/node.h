// The YAML of a manifest as a tree whose every node knows where it was written. Made by
// yaml_reader.h; immutable afterwards. Kept small: a manifest may have millions of nodes. An alias
// is a second pointer to the node it names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace aigc::manifest {

enum class NodeType : std::uint8_t { kNull, kScalar, kList, kMap };

struct Node;

struct Member {
  const Node* key = nullptr;  // a scalar
  const Node* value = nullptr;
};

struct Node {
  NodeType type = NodeType::kNull;
  bool plain = false;        // kScalar: written without quotes, so it may be a number or a bool
  std::uint32_t offset = 0;  // first byte in the source; of a null without a word: its key's
  std::string text{};        // kScalar
  std::vector<const Node*> items{};  // kList
  std::vector<Member> members{};     // kMap, in the order written, keys unique

  bool is_null() const { return type == NodeType::kNull; }
  bool is_scalar() const { return type == NodeType::kScalar; }
  bool is_list() const { return type == NodeType::kList; }
  bool is_map() const { return type == NodeType::kMap; }
  // The value under `key`, nullptr without one. Only for maps.
  const Node* Find(std::string_view key) const {
    for (const Member& member : members) {
      if (member.key->text == key) return member.value;
    }
    return nullptr;
  }
};

struct Document {
  std::deque<Node> nodes;  // owns; addresses stay
  const Node* root = nullptr;
};

}  // namespace aigc::manifest
