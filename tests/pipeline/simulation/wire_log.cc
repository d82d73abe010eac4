#include "pipeline/simulation/wire_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aigc::testing {
namespace {

// Whether that answer proves that nothing was accepted. By the reference, not by the program's own
// tables.
bool IsRefusal(const api::Completion& completion) {
  const auto* failure = std::get_if<api::Failure>(&completion.answer);
  if (failure == nullptr) return false;
  if (failure->kind == api::FailureKind::kNotSent) return true;
  if (failure->kind != api::FailureKind::kApi) return false;
  const std::string& code = failure->code;
  const bool vague = code.starts_with("InternalError") || code.starts_with("FailedOperation") ||
                     code == "ServiceUnavailable" || code == "InvalidParameterValue.SessionId" ||
                     failure->message.find("SessionId") != std::string::npos;
  return !vague;
}

}  // namespace

std::string SessionOf(const api::CreateRequest& request) {
  constexpr std::string_view kName = "\"SessionId\":\"";
  const auto at = request.body.find(kName);
  if (at == std::string::npos) return {};
  const auto begin = at + kName.size();
  return request.body.substr(begin, request.body.find('"', begin) - begin);
}

void WireLog::Restart() {
  for (auto& [session, knowledge] : sessions_) {
    knowledge.unknown += knowledge.on_wire;
    if (knowledge.on_wire > 0) knowledge.searched = false;
    knowledge.on_wire = 0;
  }
}

void WireLog::OnStart(const api::Request& request, SteadyTime now, double rate) {
  const auto* create = std::get_if<api::CreateRequest>(&request);
  if (create == nullptr) return;
  const std::string session = SessionOf(*create);
  ++sends_[session];
  Knowledge& knowledge = sessions_[session];
  if (knowledge.on_wire > 0) {
    findings_.push_back("sent again while the first was still on the wire: " + session);
  }
  if (knowledge.unknown > 0 && !knowledge.searched) {
    findings_.push_back("sent again without a look-up, its outcome unknown: " + session);
  }
  ++knowledge.on_wire;

  while (!starts_.empty() && starts_.front() + Micros{1'000'000} <= now) starts_.pop_front();
  starts_.push_back(now);
  if (static_cast<double>(starts_.size()) > std::max(1.0, std::floor(rate))) {
    findings_.push_back(
        fmt::format("{} creates within one second, {} are allowed", starts_.size(), rate));
  }
}

void WireLog::OnAnswer(const api::Request& request, const api::Completion& completion) {
  if (const auto* create = std::get_if<api::CreateRequest>(&request)) {
    Knowledge& knowledge = sessions_[SessionOf(*create)];
    knowledge.on_wire = 0;
    if (IsRefusal(completion)) return;  // what was known of earlier sends still holds
    ++knowledge.unknown;
    knowledge.searched = false;
  }
  const auto* list = std::get_if<api::ListRequest>(&request);
  const auto* page = std::get_if<api::TaskPage>(&completion.answer);
  if (list == nullptr || page == nullptr) return;
  for (auto& [session, knowledge] : sessions_) {
    if (knowledge.on_wire == 0) knowledge.searched = true;
  }
}

}  // namespace aigc::testing
