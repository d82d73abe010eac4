#include "manifest/expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "manifest/name_table.h"
#include "manifest/output_names.h"
#include "manifest/settings_reader.h"
#include "manifest/source_check.h"
#include "manifest/task_links.h"
#include "manifest/yaml_reader.h"

namespace aigc::manifest {
namespace {

// A manifest that expands to more is refused unless limits.tasks says otherwise: more than this was
// hardly meant.
constexpr std::int64_t kDefaultMaxTasks = 2'000'000;

}  // namespace

// Ids and file names that were taken by earlier tasks.
class Expansion::Uniqueness {
 public:
  Uniqueness(const std::vector<Entry>& entries, ProblemList& problems)
      : entries_(entries), problems_(problems) {}

  void Check(const TaskSpec& spec, const Entry& entry, const Row* row) {
    if (spec.id.empty()) return;
    const std::size_t at = PlaceOfId(entry);
    const Origin here{static_cast<std::uint32_t>(&entry - entries_.data()),
                      static_cast<std::uint32_t>(row != nullptr ? row->line : 0)};
    if (const auto first = ids_.Take(spec.id, here)) {
      const bool same = first->entry == here.entry && first->line == here.line;
      const std::string shown = Excerpt(spec.id, 60);
      problems_.Error(
          at,
          same ? fmt::format("the id \"{}\" comes out more than once here", shown)
               : fmt::format("the id \"{}\" is taken; first at {}", shown, Written(*first)),
          first->entry == here.entry ? InsideHint(entry, same) : "give each task its own id");
      return;
    }
    if (spec.output_filename.empty()) return;
    if (const auto first = names_.Take(FileKey(spec.output_dir, spec.output_filename), here)) {
      problems_.Error(
          at,
          fmt::format("this task's file \"{}\" is also that of the task at {}",
                      Excerpt(spec.output_filename, 80), Written(*first)),
          "put ${id} into output.filename; letters of either case may be one on a disk");
    }
  }

  const NameTable& ids() const { return ids_; }

 private:
  static std::size_t PlaceOfId(const Entry& entry) {
    const Node* id = entry.own[FieldId::kId];
    return id != nullptr ? id->offset : entry.own.map->offset;
  }
  std::string Written(const Origin& origin) const {
    const Place place = problems_.source().PlaceOf(PlaceOfId(entries_[origin.entry]));
    std::string written = fmt::format("{}:{}", place.line, place.column);
    if (origin.line > 0) {
      written += fmt::format(", {}:{}", entries_[origin.entry].data, origin.line);
    }
    return written;
  }
  // What tells the tasks of one entry apart.
  static std::string InsideHint(const Entry& entry, bool same_row) {
    if (!same_row) return "put a column that differs in every row into the id, or ${row_number}";
    std::string names;
    for (const Axis& axis : entry.multiplier.axes) names += fmt::format("-${{{}}}", axis.name);
    if (entry.multiplier.repeat > 1) names += "-${repeat}";
    return fmt::format("this entry makes many tasks: put {} into the id", names.substr(1));
  }

  const std::vector<Entry>& entries_;
  ProblemList& problems_;
  NameTable ids_;
  NameTable names_;
};

Expansion::Expansion(std::string_view text, const std::string& path, const LoadOptions& options)
    : options_(options),
      source_(text, path),
      problems_(source_),
      environment_(options.environment),
      files_(options.files) {}

bool Expansion::Load() {
  if (!CheckText(source_, problems_)) return false;
  const Environment cached = [this](const std::string& name) { return environment_.Get(name); };
  CheckSecrets(source_, cached, problems_);
  auto document = ReadYaml(source_, problems_);
  if (!document) return false;
  document_ = std::move(*document);
  MaskSecretKeys();
  const Node& root = *document_.root;
  if (!root.is_map()) {
    problems_.Error(root.offset,
                    fmt::format("a manifest must be a map, not {}", Describe(Written(root))),
                    "begin the file with \"manifest: 1\"");
    return false;
  }
  Compile(root);
  CheckTasks();
  return problems_.errors() == 0;
}

void Expansion::MaskSecretKeys() {
  // Nodes and not the tree: an alias shows each of them only once.
  for (const Node& node : document_.nodes) {
    for (const Member& member : node.members) {
      if (!IsSecretKey(member.key->text)) continue;
      problems_.Error(member.key->offset,
                      fmt::format("\"{}\": credentials do not belong in a manifest",
                                  Excerpt(member.key->text, 60)),
                      std::string(SecretHint()));
      const std::string& value = member.value->text;
      const std::size_t at =
          value.empty() ? std::string_view::npos : source_.text().find(value, member.value->offset);
      if (at != std::string_view::npos) problems_.Mask({at, value.size()});
    }
  }
}

void Expansion::Compile(const Node& root) {
  vars_ = ReadVars(root.Find("vars"), problems_);
  TextExpander texts({&vars_}, environment_, problems_);
  settings_ = SettingsReader(problems_, texts).Read(root, source_.path());
  if (const Node* output = root.Find("output"); output != nullptr && output->is_map()) {
    const Node* name = output->Find("filename");
    if (name != nullptr && name->is_scalar()) filename_ = name;
  }
  if (const Node* node = root.Find("defaults"); node != nullptr && !node->is_null()) {
    if (node->is_map()) {
      defaults_ = CollectFields(*node, "defaults", options_.allow_pipelines, problems_);
      RefuseMultipliersInDefaults();
      default_vars_ = ReadVars(defaults_[FieldId::kVars], problems_);
    } else {
      ReportType(Written(*node), "defaults", "a map", "", problems_);
    }
  }
  const Node* tasks = root.Find("tasks");
  if (tasks == nullptr || tasks->is_null() || (tasks->is_list() && tasks->items.empty())) {
    problems_.Error(tasks == nullptr ? root.offset : tasks->offset, "the manifest has no tasks",
                    "add a list \"tasks:\" with at least one task");
  } else if (!tasks->is_list()) {
    ReportType(Written(*tasks), "tasks", "a list", "begin each task with \"- id: …\"", problems_);
  } else {
    CompileTasks(*tasks);
  }
}

void Expansion::RefuseMultipliersInDefaults() {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (defaults_.values[i] == nullptr || !Multiplies(static_cast<FieldId>(i))) continue;
    problems_.Error(defaults_.values[i]->offset,
                    fmt::format("{} makes many tasks of one, and would of every task here",
                                TaskFields()[i].name),
                    "write it at the task that is meant");
    defaults_.values[i] = nullptr;
  }
}

std::int64_t Expansion::MaxTasks() const {
  return settings_.limits.tasks.value_or(kDefaultMaxTasks);
}

void Expansion::CheckCount(const Node& tasks) {
  const std::int64_t limit = MaxTasks();
  std::int64_t total = 0;
  for (const Entry& entry : entries_) {
    const std::int64_t product = entry.multiplier.Product();  // of one row
    if (product > limit) {
      const Node* cause = entry.own[FieldId::kMatrix];
      if (cause == nullptr) cause = entry.own[FieldId::kRepeat];
      problems_.Error(
          cause != nullptr ? cause->offset : entry.own.map->offset,
          product == INT64_MAX
              ? fmt::format("this makes more than {} tasks; limits.tasks allows {}", product, limit)
              : fmt::format("this makes {} tasks; limits.tasks allows {}", product, limit),
          "raise limits.tasks if that many are meant");
      entries_.clear();
      return;
    }
    if (__builtin_add_overflow(total, product, &total)) total = INT64_MAX;
  }
  if (total <= limit) return;
  problems_.Error(tasks.offset,
                  fmt::format("the manifest has {} tasks; limits.tasks allows {}", total, limit),
                  "raise limits.tasks if that many are meant");
  entries_.clear();
}

void Expansion::CompileTasks(const Node& tasks) {
  entries_.reserve(tasks.items.size());
  const std::string folder = FolderOf(source_.path());
  for (const Node* item : tasks.items) {
    if (!item->is_map()) {
      ReportType(Written(*item), "a task", "a map", "write it as \"- id: NAME\" and its fields",
                 problems_);
      continue;
    }
    Entry entry{CollectFields(*item, "a task", options_.allow_pipelines, problems_)};
    const Node* vars = entry.own[FieldId::kVars];
    entry.own_vars = ReadVars(vars, problems_);
    // Own ones win, and null takes the defaults away.
    if (vars == nullptr || !vars->is_null()) {
      entry.own_vars.insert(default_vars_.begin(), default_vars_.end());
    }
    entry.multiplier = ReadMultiplier(entry.own, problems_);
    entry.folder = folder;
    FindData(entry);
    entries_.push_back(std::move(entry));
  }
  CheckCount(tasks);
}

TaskContext Expansion::ContextFor(ProblemList& problems) {
  return {defaults_, &vars_, filename_, &files_, &environment_, options_.allow_pipelines,
          &problems};
}

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

void Expansion::ForEachInstance(ProblemList& problems, const Visit& visit) {
  Instance instance;
  for (const Entry& entry : entries_) {
    const auto multiply = [&](const Row* row) {
      instance.row = row;
      problems.SetOrigin(row != nullptr ? &entry.data : nullptr, row != nullptr ? row->line : 0);
      const bool go_on =
          entry.multiplier.ForEach(row, [&](const VarTable& values, std::int64_t repeat) {
            ++instance.index;
            instance.matrix = &values;
            instance.repeat = repeat;
            return visit(entry, instance);
          });
      problems.SetOrigin(nullptr, 0);
      return go_on;
    };
    const Node* from = entry.own[FieldId::kFrom];
    if (from == nullptr || from->is_null()) {
      if (!multiply(nullptr)) return;
    } else if (!entry.data.empty()) {
      if (!ForEachRow(entry, problems, [&](const Row& row) { return multiply(&row); })) return;
    }
  }
}

void Expansion::CheckTasks() {
  const TaskContext context = ContextFor(problems_);
  const Entry none;
  TaskReader(context, none, Instance{}).CheckDefaults();
  Uniqueness uniqueness(entries_, problems_);
  TaskLinks links;
  const std::int64_t limit = MaxTasks();
  ForEachInstance(problems_, [&](const Entry& entry, const Instance& instance) {
    if (instance.index > limit) {
      problems_.Error(entry.own.map->offset,
                      fmt::format("with this row the manifest has more tasks than the {} that "
                                  "limits.tasks allows",
                                  limit),
                      "raise limits.tasks if that many are meant");
      return false;
    }
    ReadTaskResult read = TaskReader(context, entry, instance).Read();
    if (read.complete) CheckSpec(entry, context, read.spec);
    uniqueness.Check(read.spec, entry, instance.row);
    links.Add(read.spec, entry.own.map->offset);
    task_count_ = instance.index;
    return true;
  });
  // A task that could not be read, or was never reached, may be one that others need.
  if (problems_.errors() == 0) links.Check(uniqueness.ids(), problems_);
  if (task_count_ == 0 && !entries_.empty() && problems_.errors() == 0) {
    problems_.Error(entries_[0].own.map->offset, "nothing is left of the tasks",
                    "where and exclude leave no row and no combination");
  }
}

std::size_t Expansion::PlaceOfField(const Entry& entry, std::string_view field) const {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (TaskFields()[i].name != field) continue;
    if (entry.own.values[i] != nullptr) return entry.own.values[i]->offset;
    if (defaults_.values[i] != nullptr) return defaults_.values[i]->offset;
  }
  return entry.own.map->offset;
}

void Expansion::CheckSpec(const Entry& entry, const TaskContext& context, TaskSpec& spec) {
  if (!options_.check_spec) return;
  std::vector<Finding> findings;
  options_.check_spec(spec, findings);
  for (Finding& finding : findings) {
    const std::size_t offset = PlaceOfField(entry, finding.field);
    if (finding.severity == Severity::kError) {
      context.problems->Error(offset, std::move(finding.message), std::move(finding.hint));
    } else {
      context.problems->Warning(offset, std::move(finding.message), std::move(finding.hint));
    }
  }
}

Status Expansion::ForEachTask(const std::function<Status(const TaskSpec&, Place)>& visit) {
  Status status;
  // Only a file can have become another one since everything was checked.
  const auto refused = [](const ProblemList& problems) {
    const Problem problem = problems.Sorted()[0];
    return Error{ErrorCode::kManifest,
                 "a manifest that was accepted is refused now: " + problem.message,
                 fmt::format("{}:{}", problem.file, problem.place.line),
                 "do not change its files while it is read"};
  };
  ProblemList data_problems(source_);
  ForEachInstance(data_problems, [&](const Entry& entry, const Instance& instance) {
    if (data_problems.errors() > 0) return false;
    ProblemList problems(source_);
    const TaskContext context = ContextFor(problems);
    ReadTaskResult read = TaskReader(context, entry, instance).Read();
    CheckSpec(entry, context, read.spec);
    status = problems.errors() > 0 ? Status(refused(problems))
                                   : visit(read.spec, source_.PlaceOf(entry.own.map->offset));
    return status.ok();
  });
  if (status.ok() && data_problems.errors() > 0) status = refused(data_problems);
  return status;
}

}  // namespace aigc::manifest
