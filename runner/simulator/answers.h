// Answer bodies of the API, member for member as the service writes them (reference 3.8 to 3.10,
// 8.2). Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "simulator/api_error.h"
#include "simulator/ledger.h"

namespace aigc::simulator {

std::string ErrorBody(const ApiError& error, std::string_view request_id);
std::string CreatedBody(std::string_view task_id, std::string_view request_id);
std::string EmptyBody(std::string_view request_id);  // success that says nothing

std::string AppliedBody(const LedgerUpload& upload, std::string_view bucket,
                        std::string_view region, std::string_view request_id);
std::string CommittedBody(const LedgerUpload& upload, std::string_view request_id);

struct DetailStyle {
  std::string_view file_base_url;
  bool null_task = false;  // the task object null although the type fits
  bool unknown_members = false;
};
std::string DetailBody(const LedgerTask& task, const DetailStyle& style,
                       std::string_view request_id);

struct ListStyle {
  bool lower_case_type = false;
  bool unknown_members = false;
};
std::string ListBody(std::span<const LedgerTask* const> page, std::string_view scroll_token,
                     const ListStyle& style, std::string_view request_id);

// Bodies no client can use, for FaultKind::kGarbage; `filler_bytes` gets what must follow.
std::string GarbageBody(Garbage garbage, std::string_view request_id, std::uint64_t& filler_bytes);

}  // namespace aigc::simulator
