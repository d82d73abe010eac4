// Request bodies of the API: JSON text in, checked values or the service's error out. Checks what
// the real service checks at submit (names, types, listed values, lengths) and no more: whether a
// model can do what was asked shows only after acceptance.
//
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/times.h"
#include "simulator/api_error.h"
#include "simulator/scenario.h"

namespace aigc::simulator {

struct CreateRequest {
  Kind kind = Kind::kVideo;
  std::int64_t sub_app_id = 0;
  std::string model{};
  std::string version{};
  std::string prompt{};
  std::string session_id{};
  std::string session_context{};
  std::int64_t priority = 0;
  bool has_inputs = false;              // files, subjects or a scene
  std::vector<std::string> file_ids{};  // of the inputs that are files of the service
  std::string resolution{};
  std::string aspect_ratio{};
  std::string output_format{};
  double duration = 0;
  std::int64_t output_count = 1;
  bool permanent = false;
  std::string media_name{};
  std::int64_t class_id = 0;
  std::string input_json{};  // the echo in task details
};

struct DetailRequest {
  std::optional<std::int64_t> sub_app_id{};
  std::string task_id{};
};

struct TimeRange {                   // of whole seconds, as the service keeps times
  std::optional<WallTime> after{};   // inclusive
  std::optional<WallTime> before{};  // exclusive
};

struct ListRequest {
  std::optional<std::int64_t> sub_app_id{};
  std::string status{};  // empty: any
  std::string file_id{};
  TimeRange created{};
  TimeRange finished{};
  bool by_finish_time = false;
  bool ascending = false;
  std::size_t limit = 10;
  std::string scroll_token{};
};

struct ManageRequest {
  std::optional<std::int64_t> sub_app_id{};
  std::string task_id{};
  std::string operation{};
};

struct ApplyUploadRequest {
  std::int64_t sub_app_id = 0;
  std::string media_type{};
  std::string media_name{};
  std::optional<WallTime> delete_at{};
};

struct CommitUploadRequest {
  std::int64_t sub_app_id = 0;
  std::string session_key{};
};

Checked<CreateRequest> ReadCreate(Kind kind, const std::string& body, bool echo_base64);
Checked<DetailRequest> ReadDetail(const std::string& body);
Checked<ListRequest> ReadList(const std::string& body);
Checked<ManageRequest> ReadManage(const std::string& body);
Checked<ApplyUploadRequest> ReadApplyUpload(const std::string& body);
Checked<CommitUploadRequest> ReadCommitUpload(const std::string& body);

// What fault rules look at, from a body that may be anything; empty where it cannot be told.
struct BodyFacts {
  std::string model{};
  std::string version{};
  std::string prompt{};
  std::string session_id{};
};
BodyFacts PeekBody(const std::string& body);

}  // namespace aigc::simulator
