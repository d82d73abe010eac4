#include "manifest/expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "manifest/output_names.h"
#include "manifest/schema_check.h"
#include "manifest/settings_reader.h"
#include "manifest/source_check.h"
#include "manifest/task_names.h"
#include "manifest/yaml_reader.h"

namespace aigc::manifest {
namespace {

// A manifest that expands to more is refused unless limits.tasks says otherwise: more than this was
// hardly meant.
constexpr std::int64_t kDefaultMaxTasks = 2'000'000;

}  // namespace

Expansion::Expansion(std::string_view text, const std::string& path, const LoadOptions& options)
    : options_(options),
      source_(text, path),
      problems_(source_),
      environment_(options.environment),
      files_(options.files) {}

bool Expansion::Load() {
  if (!CheckText(source_, problems_)) return false;
  const Environment cached = [this](const std::string& name) { return environment_.Get(name); };
  if (!CheckSecrets(source_, cached, problems_)) return false;
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
  CheckAgainstSchema(root, problems_);
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
  files_.SetUpload(settings_.upload);
  if (const Node* output = root.Find("output"); output != nullptr && output->is_map()) {
    const Node* name = output->Find("filename");
    if (name != nullptr && name->is_scalar()) filename_ = name;
  }
  if (const Node* node = root.Find("defaults"); node != nullptr && !node->is_null()) {
    if (node->is_map()) {
      defaults_ = CollectFields(*node, "defaults", problems_);
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
    if (defaults_.At(i) == nullptr || !Multiplies(static_cast<FieldId>(i))) continue;
    problems_.Error(defaults_.At(i)->offset,
                    fmt::format("{} makes many tasks of one, and would of every task here",
                                TaskFields()[i].name),
                    "write it at the task that is meant");
    defaults_.members[i] = 0;
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
    if (problems_.full()) break;
    if (!item->is_map()) {
      ReportType(Written(*item), "a task", "a map", "write it as \"- id: NAME\" and its fields",
                 problems_);
      continue;
    }
    Entry entry{CollectFields(*item, "a task", problems_)};
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
  return {defaults_, &vars_, filename_, &files_, &environment_, &problems};
}

void Expansion::ForEachInstance(ProblemList& problems, const Visit& visit) {
  Instance instance;
  for (const Entry& entry : entries_) {
    const Multiplier::Visit combine = [&](const VarTable& values, std::int64_t repeat) {
      ++instance.index;
      instance.matrix = &values;
      instance.repeat = repeat;
      return visit(entry, instance);
    };
    const std::function<bool(const Row&)> multiply = [&](const Row& row) {
      instance.row = &row;
      problems.SetOrigin(&entry.data, row.line);
      const bool go_on = entry.multiplier.ForEach(&row, combine);
      problems.SetOrigin(nullptr, 0);
      return go_on;
    };
    instance.row = nullptr;
    const Node* from = entry.own[FieldId::kFrom];
    if (from == nullptr || from->is_null()) {
      if (!entry.multiplier.ForEach(nullptr, combine)) return;
    } else if (!entry.data.empty()) {
      if (!ForEachRow(entry, problems, multiply)) return;
    }
  }
}

// The reader of one entry after the other.
class Expansion::Readers {
 public:
  explicit Readers(const TaskContext& context) : context_(context) {}
  TaskReader& For(const Entry& entry) {
    if (&entry != entry_) reader_.emplace(context_, entry);
    entry_ = &entry;
    return *reader_;
  }

 private:
  const TaskContext& context_;
  const Entry* entry_ = nullptr;
  std::optional<TaskReader> reader_;
};

bool Expansion::NamesAllFilesById() const {
  const Node* output = defaults_[FieldId::kOutput];
  const Node* name = filename_;
  if (output != nullptr && !output->is_null()) {
    if (!output->is_map() || output->Find("dir") != nullptr) return false;
    if (const Node* own = output->Find("filename")) name = own;
  }
  if (name != nullptr && !(name->is_scalar() && NamesFilesById(name->text))) return false;
  return std::all_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.own[FieldId::kOutput] == nullptr; });
}

void Expansion::CheckTasks() {
  const TaskContext context = ContextFor(problems_);
  const Entry none;
  TaskReader(context, none).CheckDefaults();
  Readers readers(context);
  TaskNames names(entries_, NamesAllFilesById(), problems_);
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
    if (problems_.full()) return false;
    TaskReader& reader = readers.For(entry);
    if (reader.Read(instance)) CheckSpec(entry, problems_, reader);
    names.Take(reader.spec(), entry, instance.row);
    links_.Add(reader.spec(), entry.own.map->offset);
    task_count_ = instance.index;
    return true;
  });
  // A task that could not be read, or was never reached, may be one that others need.
  if (problems_.errors() == 0) links_.Check(names.ids(), problems_);
  if (problems_.errors() == 0 && links_.any_read()) ResolveLinks();
  if (task_count_ == 0 && !entries_.empty() && problems_.errors() == 0) {
    problems_.Error(entries_[0].own.map->offset, "nothing is left of the tasks",
                    "where and exclude leave no row and no combination");
  }
}

void Expansion::ResolveLinks() {
  const Status learnt = ForEachSpec([this](const TaskSpec& spec, Place /*place*/) -> Status {
    links_.Learn(spec);
    return {};
  });
  if (learnt.ok()) {
    links_.Resolve(problems_);
  } else {
    problems_.Error(document_.root->offset, learnt.error().message, learnt.error().hint);
  }
}

std::size_t Expansion::PlaceOfField(const Entry& entry, std::string_view field) const {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (TaskFields()[i].name != field) continue;
    if (entry.own.At(i) != nullptr) return entry.own.At(i)->offset;
    if (defaults_.At(i) != nullptr) return defaults_.At(i)->offset;
  }
  return entry.own.map->offset;
}

void Expansion::CheckSpec(const Entry& entry, ProblemList& problems, TaskReader& reader) {
  if (!options_.check_spec) return;
  std::vector<Finding> findings;
  options_.check_spec(reader.spec(), reader.allow_unknown().value_or(settings_.allow_unknown),
                      findings);
  for (Finding& finding : findings) {
    const std::size_t offset = PlaceOfField(entry, finding.field);
    if (finding.severity == Severity::kError) {
      problems.Error(offset, std::move(finding.message), std::move(finding.hint));
    } else {
      problems.Warning(offset, std::move(finding.message), std::move(finding.hint));
    }
  }
}

Status Expansion::ForEachTask(const std::function<Status(const ExpandedTask&)>& visit) {
  return ForEachSpec([&](const TaskSpec& spec, Place place) {
    return visit({spec, links_.FingerprintOf(spec), place});
  });
}

Status Expansion::ForEachSpec(const std::function<Status(const TaskSpec&, Place)>& visit) {
  Status status;
  // Only a file can have become another one since everything was checked.
  const auto refused = [](const ProblemList& problems) {
    const Problem problem = problems.Sorted()[0];
    return Error{ErrorCode::kManifest,
                 "a manifest that was accepted is refused now: " + problem.message,
                 fmt::format("{}:{}", problem.file, problem.place.line),
                 "do not change its files while it is read"};
  };
  ProblemList data_problems(source_), problems(source_);
  const TaskContext context = ContextFor(problems);
  Readers readers(context);
  const Entry* last = nullptr;
  Place place;
  ForEachInstance(data_problems, [&](const Entry& entry, const Instance& instance) {
    if (data_problems.errors() > 0) return false;
    if (std::exchange(last, &entry) != &entry) place = source_.PlaceOf(entry.own.map->offset);
    TaskReader& reader = readers.For(entry);
    reader.Read(instance);
    CheckSpec(entry, problems, reader);
    if (problems.errors() > 0) {
      status = refused(problems);
      return false;
    }
    if (problems.added() > 0) problems.Clear();  // warnings, which Load has given
    status = visit(reader.spec(), place);
    return status.ok();
  });
  if (status.ok() && data_problems.errors() > 0) status = refused(data_problems);
  return status;
}

}  // namespace aigc::manifest
