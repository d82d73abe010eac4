// Decides which scripted fault, if any, strikes a request, a task or a file. Rules fall into these
// three groups by what they do; within a group the first rule that is due strikes, while every rule
// keeps counting what fits it. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/request_reader.h"
#include "simulator/scenario.h"

namespace aigc::simulator {

class FaultScript {
 public:
  // `rules` must outlive it.
  FaultScript(const std::vector<FaultRule>& rules, std::uint64_t seed);

  // Null when nothing is due. `body` is only read when a rule looks into it.
  const Fault* ForRequest(std::string_view action, const std::string& body);
  // A create that was accepted.
  const Fault* ForTask(std::string_view action, const BodyFacts& facts);
  // A request for a file of the task those facts describe.
  const Fault* ForFile(const BodyFacts& facts);

 private:
  enum class Group { kRequest, kTask, kFile };
  static Group GroupOf(FaultKind kind);
  const Fault* Pick(Group group, std::string_view action, const BodyFacts& facts);

  const std::vector<FaultRule>& rules_;
  std::uint64_t seed_;
  std::vector<std::uint64_t> fitted_;  // per rule: how many fitted it
  bool looks_into_bodies_ = false;
};

}  // namespace aigc::simulator
