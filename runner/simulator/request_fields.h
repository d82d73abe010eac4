// The request fields of the API as data: what each object may hold (reference 3.1 to 3.10). The
// order is that of the echoed Input in task details.
#pragma once

#include <span>
#include <string_view>

namespace aigc::simulator {

enum class FieldType { kString, kInt, kNumber, kObject, kObjects, kStrings };

struct Field {
  std::string_view name;
  FieldType type = FieldType::kString;
  bool required = false;
  bool echo = false;                           // repeated in Input
  bool accept = true;                          // false: only echoed, unknown in a request
  std::string_view echo_default{};             // of strings
  std::span<const std::string_view> values{};  // of strings; empty: any
  std::span<const Field> members{};            // of objects
};

std::span<const Field> CreateVideoFields();
std::span<const Field> CreateImageFields();
std::span<const Field> DetailFields();
std::span<const Field> ListFields();
std::span<const Field> ManageFields();
std::span<const Field> ApplyUploadFields();
std::span<const Field> CommitUploadFields();

}  // namespace aigc::simulator
