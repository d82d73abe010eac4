// The process's environment, read in this one place and handed around as a value, so that tests
// bring their own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace aigc::cli {

// Plain value. A variable that is set to nothing counts as not set, as most tools have it.
class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string> variables)
      : variables_(std::move(variables)) {}
  std::optional<std::string> Get(const std::string& name) const;

 private:
  std::map<std::string, std::string> variables_;
};

// REQUIRES: no other thread is changing the environment (called first thing in main).
Environment ProcessEnvironment();

}  // namespace aigc::cli
