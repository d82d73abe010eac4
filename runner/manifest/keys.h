// The keys of every map of a manifest but a task's own (task_fields.h). A test holds them against
// the schema and the documented table.
#pragma once

#include <array>
#include <string_view>

namespace aigc::manifest {

inline constexpr auto kTopKeys = std::to_array<std::string_view>(
    {"manifest", "name", "sub_app_id", "defaults", "vars", "limits", "prices", "upload",
     "allow_unknown", "allow_unpriced", "output", "tasks"});
inline constexpr auto kLimitKeys = std::to_array<std::string_view>(
    {"submit_rate", "poll_rate", "first_look", "look_every", "max_in_flight", "per_model",
     "downloads", "stop_when", "tasks", "attempts", "task_timeout", "give_up_after", "budget",
     "failed_cost"});
inline constexpr auto kModelLimitKeys = std::to_array<std::string_view>({"max_in_flight"});
inline constexpr auto kStopWhenKeys = std::to_array<std::string_view>({"failed", "after"});
inline constexpr auto kOutputKeys = std::to_array<std::string_view>({"dir", "filename", "report"});
inline constexpr auto kTaskOutputKeys = std::to_array<std::string_view>({"dir", "filename"});
inline constexpr auto kSourceKeys = std::to_array<std::string_view>({"source", "key"});
inline constexpr auto kInputKeys =
    std::to_array<std::string_view>({"source", "key", "usage", "category", "reference_type",
                                     "object_id", "voice_id", "keep_original_sound", "text"});
inline constexpr auto kSubjectKeys =
    std::to_array<std::string_view>({"id", "name", "voice_id", "image_urls", "video_urls"});

}  // namespace aigc::manifest
