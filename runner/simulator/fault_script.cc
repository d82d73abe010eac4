#include "simulator/fault_script.h"

#include <algorithm>

#include "simulator/chance.h"

namespace aigc::simulator {
namespace {

bool FitsAction(const std::string& wanted, std::string_view action) {
  if (wanted.empty() || wanted == action) return true;
  return wanted == "create" && action.substr(0, 6) == "Create";
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool Fits(const Match& match, std::string_view action, const BodyFacts& facts) {
  if (!FitsAction(match.action, action)) return false;
  if (!match.model.empty() && match.model != facts.model &&
      match.model != facts.model + " " + facts.version) {
    return false;
  }
  return Contains(facts.prompt, match.prompt) && Contains(facts.session_id, match.session_id);
}

// Whether the `number`-th of what fits is one that is meant.
bool IsDue(const Match& match, std::uint64_t number, double draw) {
  bool is_free = match.nth.empty() && match.every == 0 && match.first == 0;
  bool is_due = is_free || number <= match.first ||
                (match.every != 0 && number % match.every == 0) ||
                std::find(match.nth.begin(), match.nth.end(), number) != match.nth.end();
  return is_due && (!match.probability || draw < *match.probability);
}

}  // namespace

FaultScript::FaultScript(const std::vector<FaultRule>& rules, std::uint64_t seed)
    : rules_(rules), seed_(seed), fitted_(rules.size()) {
  looks_into_bodies_ = std::any_of(rules.begin(), rules.end(), [](const FaultRule& rule) {
    return !rule.match.model.empty() || !rule.match.prompt.empty() ||
           !rule.match.session_id.empty();
  });
}

FaultScript::Group FaultScript::GroupOf(FaultKind kind) {
  if (kind >= FaultKind::kFileLength) return Group::kFile;
  return kind >= FaultKind::kFail ? Group::kTask : Group::kRequest;
}

const Fault* FaultScript::ForRequest(std::string_view action, const std::string& body) {
  if (rules_.empty()) return nullptr;
  return Pick(Group::kRequest, action, looks_into_bodies_ ? PeekBody(body) : BodyFacts{});
}

const Fault* FaultScript::ForTask(std::string_view action, const BodyFacts& facts) {
  return Pick(Group::kTask, action, facts);
}

const Fault* FaultScript::ForFile(const BodyFacts& facts) {
  return Pick(Group::kFile, "file", facts);
}

const Fault* FaultScript::Pick(Group group, std::string_view action, const BodyFacts& facts) {
  const Fault* picked = nullptr;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const FaultRule& rule = rules_[i];
    if (GroupOf(rule.fault.kind) != group || !Fits(rule.match, action, facts)) continue;
    std::uint64_t number = ++fitted_[i];
    if (!picked && IsDue(rule.match, number, Unit(Mix(seed_, kForRules + i, number)))) {
      picked = &rule.fault;
    }
  }
  return picked;
}

}  // namespace aigc::simulator
