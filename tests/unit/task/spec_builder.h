// Specs for the tests of this room.
#pragma once

#include "base/random.h"
#include "task/task_spec.h"

namespace aigc {

// Every field set, each to a value of its own.
TaskSpec FullSpec();
// Any fields, any text (empty, quotes, control characters, other scripts).
TaskSpec RandomSpec(Random& random);

}  // namespace aigc
