// The actions of the API, each from a request that passed gate, signature and rate to the body of
// its answer or an error.
#include "base/digest.h"
#include "base/text.h"
#include "simulator/answers.h"
#include "simulator/chance.h"
#include "simulator/file_answers.h"
#include "simulator/ledger_record.h"
#include "simulator/listing.h"
#include "simulator/outcome.h"
#include "simulator/service_core.h"

namespace aigc::simulator {
namespace {

ApiError Refusal(std::string_view code) {
  return ApiError{std::string(code), DefaultMessage(code, "")};
}

}  // namespace

Service::Core::Body Service::Core::Create(const Call& call, Kind kind) {
  auto read = ReadCreate(kind, call.request.body, scenario().echo_base64);
  if (auto* error = std::get_if<ApiError>(&read)) return std::move(*error);
  auto& request = std::get<CreateRequest>(read);
  if (!IsValid(request.sub_app_id)) return Refusal("InvalidParameterValue.SubAppId");
  for (const std::string& file_id : request.file_ids) {
    if (!MayUse(file_id, request.sub_app_id, call.now)) {
      return Refusal("InvalidParameterValue.FileId");
    }
  }
  if (IsDuplicate(request.session_id, call.now)) {
    ++call.counts.duplicates;
    return Duplicate();
  }
  Excess excess = scenario().limits.excess;
  bool is_over_limit = excess != Excess::kQueue && schedule_.IsFull(kind);
  if (is_over_limit) ++call.counts.over_limit;
  if (is_over_limit && excess == Excess::kRefuse) return Refusal("RequestLimitExceeded");

  const Fault* fault = script_.ForTask(
      call.action, {request.model, request.version, request.prompt, request.session_id});
  if (fault) ++call.counts.faults;
  if (fault && fault->kind == FaultKind::kOverLimit) is_over_limit = true;

  LedgerTask task;
  task.task_id = NewTaskId(request.sub_app_id, kind);
  task.kind = kind;
  task.sub_app_id = request.sub_app_id;
  task.model = request.model;
  task.version = request.version;
  task.session_id = request.session_id;
  task.session_context = request.session_context;
  task.request_sha256 = Sha256Hex(call.request.body);
  task.priority = request.priority;
  task.accepted_at = call.now;
  task.input_json = std::move(request.input_json);
  std::uint64_t draw = Mix(options_.seed, kForTime, ledger_.tasks().size() + 1);
  Decide(scenario(), request, fault, is_over_limit, draw, task);

  if (options_.on_record) Record(WriteRecord(task));
  const LedgerTask& accepted = schedule_.Accept(std::move(task), call.now);
  if (!accepted.session_id.empty()) sessions_[accepted.session_id] = call.now;
  return CreatedBody(accepted.task_id, call.request_id);
}

Service::Core::Body Service::Core::Detail(const Call& call) {
  auto read = ReadDetail(call.request.body);
  if (auto* error = std::get_if<ApiError>(&read)) return std::move(*error);
  const auto& request = std::get<DetailRequest>(read);
  LedgerTask* task = ledger_.FindMutable(request.task_id);
  if (!task || !IsVisible(*task, request.sub_app_id, call.now)) return Missing(call.action);

  RefreshLink(*task, scenario().url_life, call.now);
  DetailStyle style{options_.file_base_url, false, scenario().unknown_members};
  if (task->phase == Phase::kFinished && task->null_polls > 0) {
    --task->null_polls;
    style.null_task = true;
  }
  std::string body = DetailBody(*task, style, call.request_id);
  schedule_.NotePoll(*task, call.now);
  return body;
}

Service::Core::Body Service::Core::List(const Call& call) {
  auto read = ReadList(call.request.body);
  if (auto* error = std::get_if<ApiError>(&read)) return std::move(*error);
  auto listed = ListTasks(std::get<ListRequest>(read), scenario(), options_.seed, ledger_,
                          schedule_, call.now);
  if (auto* error = std::get_if<ApiError>(&listed)) return std::move(*error);
  const Page& page = std::get<Page>(listed);
  ListStyle style{scenario().listing.lower_case_type, scenario().unknown_members};
  return ListBody(page.tasks, page.scroll_token, style, call.request_id);
}

Service::Core::Body Service::Core::Manage(const Call& call) {
  auto read = ReadManage(call.request.body);
  if (auto* error = std::get_if<ApiError>(&read)) return std::move(*error);
  const auto& request = std::get<ManageRequest>(read);
  LedgerTask* task = ledger_.FindMutable(request.task_id);
  if (!task || !IsVisible(*task, request.sub_app_id, call.now)) return Missing(call.action);
  if (request.operation != "Abort") {
    return ApiError{"InvalidParameterValue.InvalidOperationType", "OperationType is invalid"};
  }
  if (!schedule_.Abort(*task, call.now)) {
    return Refusal("InvalidParameterValue.InvalidOperationType");
  }
  if (options_.on_record) Record(WriteRecord(AbortRecord{task->task_id, call.now}));
  return EmptyBody(call.request_id);
}

ApiError Service::Core::Missing(std::string_view action) const {
  // ManageTask is documented with only one of the two codes.
  return Refusal(action == "ManageTask" ? "InvalidParameterValue.TaskId"
                                        : std::string_view(scenario().missing_task_code));
}

bool Service::Core::IsVisible(const LedgerTask& task, std::optional<std::int64_t> sub_app_id,
                              WallTime now) const {
  if (sub_app_id && *sub_app_id != task.sub_app_id) return false;
  return task.accepted_at > now - scenario().visibility;
}

bool Service::Core::IsDuplicate(const std::string& session_id, WallTime now) const {
  auto found = sessions_.find(session_id);
  return found != sessions_.end() && found->second > now - scenario().dedup.window;
}

ApiError Service::Core::Duplicate() const {
  switch (scenario().dedup.code) {
    case DuplicateCode::kSessionId:
      break;
    case DuplicateCode::kFailedOperation:
      return Refusal("FailedOperation.TaskDuplicate");
    case DuplicateCode::kMessageOnly:
      return ApiError{"InvalidParameter", "the SessionId was used by an earlier request"};
  }
  return Refusal("InvalidParameterValue.SessionId");
}

void Service::Core::UseUpSession(const Call& call) {
  if (call.action.substr(0, 6) != "Create") return;
  std::string session_id = PeekBody(call.request.body).session_id;
  // A refused repeat does not begin the window anew.
  if (session_id.empty() || IsDuplicate(session_id, call.now)) return;
  sessions_[session_id] = call.now;
  if (options_.on_record) Record(WriteRecord(SessionRecord{session_id, call.now}));
}

}  // namespace aigc::simulator
