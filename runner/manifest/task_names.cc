#include "manifest/task_names.h"

#include <fmt/format.h>

#include "base/text.h"
#include "manifest/output_names.h"

namespace aigc::manifest {
namespace {

std::size_t PlaceOfId(const Entry& entry) {
  const Node* id = entry.own[FieldId::kId];
  return id != nullptr ? id->offset : entry.own.map->offset;
}

// What tells the tasks of one entry apart.
std::string InsideHint(const Entry& entry, bool same_row) {
  if (!same_row) return "put a column that differs in every row into the id, or ${row_number}";
  std::string names;
  for (const Axis& axis : entry.multiplier.axes) names += fmt::format("-${{{}}}", axis.name);
  if (entry.multiplier.repeat > 1) names += "-${repeat}";
  return fmt::format("this entry makes many tasks: put {} into the id", names.substr(1));
}

}  // namespace

std::string TaskNames::Written(const Origin& origin) const {
  const Place place = problems_.source().PlaceOf(PlaceOfId(entries_[origin.entry]));
  std::string written = fmt::format("{}:{}", place.line, place.column);
  if (origin.line > 0) {
    written += fmt::format(", {}:{}", entries_[origin.entry].data, origin.line);
  }
  return written;
}

void TaskNames::Take(const TaskSpec& spec, const Entry& entry, const Row* row) {
  if (spec.id.empty()) return;
  const Origin here{static_cast<std::uint32_t>(&entry - entries_.data()),
                    static_cast<std::uint32_t>(row != nullptr ? row->line : 0)};
  if (const auto first = ids_.Take(spec.id, here)) {
    const bool same = first->entry == here.entry && first->line == here.line;
    const std::string shown = Excerpt(spec.id, 60);
    problems_.Error(
        PlaceOfId(entry),
        same ? fmt::format("the id \"{}\" comes out more than once here", shown)
             : fmt::format("the id \"{}\" is taken; first at {}", shown, Written(*first)),
        first->entry == here.entry ? InsideHint(entry, same) : "give each task its own id");
    return;
  }
  if (spec.output_filename.empty()) return;
  if (const auto first = TakeFile(spec, here)) {
    problems_.Error(PlaceOfId(entry),
                    fmt::format("this task's file \"{}\" is also that of the task at {}",
                                Excerpt(spec.output_filename, 80), Written(*first)),
                    "put ${id} into output.filename; letters of either case may be one on a disk");
  }
}

std::optional<Origin> TaskNames::TakeFile(const TaskSpec& spec, Origin here) {
  if (!files_by_id_) return files_.Take(FileKey(spec.output_dir, spec.output_filename), here);
  if (IsFolded(spec.id)) return files_.Find(spec.id);
  const std::string folded = Folded(spec.id);
  if (const auto first = files_.Find(folded)) return first;
  if (const auto first = ids_.Find(folded)) return first;  // which is folded itself
  return files_.Take(folded, here);
}

}  // namespace aigc::manifest
