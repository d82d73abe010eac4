// The body of POST /aigc/create, as the service before this program took it, made into a task.
// Pure functions, any thread.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "serve/json_body.h"
#include "task/task_spec.h"

namespace aigc::serve {

struct CreateCall {
  TaskSpec spec;                       // without its id
  std::vector<std::string> dropped{};  // "resolution: Kling/2.1 does not take "768P"", for Warning
  std::vector<BodyError> errors{};     // not empty: the rest does not count
};

// What is left out: Hailuo 2.3, 6 s, 768P, and the prompt is enhanced. What the model does not take
// is dropped rather than refused, members that nobody knows too.
CreateCall ReadCreateCall(const std::string& body, const catalog::Catalog& catalog);

// The value of a Warning header (RFC 9111 5.5's form, code 299): ASCII, one line.
std::string WarningText(const std::vector<std::string>& dropped);

}  // namespace aigc::serve
