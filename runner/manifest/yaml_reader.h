// YAML text to a tree of nodes, by yaml-cpp's event parser: the only file that knows yaml-cpp, and
// the guard around what it lets pass (repeated keys, unclosed quotes, bombs).
#pragma once

#include <optional>

#include "manifest/node.h"
#include "manifest/problem_list.h"

namespace aigc::manifest {

// Deeper than any manifest needs; the schema's own nesting ends at 5, free maps (api) go on.
inline constexpr int kMaxDepth = 64;
// How many nodes aliases may add to those that are written.
inline constexpr std::uint64_t kMaxAliasNodes = 1'000'000;
// How many nodes may be written, ten each for 100,000 tasks. A node takes some 150 bytes; of a flow
// collection (and JSON is one) yaml-cpp first takes as much again for its tokens.
inline constexpr std::uint64_t kMaxNodes = 1'000'000;
// How many keys one map may have: only vars and api hold names that the manifest makes up.
inline constexpr std::size_t kMaxKeys = 100'000;

// The one document of the source. None, with the reason among the problems, when there is no tree;
// repeated keys are problems too, but leave the tree with the first of them.
std::optional<Document> ReadYaml(const SourceText& source, ProblemList& problems);

}  // namespace aigc::manifest
