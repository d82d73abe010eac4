#include "simulator/service_core.h"

#include "base/digest.h"
#include "base/text.h"
#include "simulator/answers.h"
#include "simulator/chance.h"
#include "simulator/file_answers.h"
#include "simulator/ledger_record.h"
#include "simulator/signature.h"

namespace aigc::simulator {
namespace {

constexpr std::string_view kVersion = "2018-07-17";
constexpr std::string_view kFiles = "/files/";

bool IsCreate(std::string_view action) {
  return action == "CreateAigcVideoTask" || action == "CreateAigcImageTask";
}

bool IsKnown(std::string_view action) {
  return IsCreate(action) || action == "DescribeTaskDetail" || action == "DescribeTasks" ||
         action == "ManageTask" || action == "ApplyUpload" || action == "CommitUpload";
}

bool IsQuery(std::string_view action) { return action.substr(0, 8) == "Describe"; }

bool SpoilsBefore(const Fault* fault) {
  return fault && !fault->after &&
         (fault->kind == FaultKind::kHttp || fault->kind == FaultKind::kGarbage);
}

std::string Hex128(std::uint64_t high, std::uint64_t low) {
  std::string bytes;
  for (std::uint64_t part : {high, low}) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(part >> shift & 0xff));
    }
  }
  return Hex(bytes);
}

}  // namespace

Service::Core::Core(ServiceOptions options)
    : options_(std::move(options)),
      schedule_(options_.scenario.limits, ledger_),
      script_(options_.scenario.faults, options_.seed) {}

Reply Service::Core::Handle(const HttpRequest& request, WallTime machine_now) {
  WallTime now = machine_now + scenario().clock_offset;
  schedule_.Advance(now);
  Reply reply = request.target.rfind(kFiles, 0) == 0
                    ? AnswerFile(request, scenario().url_life, ledger_, script_, now)
                    : AnswerApi(request, now);
  Seal(now, reply);
  return reply;
}

Reply Service::Core::AnswerApi(const HttpRequest& request, WallTime now) {
  std::string_view action = request.headers.Get("X-TC-Action");
  ActionCounts& counts = ledger_.Count(IsKnown(action) ? action : "unknown");
  ++counts.seen;
  if (IsCreate(action)) counts.arrivals.push_back(now);
  const Fault* fault = script_.ForRequest(action, request.body);
  if (fault) ++counts.faults;
  Call call{request, action, counts, fault, NewRequestId(now), now};

  Reply reply;
  if (fault && fault->kind == FaultKind::kDropBefore) {
    ++counts.dropped_before;
    reply.kind = Reply::Kind::kDropBefore;
    return reply;
  }
  if (!SpoilsBefore(fault)) {
    Body body = Perform(call);
    if (auto* error = std::get_if<ApiError>(&body)) {
      CountRefusal(call, *error);
      reply.response.body = ErrorBody(*error, call.request_id);
      reply.close = error->code == "RequestSizeLimitExceeded";  // its body may be unread
    } else {
      ++counts.accepted;
      reply.response.body = std::move(std::get<std::string>(body));
    }
  }
  reply.response.headers.Add("Content-Type", "application/json");
  if (fault) Spoil(call, *fault, reply);
  return reply;
}

Service::Core::Body Service::Core::Perform(const Call& call) {
  if (auto error = Gate(call)) return *error;
  if (auto error = CheckSignature(call.request, options_.credentials, "vod", call.now)) {
    return *error;
  }
  if (auto error = CheckRate(call)) {
    if (scenario().dedup.throttled_uses_up_session) UseUpSession(call);
    return *error;
  }
  Body body = [&]() -> Body {
    if (call.fault && call.fault->kind == FaultKind::kRefuse) {
      return ApiError{call.fault->code, call.fault->message.empty()
                                            ? DefaultMessage(call.fault->code, call.action)
                                            : call.fault->message};
    }
    if (call.action == "CreateAigcVideoTask") return Create(call, Kind::kVideo);
    if (call.action == "CreateAigcImageTask") return Create(call, Kind::kImage);
    if (call.action == "DescribeTaskDetail") return Detail(call);
    if (call.action == "DescribeTasks") return List(call);
    if (call.action == "ApplyUpload") return Apply(call);
    return call.action == "CommitUpload" ? Commit(call) : Manage(call);
  }();
  if (std::holds_alternative<ApiError>(body) && scenario().dedup.refused_uses_up_session) {
    UseUpSession(call);
  }
  return body;
}

std::optional<ApiError> Service::Core::Gate(const Call& call) const {
  const HttpRequest& request = call.request;
  if (request.method != "POST" || request.target != "/") {
    return ApiError{"UnsupportedProtocol", "only POST / is supported"};
  }
  if (call.action.empty()) {
    return ApiError{"MissingParameter",
                    "The request is missing a required parameter `X-TC-Action`."};
  }
  if (!IsKnown(call.action)) {
    return ApiError{"InvalidAction", "the action " + Excerpt(call.action, 60) + " does not exist"};
  }
  if (request.headers.Get("X-TC-Version") != kVersion) {
    return ApiError{
        "NoSuchVersion",
        "the version " + Excerpt(request.headers.Get("X-TC-Version"), 60) + " does not exist"};
  }
  if (!EqualsIgnoreCase(request.headers.Get("Content-Type").substr(0, 16), "application/json")) {
    return ApiError{"UnsupportedProtocol", "Content-Type must be application/json"};
  }
  if (request.body.size() > kMaxBody) {
    return ApiError{"RequestSizeLimitExceeded", DefaultMessage("RequestSizeLimitExceeded", "")};
  }
  return std::nullopt;
}

std::optional<ApiError> Service::Core::CheckRate(const Call& call) {
  const Limits& limits = scenario().limits;
  int limit = IsCreate(call.action)  ? limits.create_rate
              : IsQuery(call.action) ? limits.query_rate
                                     : limits.manage_rate;
  bool is_scripted = call.fault && call.fault->kind == FaultKind::kThrottle;
  if (!is_scripted && rates_[std::string(call.action)].Take(call.now, limit)) return std::nullopt;
  ++call.counts.throttled;
  return ApiError{"RequestLimitExceeded",
                  "Your current request times equals to `" + std::to_string(limit + 1) +
                      "` in a second, which exceeds the frequency limit `" + std::to_string(limit) +
                      "` for a second. Please reduce the frequency of calls."};
}

void Service::Core::CountRefusal(const Call& call, const ApiError& error) {
  // CheckRate counts its own; a refusal for concurrency has the same code but is not a rate error.
  bool is_rate =
      error.code == "RequestLimitExceeded" && error.message.rfind("Your current", 0) == 0;
  if (is_rate) return;
  ++call.counts.refused;
  if (error.code.rfind("AuthFailure", 0) == 0) ++call.counts.bad_auth;
}

void Service::Core::Spoil(const Call& call, const Fault& fault, Reply& reply) const {
  switch (fault.kind) {
    case FaultKind::kDropAfter:
      ++call.counts.dropped_after;
      reply.kind = Reply::Kind::kDropAfter;
      break;
    case FaultKind::kSlow:
      reply.delay = fault.delay;
      break;
    case FaultKind::kHttp:
      ++call.counts.spoiled;
      reply.response = {};
      reply.response.status = fault.status;
      reply.response.headers.Add("Content-Type", "text/html");
      reply.response.body = fault.body;
      break;
    case FaultKind::kGarbage:
      ++call.counts.spoiled;
      reply.response = {};
      reply.response.headers.Add(
          "Content-Type", fault.garbage == Garbage::kHtml ? "text/html" : "application/json");
      reply.response.body = GarbageBody(fault.garbage, call.request_id, reply.filler_bytes);
      break;
    case FaultKind::kThrottle:
    case FaultKind::kRefuse:
    case FaultKind::kDropBefore:
    case FaultKind::kFail:
    case FaultKind::kEmptyOutput:
    case FaultKind::kInnerFail:
    case FaultKind::kNeverFinish:
    case FaultKind::kWaiting:
    case FaultKind::kTakes:
    case FaultKind::kPolls:
    case FaultKind::kNullTask:
    case FaultKind::kOverLimit:
    case FaultKind::kFileLength:
    case FaultKind::kFileCut:
    case FaultKind::kFileStatus:
    case FaultKind::kFileExpired:
    case FaultKind::kFileSlow:
    case FaultKind::kFileNoRange:
    case FaultKind::kFileNewETag:
      break;
  }
}

void Service::Core::Seal(WallTime now, Reply& reply) const {
  HttpHeaders& headers = reply.response.headers;
  headers.Add("Content-Length", std::to_string(reply.response.body.size() + reply.filler_bytes));
  if (scenario().date_header) headers.Add("Date", FormatHttpDate(now));
}

std::string Service::Core::NewRequestId(WallTime now) {
  std::uint64_t number = ++requests_;
  // The time keeps ids apart that two lives with one ledger would otherwise share.
  std::uint64_t seed = options_.seed ^ static_cast<std::uint64_t>(ToUnixMillis(now));
  std::string hex =
      Hex128(Mix(seed, kForRequestId, number * 2), Mix(seed, kForRequestId, number * 2 + 1));
  for (std::size_t at : {8u, 13u, 18u, 23u}) hex.insert(at, "-");
  return hex;
}

std::string Service::Core::NewTaskId(std::int64_t sub_app_id, Kind kind) const {
  std::uint64_t number = ledger_.tasks().size() + 1;
  return std::to_string(sub_app_id) +
         (kind == Kind::kVideo ? "-AigcVideoTask-" : "-AigcImageTask-") +
         Hex128(Mix(options_.seed, kForTaskId, number * 2),
                Mix(options_.seed, kForTaskId, number * 2 + 1)) +
         "t";
}

void Service::Core::Record(const std::string& line) const {
  if (options_.on_record) options_.on_record(line);
}

Status Service::Core::Load(std::span<const std::string> lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto read = ReadRecord(lines[i]);
    std::string where = "line " + std::to_string(i + 1) + " of the ledger";
    if (!read.ok()) return Error{read.error().code, read.error().message, where};
    if (auto* task = std::get_if<LedgerTask>(&*read)) {
      if (ledger_.Find(task->task_id)) {
        return Error{ErrorCode::kInvalid, "the task " + task->task_id + " is there twice", where};
      }
      WallTime at = task->accepted_at;
      if (!task->session_id.empty()) sessions_[task->session_id] = at;
      schedule_.Advance(at);
      schedule_.Accept(std::move(*task), at);
    } else if (auto* session = std::get_if<SessionRecord>(&*read)) {
      sessions_[session->session_id] = session->at;
    } else {
      const auto& abort = std::get<AbortRecord>(*read);
      schedule_.Advance(abort.at);
      LedgerTask* aborted = ledger_.FindMutable(abort.task_id);
      if (!aborted || !schedule_.Abort(*aborted, abort.at)) {
        return Error{ErrorCode::kInvalid, "an abort of a task that is not waiting", where};
      }
    }
  }
  return {};
}

}  // namespace aigc::simulator
