#include "manifest/task_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace aigc::manifest {
namespace {

constexpr std::array kPersonGeneration =
    std::to_array<Choice>({{"allow_adult", "AllowAdult"}, {"disallowed", "Disallowed"}});
constexpr std::array kStorage =
    std::to_array<Choice>({{"temporary", "Temporary"}, {"permanent", "Permanent"}});
constexpr std::array kInputRegion = std::to_array<Choice>(
    {{"mainland", "Mainland"}, {"oversea", "Oversea"}, {"oversea_us_west", "OverseaUSWest"}});
constexpr std::array kFormat = std::to_array<Choice>({{"jpeg", "jpeg"}, {"png", "png"}});

const std::vector<std::string_view>& FieldNames() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const FieldInfo& field : TaskFields()) all.push_back(field.name);
    return all;
  }();
  return names;
}

}  // namespace

const std::array<FieldInfo, kFieldCount>& TaskFields() {
  using enum Applies;
  // TasksPriority: reference 3.1. What a model allows (count, duration …) is the catalog's matter.
  static const std::array<FieldInfo, kFieldCount> fields = {{
      {"id"},
      {"kind"},
      {"model"},
      {"vars"},
      {"prompt", kBoth, &TaskSpec::prompt},
      {"prompt_file"},
      {"negative_prompt", kBoth, &TaskSpec::negative_prompt},
      {"enhance_prompt", kBoth, &TaskSpec::enhance_prompt},
      {"first_frame", kVideo},
      {"last_frame", kVideo},
      {"references"},
      {"inputs"},
      {"subjects", kVideo},
      {"duration", kVideo, &TaskSpec::duration},
      {"resolution", kBoth, &TaskSpec::resolution},
      {"aspect_ratio", kBoth, &TaskSpec::aspect_ratio},
      {"audio", kVideo, &TaskSpec::audio},
      {"bgm", kVideo, &TaskSpec::bgm},
      {"enhance", kVideo, &TaskSpec::enhance},
      {"frame_interpolate", kVideo, &TaskSpec::frame_interpolate},
      {"off_peak", kVideo, &TaskSpec::off_peak},
      {"logo", kBoth, &TaskSpec::logo},
      {"person_generation", kBoth, &TaskSpec::person_generation, kPersonGeneration},
      {"input_compliance_check", kBoth, &TaskSpec::input_compliance_check},
      {"output_compliance_check", kBoth, &TaskSpec::output_compliance_check},
      {"count", kImage, &TaskSpec::count, {}, 1, INT32_MAX},
      {"format", kImage, &TaskSpec::format, kFormat},
      {"storage", kBoth, &TaskSpec::storage, kStorage},
      {"media_name", kBoth, &TaskSpec::media_name},
      {"class_id", kBoth, &TaskSpec::class_id},
      {"expire_time", kBoth, &TaskSpec::expire_time},
      {"seed", kBoth, &TaskSpec::seed, {}, INT64_MIN},
      {"scene_type", kBoth, &TaskSpec::scene_type},
      {"priority", kBoth, &TaskSpec::priority, {}, -10, 10},
      {"input_region", kBoth, &TaskSpec::input_region, kInputRegion},
      {"procedure", kVideo, &TaskSpec::procedure},
      {"ext_info"},
      {"api"},
      {"tags"},
      {"output"},
      {"depends_on"},
      {"from"},
      {"where"},
      {"matrix"},
      {"exclude"},
      {"repeat"},
  }};
  return fields;
}

FieldNodes CollectFields(const Node& map, std::string_view where, ProblemList& problems) {
  static const std::unordered_map<std::string_view, std::size_t> indices = [] {
    std::unordered_map<std::string_view, std::size_t> all;
    for (std::size_t i = 0; i < kFieldCount; ++i) all.emplace(TaskFields()[i].name, i);
    return all;
  }();
  FieldNodes nodes;
  nodes.map = &map;
  Node unknown;  // the members that are no field, for one check in one place
  for (const Member& member : map.members) {
    const std::string& key = member.key->text;
    const auto found = indices.find(key);
    if (found != indices.end()) {
      nodes.values[found->second] = member.value;
    } else {
      unknown.members.push_back(member);
    }
  }
  if (!unknown.members.empty()) CheckKeys(unknown, FieldNames(), where, problems);
  return nodes;
}

}  // namespace aigc::manifest
