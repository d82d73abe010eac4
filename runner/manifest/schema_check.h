// schema/manifest.schema.json held against a manifest's tree, by valijson. The readers come first
// and say more; this finds what they never looked at: a default that no task takes, an entry whose
// rows are all left out. So that 100,000 entries cost little, an entry is only checked when none
// like it (the same keys, types, and values where the schema looks at values) was accepted before.
// One thread.
#pragma once

#include <string>
#include <vector>

#include "manifest/node.h"
#include "manifest/problem_list.h"

namespace aigc::manifest {

struct SchemaFinding {
  const Node* place = nullptr;  // what is wrong; of an unknown key, the key
  const Node* area = nullptr;   // the setting, the task's field or the task it belongs to
  const Node* area_key = nullptr;
  std::string pointer;  // JSON pointer to `place`: "/tasks/3/inputs/0"
  std::string message;
};

// What the schema refuses in the tree of a manifest whose root is a map; the first 1000. The
// patterns of free texts (id, model …) are not looked at: the readers check those, and they cost
// more than all the rest.
std::vector<SchemaFinding> SchemaFindings(const Node& root);

// The same as problems, leaving out those whose area has an error already.
void CheckAgainstSchema(const Node& root, ProblemList& problems);

}  // namespace aigc::manifest
