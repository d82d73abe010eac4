// The border between the loop and the network, after ninja's CommandRunner: how many more may
// start, start one, wait for what finished. Requests are typed; encoding, signing and transport lie
// behind it.
//
// Wait() is the only wait in the program, so whoever supplies the Exchange owns time:
// api::PocoExchange waits for real, tests move a virtual clock to the next event.
//
// Promise: every Start() is answered by exactly one Completion, also after failures. One Start() of
// a CreateRequest puts at most one create request on the wire: nothing below repeats it by itself.
// Thread rule: Capacity, Start and Wait from the loop's thread only; Wake from any thread or
// signal-handling thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/body_sink.h"
#include "base/body_source.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/times.h"
#include "task/task_spec.h"

namespace aigc::api {

using Ticket = std::uint64_t;

// --- requests ---
struct CreateRequest {  // CreateAigcVideoTask or CreateAigcImageTask
  Kind kind = Kind::kVideo;
  std::string body;  // the exact bytes to sign and send
};
struct DetailRequest {  // DescribeTaskDetail
  std::string task_id;
  bool whole = false;  // the answer is wanted as it was sent, too
};
struct ListRequest {  // DescribeTasks
  enum class Field { kCreateTime, kFinishTime };
  Field field = Field::kCreateTime;  // what `after`, `before` and the order are about
  WallTime after{};                  // inclusive; sent with whole seconds, rounded down
  WallTime before{};                 // exclusive; rounded up
  std::string status{};              // WAITING, PROCESSING, FINISH or empty for all
  bool ascending = true;
  int limit = 100;             // at most 100 (reference 3.10)
  std::string scroll_token{};  // empty for the first page
};
struct AbortRequest {  // ManageTask, only for tasks that are WAITING
  std::string task_id;
};
struct DownloadRequest {
  std::string url;
  std::shared_ptr<BodySink> sink;  // used by a worker until the completion is delivered
};

// A local file becomes a file of the service in three requests (reference 9): ApplyUpload gives a
// place in the object storage (COS) and a key to it, the bytes are PUT there, CommitUpload makes
// them a FileId. Each may be repeated; what is not committed is no file of the service.
struct ApplyUploadRequest {
  std::string media_type;               // suffix: "png", "mp4"
  std::string media_name{};             // shown in the console; at most 64 characters; may be empty
  std::optional<WallTime> delete_at{};  // when the service deletes the file; none: never
};
struct UploadPlace {
  std::string bucket, region;  // letters, digits and '-' only
  std::string path;            // of the object, decoded; begins with '/'
  std::string session_key;     // for CommitUpload
  // Of the storage. None: the caller's own keys are used, as the service's official client does.
  std::optional<Credentials> credentials{};
  std::optional<WallTime> expires{};  // end of the credentials
};
struct PutObjectRequest {
  UploadPlace place;
  std::shared_ptr<BodySource> content;  // used by a worker until the completion is delivered
  std::uint64_t bytes = 0;
  // Lower-case hex. Hashed while sending; the last piece of a content that is not this one is held
  // back, so that the storage never has the whole of a changed file.
  std::string sha256;
};
struct CommitUploadRequest {
  std::string session_key;
};
using Request =
    std::variant<CreateRequest, DetailRequest, ListRequest, AbortRequest, DownloadRequest,
                 ApplyUploadRequest, PutObjectRequest, CommitUploadRequest>;

// --- answers ---
struct CreateAnswer {
  std::string task_id;
};

enum class RemoteStatus { kWaiting, kProcessing, kFinished, kAborted, kOther };

struct OutputFile {
  std::string url, file_id, content, file_type, usage_type;
  std::optional<WallTime> expires{};
  std::int64_t bytes = 0;  // MetaData.Size; 0 when absent
};

struct TaskDetail {
  RemoteStatus status = RemoteStatus::kOther;
  std::string status_word;   // as sent
  bool has_task = false;     // the AigcVideoTask or AigcImageTask object was there
  std::string inner_status;  // of that object: PROCESSING, FINISH, FAIL …
  std::optional<WallTime> created{}, began{}, finished{};
  int err_code = 0;
  std::string err_code_ext, message;
  std::vector<OutputFile> outputs;
  std::string session_id, session_context;
  std::string body{};  // the whole answer, JSON; only when it was asked for
};

struct TaskSummary {
  std::string task_id, session_id, session_context, task_type, status_word;
  RemoteStatus status = RemoteStatus::kOther;
  std::optional<WallTime> created{}, began{}, finished{};
};
struct TaskPage {
  std::vector<TaskSummary> tasks;
  std::string scroll_token;
};
struct AbortAnswer {};
struct DownloadAnswer {
  StoredBody stored;
};
struct PutObjectAnswer {};
struct CommitUploadAnswer {
  std::string file_id;
};

// --- failures ---
enum class FailureKind {
  kNotSent,    // no byte of the request left: host not found, refused, proxy, TLS handshake
  kUntrusted,  // certificate not trusted or wrong host name; no byte left
  kUnclear,    // some or all of it left, and no readable answer came: cut, time-out, garbage, too
               // long
  kHttp,       // an HTTP status other than 200 (API, storage) or 200/206 (download)
  kApi,        // the service answered with an Error
  kLocal,      // the local disk failed a download or upload; local_code says how, kInvalid of an
               // upload that the file is not what it was
};
std::string_view Name(FailureKind kind);

struct Failure {
  FailureKind kind = FailureKind::kUnclear;
  int http_status = 0;  // kHttp
  // kApi: Response.Error.Code; kHttp of the storage: its Code when it told one ("AccessDenied");
  // else a short word ("timeout", "refused").
  std::string code;
  std::string message;                    // for people; never holds a secret
  ErrorCode local_code = ErrorCode::kIo;  // kLocal
  // True when the exchange has just corrected its clock from the Date header because the service
  // found the signature expired: the same request may be sent again at once.
  bool clock_corrected = false;
};

using Answer = std::variant<Failure, CreateAnswer, TaskDetail, TaskPage, AbortAnswer,
                            DownloadAnswer, UploadPlace, PutObjectAnswer, CommitUploadAnswer>;

struct Completion {
  Ticket ticket = 0;
  Answer answer;
  std::string request_id{};               // the service's, when there was one
  std::optional<WallTime> server_time{};  // Date header of the answer
};

enum class Lane {
  kCreate,
  kQuery,
  kDownload,
  kUpload
};  // each with its own workers; abort, apply and commit ride with kQuery
inline constexpr std::size_t kLanes = 4;
Lane LaneOf(const Request& request);

class Exchange {
 public:
  virtual ~Exchange() = default;
  // How many more requests of that lane may start now.
  virtual std::size_t Capacity(Lane lane) const = 0;
  // At least so many at once from now on, as far as the machine has threads for them. Never fewer
  // than before.
  virtual void Widen(Lane /*lane*/, std::size_t /*workers*/) {}
  // REQUIRES: Capacity(LaneOf(request)) > 0. Never blocks.
  virtual Ticket Start(Request request) = 0;
  // What finished. Returns at the first completion, at the deadline, or after Wake(); empty in the
  // last two cases.
  virtual std::vector<Completion> Wait(SteadyTime deadline) = 0;
  virtual void Wake() = 0;
};

}  // namespace aigc::api
