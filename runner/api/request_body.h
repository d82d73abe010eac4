// The body of a create request: TaskSpec → JSON, fields in the order of reference 3.1 and 3.7.
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "task/task_spec.h"

namespace aigc::api {

struct CreateContext {
  std::int64_t sub_app_id = 0;
  std::string session_id;
  std::string session_context;
};

// The body in its stored form: complete but for local files, whose Base64 member holds
// "input:<sha256>" in place of the data, so that a picture used in 10,000 tasks is stored once.
// Unset members are left out; Category is always sent for video inputs; `api` is merged last (its
// members replace ours at the top level, maps merge). kInvalid when `api` is not a JSON object or
// an input still refers to another task.
Result<std::string> EncodeCreate(const TaskSpec& spec, const CreateContext& context);

// The exact bytes to send: every "input:<sha256>" replaced by the Base64 of what `read` returns for
// it. Same stored form and same inputs give the same bytes. Fails as `read` fails.
Result<std::string> ExpandInputs(
    std::string_view stored,
    const std::function<Result<std::string>(std::string_view sha256)>& read);

// The SessionContext in a stored body: what the service was told, even if the task has another id
// by now. Empty when there is none.
std::string SessionContextOf(std::string_view stored);

}  // namespace aigc::api
