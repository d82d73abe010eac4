// The fields a task can have, as data: name, which kinds have it, where its value goes in a
// TaskSpec, and what may be written. Fields without a target are read by code of their own
// (task_reader.cc).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "manifest/node.h"
#include "manifest/problem_list.h"
#include "manifest/value_reader.h"
#include "task/task_spec.h"

namespace aigc::manifest {

enum class Applies { kBoth, kVideo, kImage };
inline bool AppliesTo(Applies applies, Kind kind) {
  return applies == Applies::kBoth || (applies == Applies::kVideo) == (kind == Kind::kVideo);
}

using Target =
    std::variant<std::monostate, std::string TaskSpec::*, std::optional<bool> TaskSpec::*,
                 std::optional<int> TaskSpec::*, std::optional<std::int64_t> TaskSpec::*,
                 std::optional<double> TaskSpec::*>;

// In the order of the table below, so that a FieldId is an index into it.
enum class FieldId : std::size_t {
  kId,
  kKind,
  kModel,
  kVars,
  kPrompt,
  kPromptFile,
  kNegativePrompt,
  kEnhancePrompt,
  kFirstFrame,
  kLastFrame,
  kReferences,
  kInputs,
  kSubjects,
  kDuration,
  kResolution,
  kAspectRatio,
  kAudio,
  kBgm,
  kEnhance,
  kFrameInterpolate,
  kOffPeak,
  kLogo,
  kPersonGeneration,
  kInputComplianceCheck,
  kOutputComplianceCheck,
  kCount,
  kFormat,
  kStorage,
  kMediaName,
  kClassId,
  kExpireTime,
  kSeed,
  kSceneType,
  kPriority,
  kInputRegion,
  kProcedure,
  kExtInfo,
  kApi,
  kTags,
  kOutput,
  kDependsOn,
  kFrom,
  kWhere,
  kMatrix,
  kExclude,
  kRepeat,
  kEnd
};
inline constexpr std::size_t kFieldCount = static_cast<std::size_t>(FieldId::kEnd);

struct FieldInfo {
  std::string_view name;
  Applies applies = Applies::kBoth;
  Target target{};
  std::span<const Choice> choices{};  // std::string: nothing else may be written
  std::int64_t low = 0;               // whole numbers
  std::int64_t high = INT64_MAX;
};

const std::array<FieldInfo, kFieldCount>& TaskFields();
inline const FieldInfo& InfoOf(FieldId id) { return TaskFields()[static_cast<std::size_t>(id)]; }

// The values one map of the manifest (an entry of tasks, or the defaults) gives to fields, by
// FieldId; nullptr for a field that it does not name.
struct FieldNodes {
  const Node* map = nullptr;  // nullptr: nothing at all
  std::array<const Node*, kFieldCount> values{};
  const Node* operator[](FieldId id) const { return values[static_cast<std::size_t>(id)]; }
};

// Fields that make many tasks of one entry. They belong to a task: among the defaults they would
// multiply every one.
inline bool Multiplies(FieldId id) { return id >= FieldId::kFrom; }

// Sorts the members of `map` to their fields; unknown ones become problems.
FieldNodes CollectFields(const Node& map, std::string_view where, ProblemList& problems);

}  // namespace aigc::manifest
