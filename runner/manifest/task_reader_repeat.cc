// One task of an entry after the other, and what need not be read again for the next one.
#include <algorithm>
#include <array>
#include <type_traits>
#include <variant>

#include "manifest/task_reader.h"

namespace aigc::manifest {
namespace {

// Whether any text in the tree is not what it will be in every task.
bool UsesTemplates(const Node* node) {
  if (node == nullptr) return false;
  if (node->is_scalar()) return HasTemplate(node->text);
  return std::any_of(node->items.begin(), node->items.end(), UsesTemplates) ||
         std::any_of(node->members.begin(), node->members.end(),
                     [](const Member& member) { return UsesTemplates(member.value); });
}

}  // namespace

bool TaskReader::Read(const Instance& instance) {
  texts_.BeginTask();
  texts_.SetMatrix(instance.matrix);
  texts_.SetRow(instance.row);
  texts_.SetBuiltIn("index", instance.index);
  texts_.SetBuiltIn("repeat", instance.repeat);
  if (instance.row != nullptr) texts_.SetBuiltIn("row_number", instance.row->number);
  texts_.ForgetBuiltIn("id");
  if (IsDue(FieldId::kModel)) {
    texts_.ForgetBuiltIn("model");
    texts_.ForgetBuiltIn("version");
  }
  if (kept_) {
    spec_ = *kept_;
  } else {
    spec_ = TaskSpec();
    texts_.ForgetBuiltIn("kind");
  }
  const std::size_t before = problems_.added();
  // The order matters for templates: each may use what was read before it.
  bool ok = !IsDue(FieldId::kKind) || ReadKind();
  ok = (!IsDue(FieldId::kModel) || ReadModel()) && ok;
  ok = ReadId() && ok;
  if (ok && !kept_) RefuseForeignFields();
  ReadSimpleFields();
  ReadPromptFile();
  bool inputs_ok = !IsDue(FieldId::kInputs) || ReadInputs();
  inputs_ok = (!IsDue(FieldId::kInputs) || ReadSubjects()) && inputs_ok;
  if (IsDue(FieldId::kExtInfo)) ReadExtInfo();
  if (IsDue(FieldId::kApi)) ReadApi();
  if (IsDue(FieldId::kTags)) ReadTags();
  if (IsDue(FieldId::kDependsOn)) ReadDependsOn();
  if (IsDue(FieldId::kAllowUnknown)) allow_unknown_ = ReadAllowUnknown();
  if (!spec_.id.empty()) ReadOutput();
  ok = CheckPrompt(inputs_ok) && inputs_ok && ok;
  const bool many = instance.row != nullptr || entry_.multiplier.Product() > 1;
  if (many && !kept_ && ok && problems_.added() == before) KeepWhatStays();
  return ok;
}

bool TaskReader::Varies(FieldId id) const {
  if (id == FieldId::kExtInfo || id == FieldId::kApi) {  // merged into what the defaults say
    return UsesTemplates(entry_.own[id]) || UsesTemplates(context_.defaults[id]);
  }
  if (id == FieldId::kInputs) {  // stands for all that are read together
    constexpr std::array kSources = {FieldId::kFirstFrame, FieldId::kLastFrame,
                                     FieldId::kReferences, FieldId::kInputs, FieldId::kSubjects};
    return std::any_of(kSources.begin(), kSources.end(),
                       [this](FieldId source) { return UsesTemplates(Effective(source)); });
  }
  return UsesTemplates(Effective(id));
}

void TaskReader::KeepWhatStays() {
  if (Varies(FieldId::kKind)) return;  // it decides about all others
  due_simple_.clear();
  kept_ = spec_;
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    due_[i] = Varies(static_cast<FieldId>(i));
    const FieldInfo& field = TaskFields()[i];
    if (!due_[i] || field.target.index() == 0 || !AppliesTo(field.applies, spec_.kind)) continue;
    due_simple_.push_back(i);
    std::visit(
        [this](auto target) {
          if constexpr (!std::is_same_v<decltype(target), std::monostate>) (*kept_).*target = {};
        },
        field.target);
  }
  if (Effective(FieldId::kPromptFile) != nullptr) kept_->prompt.clear();
  if (IsDue(FieldId::kModel)) kept_->model = kept_->version = "";
  if (IsDue(FieldId::kInputs)) {
    kept_->inputs.clear();
    kept_->subjects.clear();
  }
  if (IsDue(FieldId::kExtInfo)) kept_->ext_info.clear();
  if (IsDue(FieldId::kApi)) kept_->api.clear();
  if (IsDue(FieldId::kTags)) kept_->tags.clear();
  if (IsDue(FieldId::kDependsOn)) kept_->depends_on.clear();
  kept_->id = kept_->output_dir = kept_->output_filename = "";
}

}  // namespace aigc::manifest
