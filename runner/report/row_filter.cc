#include "report/row_filter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace aigc::report {
namespace {

constexpr std::array<std::string_view, 5> kKeys = {"state", "kind", "model", "code", "id"};

std::string Known(std::string_view name, std::span<const std::string_view> names) {
  if (const auto near = Nearest(name, names)) return "did you mean " + std::string(*near) + "?";
  std::string all = "there are";
  for (const std::string_view known : names) {
    all += (known == names.front() ? " " : ", ") + std::string(known);
  }
  return all;
}

Result<TaskState> StateNamed(std::string_view name) {
  if (const auto state = ParseTaskState(name)) return *state;
  std::vector<std::string_view> names;
  for (const TaskState state : kAllTaskStates) names.push_back(Name(state));
  return Error{ErrorCode::kUsage, "there is no state \"" + Excerpt(name, 60) + "\"", "--filter",
               Known(name, names)};
}

bool IsModel(std::string_view wanted, const store::TaskRow& row) {
  const std::size_t slash = wanted.find('/');
  if (!EqualsIgnoreCase(wanted.substr(0, slash), row.model)) return false;
  return slash == std::string_view::npos || EqualsIgnoreCase(wanted.substr(slash + 1), row.version);
}

}  // namespace

Result<RowFilter> RowFilter::Parse(const std::vector<std::string>& texts) {
  RowFilter filter;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string_view name = std::string_view(text).substr(0, equals);
    const auto at = std::find(kKeys.begin(), kKeys.end(), name);
    if (equals == std::string::npos || at == kKeys.end()) {
      return Error{ErrorCode::kUsage,
                   equals == std::string::npos
                       ? "\"" + Excerpt(text, 60) + "\" is no filter, which is KEY=VALUE"
                       : "there is no filter \"" + Excerpt(name, 60) + "\"",
                   "--filter", name == "tag" ? "--tag TAG does that" : Known(name, kKeys)};
    }
    Condition& condition = filter.conditions_.emplace_back();
    condition.key = static_cast<Key>(at - kKeys.begin());
    for (const std::string_view part : Split(std::string_view(text).substr(equals + 1), ',')) {
      const std::string_view value = Trim(part);
      if (condition.key == Key::kState) {
        AIGC_ASSIGN_OR_RETURN(const TaskState state, StateNamed(value));
        condition.states.push_back(state);
        continue;
      }
      constexpr std::array<std::string_view, 2> kKinds = {"video", "image"};
      if (condition.key == Key::kKind &&
          std::find(kKinds.begin(), kKinds.end(), value) == kKinds.end()) {
        return Error{ErrorCode::kUsage, "there is no kind \"" + Excerpt(value, 60) + "\"",
                     "--filter", Known(value, kKinds)};
      }
      condition.values.emplace_back(value);
    }
  }
  return filter;
}

void RowFilter::KeepOnly(std::vector<TaskState> states) {
  conditions_.push_back({Key::kState, std::move(states), {}});
}

bool RowFilter::Fits(const Condition& condition, const store::TaskRow& row) {
  if (condition.key == Key::kState) {
    return std::find(condition.states.begin(), condition.states.end(), row.state) !=
           condition.states.end();
  }
  return std::any_of(condition.values.begin(), condition.values.end(),
                     [&](const std::string& value) {
                       if (condition.key == Key::kKind) return value == Name(row.kind);
                       if (condition.key == Key::kModel) return IsModel(value, row);
                       if (condition.key == Key::kCode) return value == row.error_code;
                       return GlobMatch(value, row.id);
                     });
}

bool RowFilter::Takes(const store::TaskRow& row) const {
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [&](const Condition& condition) { return Fits(condition, row); });
}

}  // namespace aigc::report
