// The data files that entries name, and their rows.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "manifest/expansion.h"
#include "manifest/settings_reader.h"

namespace aigc::manifest {

void Expansion::FindData(Entry& entry) {
  const Node* from = entry.own[FieldId::kFrom];
  if (from == nullptr || from->is_null()) return;
  if (!from->is_scalar()) {
    ReportType(Written(*from), "from", "the path of a file", "", problems_);
    return;
  }
  TextExpander texts({&entry.own_vars, &vars_}, environment_, problems_);
  const auto path = texts.Expand(*from);
  if (!path) return;
  if (!FormatOf(*path)) {
    problems_.Error(from->offset, fmt::format("from takes .csv, .tsv and .jsonl files, not \"{}\"",
                                              Excerpt(*path, 60)));
    return;
  }
  entry.data = Below(entry.folder, *path);
  entry.folder = FolderOf(entry.data);
}

bool Expansion::CheckColumns(const Entry& entry, const RowReader& rows, ProblemList& problems) {
  if (rows.columns() == nullptr) return true;
  const std::vector<std::string_view> names(rows.columns()->begin(), rows.columns()->end());
  bool ok = true;
  const auto check = [&](const Condition& condition, std::string_view field) {
    for (const Axis& axis : entry.multiplier.axes) {
      if (axis.name == condition.name && field == "exclude") return;
    }
    if (std::find(names.begin(), names.end(), condition.name) != names.end()) return;
    const auto nearest = Nearest(condition.name, names);
    problems.Error(condition.key->offset,
                   fmt::format("{} names \"{}\", which is no column of {}", field,
                               Excerpt(condition.name, 60), entry.data),
                   nearest ? fmt::format("did you mean {}?", *nearest) : "");
    ok = false;
  };
  for (const Condition& condition : entry.multiplier.where) check(condition, "where");
  for (const auto& conditions : entry.multiplier.excluded) {
    for (const Condition& condition : conditions) check(condition, "exclude");
  }
  return ok;
}

bool Expansion::ForEachRow(const Entry& entry, ProblemList& problems,
                           const std::function<bool(const Row&)>& visit) {
  const std::size_t place = entry.own[FieldId::kFrom]->offset;
  auto opened =
      options_.files != nullptr
          ? options_.files->Open(entry.data)
          : Result<std::unique_ptr<ByteStream>>(Error{ErrorCode::kNotFound, "cannot be read here"});
  if (!opened.ok()) {
    problems.Error(place, fmt::format("{} {}", Printable(entry.data), opened.error().message),
                   "paths are relative to the manifest's folder");
    return true;
  }
  const auto rows = ReadRows(*FormatOf(entry.data), *std::move(opened));
  const std::vector<Condition>& where = entry.multiplier.where;
  Row row;
  bool first = true;
  while (true) {
    const RowReader::Step step = rows->Next(row);
    if (step == RowReader::Step::kEnd) return true;
    if (step != RowReader::Step::kRow) {
      const DataProblem& problem = rows->problem();
      problems.ForeignError(place, entry.data, problem.place, problem.message, problem.hint);
      if (step == RowReader::Step::kFailed) return true;
      continue;
    }
    if (std::exchange(first, false) && !CheckColumns(entry, *rows, problems)) return true;
    const auto missing = std::find_if(where.begin(), where.end(), [&](const Condition& condition) {
      return row.Find(condition.name) == nullptr;
    });
    if (missing != where.end()) {
      problems.ForeignError(
          place, entry.data, {row.line, 1},
          fmt::format("this row has no \"{}\", which where names", Excerpt(missing->name, 60)));
    } else if (entry.multiplier.Keeps(row) && !visit(row)) {
      return false;
    }
  }
}

}  // namespace aigc::manifest
