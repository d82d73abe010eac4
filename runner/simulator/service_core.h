// The inside of Service. An API request passes, in this order: scripted faults that strike before
// anything is done; the gate (method, action, version, size); the signature; the rate; scripted
// refusals; the action itself; scripted faults that spoil the answer.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "simulator/fault_script.h"
#include "simulator/ledger.h"
#include "simulator/rate_window.h"
#include "simulator/schedule.h"
#include "simulator/service.h"

namespace aigc::simulator {

// What a PUT is called in counts and fault rules: it has no X-TC-Action.
inline constexpr std::string_view kPutAction = "PutObject";

class Service::Core {
 public:
  explicit Core(ServiceOptions options);

  Reply Handle(const HttpRequest& request, WallTime machine_now);
  Reply HandlePut(const HttpRequest& request, const Content& content, WallTime machine_now);
  Status Load(std::span<const std::string> lines);
  void Advance(WallTime machine_now) { schedule_.Advance(machine_now + scenario().clock_offset); }
  void set_file_base_url(std::string url) { options_.file_base_url = std::move(url); }
  const Ledger& ledger() const { return ledger_; }

 private:
  // One API request on its way through.
  struct Call {
    const HttpRequest& request;
    std::string_view action;  // as sent
    ActionCounts& counts;
    const Fault* fault;  // scripted for it, or null
    std::string request_id;
    WallTime now;
  };
  using Body = Checked<std::string>;  // of a successful answer

  const Scenario& scenario() const { return options_.scenario; }
  Reply AnswerApi(const HttpRequest& request, WallTime now);
  Body Perform(const Call& call);
  std::optional<ApiError> Gate(const Call& call) const;
  std::optional<ApiError> CheckRate(const Call& call);
  void CountRefusal(const Call& call, const ApiError& error);

  Body Create(const Call& call, Kind kind);
  Body Detail(const Call& call);
  Body List(const Call& call);
  Body Manage(const Call& call);
  Body Apply(const Call& call);
  Body Commit(const Call& call);
  Reply Put(const Call& call, const Content& content);

  ApiError Missing(std::string_view action) const;
  bool IsVisible(const LedgerTask& task, std::optional<std::int64_t> sub_app_id,
                 WallTime now) const;
  bool IsValid(std::int64_t sub_app_id) const;
  bool MayUse(const std::string& file_id, std::int64_t sub_app_id, WallTime now) const;
  bool IsDuplicate(const std::string& session_id, WallTime now) const;
  ApiError Duplicate() const;
  void UseUpSession(const Call& call);
  std::string NewRequestId(WallTime now);
  std::string NewFileId();
  std::string NewTaskId(std::int64_t sub_app_id, Kind kind) const;
  void Record(const std::string& line) const;
  void Spoil(const Call& call, const Fault& fault, Reply& reply) const;
  void Seal(WallTime now, Reply& reply) const;

  ServiceOptions options_;
  Ledger ledger_;
  Schedule schedule_;
  FaultScript script_;
  std::map<std::string, RateWindow, std::less<>> rates_;
  std::unordered_map<std::string, WallTime> sessions_;  // last use of each SessionId
  std::uint64_t requests_ = 0;
  std::uint64_t files_made_ = 0;
};

}  // namespace aigc::simulator
