#include "manifest/multiplier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "manifest/task_reader.h"
#include "manifest/value_reader.h"

namespace aigc::manifest {
namespace {

// A number like this can only be a slip, and it would be the name of very many requests.
constexpr std::int64_t kMaxRepeat = 1'000'000'000;

// With what is right of it even when something is wrong, so that templates may use its name. None
// without any value.
std::optional<Axis> ReadAxis(const Member& member, ProblemList& problems) {
  const std::string name = Excerpt(member.key->text, 60);
  const Node& list = *member.value;
  if (!list.is_list() || list.items.empty()) {
    problems.Error(list.offset,
                   fmt::format("matrix.{} must be a list of values, not {}", name,
                               list.is_list() ? "an empty one" : Describe(Written(list))),
                   list.is_scalar() ? fmt::format("write [{}]", Excerpt(list.text, 40)) : "");
    if (!list.is_scalar()) return std::nullopt;
    return Axis{member.key->text, {&list}};
  }
  Axis axis{member.key->text, {}};
  for (const Node* item : list.items) {
    if (!item->is_scalar()) {
      ReportType(Written(*item), fmt::format("a value of matrix.{}", name), "text or a number", "",
                 problems);
      continue;
    }
    axis.values.push_back(item);
  }
  std::vector<const Node*> sorted = axis.values;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Node* a, const Node* b) { return a->text < b->text; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i]->text != sorted[i - 1]->text) continue;
    problems.Error(sorted[i]->offset,
                   fmt::format("matrix.{} has \"{}\" twice", name, Excerpt(sorted[i]->text, 60)),
                   "to make a task more than once, use repeat");
    axis.values.erase(std::find(axis.values.begin(), axis.values.end(), sorted[i]));
  }
  if (axis.values.empty()) return std::nullopt;
  return axis;
}

void ReadMatrix(const Node& node, Multiplier& out, ProblemList& problems) {
  if (!node.is_map()) {
    ReportType(Written(node), "matrix", "a map of lists", "write {tone: [calm, bold]}", problems);
    return;
  }
  for (const Member& member : node.members) {
    if (!IsVarName(member.key->text)) {
      problems.Error(
          member.key->offset,
          fmt::format("\"{}\" cannot be a name of the matrix", Excerpt(member.key->text, 60)),
          "leave out blanks, \".\", \":\", \"$\" and braces");
      continue;
    }
    WarnOfBuiltIn(*member.key, "matrix", problems);
    if (auto axis = ReadAxis(member, problems)) out.axes.push_back(std::move(*axis));
  }
}

std::vector<Condition> ReadConditions(const Node& map, std::string_view field,
                                      ProblemList& problems) {
  std::vector<Condition> conditions;
  for (const Member& member : map.members) {
    Condition condition{member.key->text, member.key, {}};
    const Node& value = *member.value;
    std::vector<const Node*> items = value.items;
    if (!value.is_list()) items = {&value};
    bool ok = !items.empty();
    if (!ok) {
      problems.Error(value.offset,
                     fmt::format("{}.{} has no value", field, Excerpt(member.key->text, 60)));
    }
    for (const Node* item : items) {
      if (item->is_scalar()) {
        condition.accepted.emplace_back(item->text);
      } else {
        ReportType(Written(*item), fmt::format("{}.{}", field, Excerpt(member.key->text, 60)),
                   "text or a list of texts", "", problems);
        ok = false;
      }
    }
    if (ok) conditions.push_back(std::move(condition));
  }
  return conditions;
}

void ReadExclude(const Node& node, Multiplier& out, ProblemList& problems) {
  if (!node.is_list()) {
    ReportType(Written(node), "exclude", "a list of maps", "write [{tone: bold, size: s}]",
               problems);
    return;
  }
  for (const Node* item : node.items) {
    if (!item->is_map() || item->members.empty()) {
      ReportType(Written(*item), "an item of exclude", "a map that names values",
                 "write {tone: bold}", problems);
      continue;
    }
    auto conditions = ReadConditions(*item, "exclude", problems);
    // One that lost a condition would drop more than it says.
    if (conditions.size() == item->members.size()) out.excluded.push_back(std::move(conditions));
  }
}

// Values that no combination has are slips: such an exclusion would silently drop nothing.
void CheckExclusions(const Multiplier& made, bool has_rows, ProblemList& problems) {
  std::vector<std::string_view> names;
  for (const Axis& axis : made.axes) names.push_back(axis.name);
  for (const auto& conditions : made.excluded) {
    for (const Condition& condition : conditions) {
      const auto axis = std::find_if(made.axes.begin(), made.axes.end(),
                                     [&](const Axis& one) { return one.name == condition.name; });
      if (axis == made.axes.end()) {
        if (has_rows) continue;  // a column, known when the file is open
        const auto nearest = Nearest(condition.name, names);
        problems.Error(condition.key->offset,
                       fmt::format("exclude names \"{}\", which is not in the matrix",
                                   Excerpt(condition.name, 60)),
                       nearest ? fmt::format("did you mean {}?", *nearest) : "");
        continue;
      }
      for (const std::string_view value : condition.accepted) {
        if (std::any_of(axis->values.begin(), axis->values.end(),
                        [&](const Node* one) { return one->text == value; })) {
          continue;
        }
        problems.Error(condition.key->offset,
                       fmt::format("exclude names \"{}\", which is no value of matrix.{}",
                                   Excerpt(value, 60), Excerpt(condition.name, 60)));
      }
    }
  }
}

}  // namespace

bool Condition::Accepts(std::string_view value) const {
  return std::find(accepted.begin(), accepted.end(), value) != accepted.end();
}

std::int64_t Multiplier::Product() const {
  std::int64_t product = repeat;
  for (const Axis& axis : axes) {
    if (__builtin_mul_overflow(product, static_cast<std::int64_t>(axis.values.size()), &product)) {
      return INT64_MAX;
    }
  }
  return product;
}

bool Multiplier::IsExcluded(const VarTable& values, const Row* row) const {
  const auto meets = [&](const Condition& condition) {
    const auto found = values.find(condition.name);
    if (found != values.end()) return condition.Accepts(found->second->text);
    const std::string* cell = row != nullptr ? row->Find(condition.name) : nullptr;
    return cell != nullptr && condition.Accepts(*cell);
  };
  return std::any_of(excluded.begin(), excluded.end(), [&](const auto& conditions) {
    return std::all_of(conditions.begin(), conditions.end(), meets);
  });
}

bool Multiplier::Keeps(const Row& row) const {
  return std::all_of(where.begin(), where.end(), [&](const Condition& condition) {
    const std::string* cell = row.Find(condition.name);
    return cell != nullptr && condition.Accepts(*cell);
  });
}

bool Multiplier::ForEachRepeat(const VarTable& values, const Row* row, const Visit& visit) const {
  if (!excluded.empty() && IsExcluded(values, row)) return true;
  for (std::int64_t time = 1; time <= repeat; ++time) {
    if (!visit(values, time)) return false;
  }
  return true;
}

bool Multiplier::ForEach(const Row* row, const Visit& visit) const {
  if (axes.empty()) return ForEachRepeat({}, row, visit);
  std::vector<std::size_t> at(axes.size(), 0);
  VarTable values;
  for (const Axis& axis : axes) values[axis.name] = axis.values[0];
  while (true) {
    if (!ForEachRepeat(values, row, visit)) return false;
    std::size_t turning = axes.size();  // like an odometer
    while (turning > 0 && at[turning - 1] + 1 == axes[turning - 1].values.size()) {
      --turning;
      at[turning] = 0;
      values[axes[turning].name] = axes[turning].values[0];
    }
    if (turning == 0) return true;
    --turning;
    values[axes[turning].name] = axes[turning].values[++at[turning]];
  }
}

Multiplier ReadMultiplier(const FieldNodes& own, ProblemList& problems) {
  Multiplier made;
  const auto said = [&](FieldId id) -> const Node* {
    const Node* node = own[id];
    return node == nullptr || node->is_null() ? nullptr : node;
  };
  const std::size_t before = problems.errors();
  if (const Node* node = said(FieldId::kMatrix)) ReadMatrix(*node, made, problems);
  if (const Node* node = said(FieldId::kRepeat)) {
    const auto times = ValueReader(problems).Integer(Written(*node), "repeat", 1, kMaxRepeat);
    made.repeat = times.value_or(1);
  }
  const bool has_rows = said(FieldId::kFrom) != nullptr;
  if (const Node* where = said(FieldId::kWhere)) {
    if (!has_rows) {
      problems.Error(where->offset, "where chooses rows, and this task has none",
                     "add from: FILE.csv");
    } else if (!where->is_map()) {
      ReportType(Written(*where), "where", "a map", "write {column: value}", problems);
    } else {
      made.where = ReadConditions(*where, "where", problems);
    }
  }
  const Node* exclude = said(FieldId::kExclude);
  if (exclude != nullptr && said(FieldId::kMatrix) == nullptr && !has_rows) {
    problems.Error(exclude->offset, "exclude drops combinations, and this task has no matrix",
                   "add matrix: {name: [value, …]}");
    return made;
  }
  if (exclude != nullptr) ReadExclude(*exclude, made, problems);
  if (problems.errors() == before) CheckExclusions(made, has_rows, problems);
  return made;
}

}  // namespace aigc::manifest
