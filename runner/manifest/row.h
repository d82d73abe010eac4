// One row of a data file that a task's `from` names. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aigc::manifest {

struct Row {
  std::vector<std::string> names;   // columns, each once
  std::vector<std::string> values;  // as many
  std::int64_t number = 0;          // rows of the file, from 1, the header not counted
  int line = 0;                     // where it begins in the file, from 1

  // The value of a column, nullptr without it. A search along the columns: there are few.
  const std::string* Find(std::string_view name) const {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) return &values[i];
    }
    return nullptr;
  }
};

}  // namespace aigc::manifest
