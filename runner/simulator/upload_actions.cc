// Uploads (reference 9): ApplyUpload gives a place and keys to it, a PUT fills it, CommitUpload
// makes it a file. Contents are known by length and hash; nothing keeps their bytes.
#include "base/text.h"
#include "simulator/answers.h"
#include "simulator/chance.h"
#include "simulator/service_core.h"
#include "simulator/storage_signature.h"

namespace aigc::simulator {
namespace {

constexpr std::string_view kBucket = "simuploads-1251000001";
constexpr std::string_view kRegion = "ap-guangzhou";
constexpr std::string_view kHost = "simuploads-1251000001.cos.ap-guangzhou.myqcloud.com";

ApiError Refusal(std::string_view code) {
  return ApiError{std::string(code), DefaultMessage(code, "")};
}

Reply StorageReply(int status, std::string_view code, std::string_view message,
                   std::string_view request_id) {
  Reply reply;
  reply.response.status = status;
  reply.response.headers.Add("Content-Type", "application/xml");
  reply.response.headers.Add("x-cos-request-id", std::string(request_id));
  if (code.empty()) return reply;
  std::string& body = reply.response.body;
  body = "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>";
  body.append(code).append("</Code>\n\t<Message>").append(message);
  body.append("</Message>\n\t<RequestId>").append(request_id).append("</RequestId>\n</Error>\n");
  return reply;
}

// Codes a scripted refusal may have, with the status that the storage sends them under.
int StatusOf(std::string_view code) {
  if (code == "InvalidDigest" || code == "EntityTooLarge") return 400;
  if (code == "SlowDown") return 503;
  if (code == "InternalError") return 500;
  return 403;
}

}  // namespace

std::string Service::Core::NewFileId() {
  const std::uint64_t number = ++files_made_;
  return "5285890" + std::to_string(1'000'000'000'000 +
                                    Mix(options_.seed, kForUpload, number) % 1'000'000'000'000);
}

Service::Core::Body Service::Core::Apply(const Call& call) {
  auto read = ReadApplyUpload(call.request.body);
  if (auto* error = std::get_if<ApiError>(&read)) return std::move(*error);
  const auto& request = std::get<ApplyUploadRequest>(read);
  if (call.request.headers.Get("X-TC-Region").empty()) {
    return ApiError{"MissingParameter",
                    "The request is missing a required parameter `X-TC-Region`."};
  }
  if (!IsValid(request.sub_app_id)) return Refusal("InvalidParameterValue.SubAppId");
  if (request.delete_at && *request.delete_at <= call.now) {
    return ApiError{"InvalidParameterValue.ExpireTime", "ExpireTime is in the past"};
  }
  LedgerUpload upload;
  const std::uint64_t number = ledger_.uploads().size() + 1;
  const auto hex = [&](std::uint64_t what) {
    return std::to_string(Mix(options_.seed, kForUpload + what, number));
  };
  upload.session_key = "session-" + hex(1);
  upload.path = "/upload/" + hex(2) + "." + request.media_type;
  upload.sub_app_id = request.sub_app_id;
  upload.media_type = request.media_type;
  upload.media_name = request.media_name;
  upload.delete_at = request.delete_at;
  upload.applied_at = call.now;
  if (!scenario().uploads.own_keys) {
    upload.keys = {"tmp-" + hex(3), Secret("key-" + hex(4)), Secret("token-" + hex(5))};
    upload.keys_expire = call.now + scenario().uploads.key_life;
  }
  const LedgerUpload& added = ledger_.AddUpload(std::move(upload));
  return AppliedBody(added, kBucket, kRegion, call.request_id);
}

Service::Core::Body Service::Core::Commit(const Call& call) {
  auto read = ReadCommitUpload(call.request.body);
  if (auto* error = std::get_if<ApiError>(&read)) return std::move(*error);
  const auto& request = std::get<CommitUploadRequest>(read);
  if (!IsValid(request.sub_app_id)) return Refusal("InvalidParameterValue.SubAppId");
  LedgerUpload* upload = ledger_.FindUploadByKey(request.session_key);
  if (!upload || upload->sub_app_id != request.sub_app_id) {
    return ApiError{"InvalidParameterValue.VodSessionKey", "VodSessionKey is invalid"};
  }
  if (!upload->put_at) return Refusal("ResourceNotFound");
  if (upload->file_id.empty()) {
    upload->file_id = NewFileId();
    upload->committed_at = call.now;
  }
  return CommittedBody(*upload, call.request_id);
}

Reply Service::Core::HandlePut(const HttpRequest& request, const Content& content,
                               WallTime machine_now) {
  const WallTime now = machine_now + scenario().clock_offset;
  schedule_.Advance(now);
  ActionCounts& counts = ledger_.Count(kPutAction);
  ++counts.seen;
  // Rules that look at prompts or models have nothing to look at here.
  const Fault* fault = script_.ForRequest(kPutAction, "");
  if (fault) ++counts.faults;
  Call call{request, kPutAction, counts, fault, NewRequestId(now), now};
  // A content that was cut is no request: the storage never answers it.
  const bool is_whole = request.headers.Get("Content-Length") == std::to_string(content.bytes);
  Reply reply;
  if (!is_whole || (fault && fault->kind == FaultKind::kDropBefore)) {
    ++counts.dropped_before;
    reply.kind = Reply::Kind::kDropBefore;
    return reply;
  }
  const bool before = fault && !fault->after &&
                      (fault->kind == FaultKind::kHttp || fault->kind == FaultKind::kGarbage);
  if (!before) reply = Put(call, content);
  if (fault) Spoil(call, *fault, reply);
  Seal(now, reply);
  return reply;
}

Reply Service::Core::Put(const Call& call, const Content& content) {
  const auto refuse = [&](int status, std::string_view code, std::string_view message) {
    ++call.counts.refused;
    return StorageReply(status, code, message, call.request_id);
  };
  if (call.fault && call.fault->kind == FaultKind::kThrottle) {
    ++call.counts.throttled;
    return StorageReply(503, "SlowDown", "Please reduce your request rate.", call.request_id);
  }
  if (call.fault && call.fault->kind == FaultKind::kRefuse) {
    return refuse(StatusOf(call.fault->code), call.fault->code, call.fault->message);
  }
  if (call.request.headers.Get("Host") != kHost) {
    return refuse(404, "NoSuchBucket", "The specified bucket does not exist.");
  }
  const std::string path = DecodePath(call.request.target);
  LedgerUpload* upload = ledger_.FindUploadByPath(path);
  if (!upload) return refuse(403, "AccessDenied", "Access Denied.");
  const bool own = upload->keys.secret_id.empty();
  const Credentials& keys = own ? options_.credentials : upload->keys;
  if (auto error = CheckStorageSignature(call.request, path, keys, call.now)) {
    ++call.counts.bad_auth;
    return refuse(error->status, error->code, error->message);
  }
  if (!own && call.now > upload->keys_expire) {
    return refuse(403, "AccessDenied", "Request has expired");
  }
  ++call.counts.accepted;
  upload->put_at = call.now;
  upload->bytes = content.bytes;
  upload->sha256 = content.sha256;
  Reply reply = StorageReply(200, "", "", call.request_id);
  reply.response.headers.Add("ETag", "\"" + content.sha256.substr(0, 32) + "\"");
  return reply;
}

bool Service::Core::IsValid(std::int64_t sub_app_id) const {
  return sub_app_id > 0 && (!scenario().sub_app_id || *scenario().sub_app_id == sub_app_id);
}

// Ids of other makers pass unless the scenario is strict: a user may name any file of his own.
bool Service::Core::MayUse(const std::string& file_id, std::int64_t sub_app_id,
                           WallTime now) const {
  const LedgerUpload* upload = ledger_.FindFile(file_id);
  if (!upload) return !scenario().uploads.strict_ids;
  return upload->sub_app_id == sub_app_id && (!upload->delete_at || now < *upload->delete_at);
}

}  // namespace aigc::simulator
