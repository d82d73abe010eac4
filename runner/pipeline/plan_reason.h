// What a changed task asks for otherwise than before, in the words of the manifest. Pure function,
// any thread.
#pragma once

#include <string>
#include <vector>

#include "task/task_spec.h"

namespace aigc::pipeline {

// The fields that make its fingerprint another one: "prompt", "duration", "first_frame (content of
// images/a.png)", and "first_frame (task still changed)" when nothing else did. Never empty.
std::vector<std::string> ChangedFields(const TaskSpec& before, const TaskSpec& after);

}  // namespace aigc::pipeline
