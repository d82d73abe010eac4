// DecodeApiAnswer. The rule throughout: believe what is clearly there, call everything else unclear
// or absent, ignore what is not known (the service adds members without notice).
#include <algorithm>
#include <limits>
#include <utility>

#include "api/answer_json.h"
#include "api/codec.h"
#include "api/make_failure.h"
#include "base/text.h"

namespace aigc::api {
namespace {

constexpr std::size_t kExcerpt = 160;  // code points of a foreign text in a message

Failure Garbage(const std::string& why, const std::string& body) {
  std::string message = "the answer makes no sense: " + why;
  if (!body.empty()) message += "; it begins with: " + Excerpt(body, kExcerpt);
  return MakeFailure(FailureKind::kUnclear, "garbage", std::move(message));
}

Failure HttpFailure(const HttpResponse& response) {
  const std::string status = std::to_string(response.status);
  std::string message = "HTTP status " + status + " from the service's side";
  const std::string_view text = Trim(response.body);
  if (!text.empty()) message += ": " + Excerpt(text, kExcerpt);
  Failure failure = MakeFailure(FailureKind::kHttp, "http_" + status, std::move(message));
  failure.http_status = response.status;
  return failure;
}

RemoteStatus ReadStatus(std::string_view word) {
  if (EqualsIgnoreCase(word, "WAITING")) return RemoteStatus::kWaiting;
  if (EqualsIgnoreCase(word, "PROCESSING")) return RemoteStatus::kProcessing;
  if (EqualsIgnoreCase(word, "FINISH")) return RemoteStatus::kFinished;
  if (EqualsIgnoreCase(word, "ABORTED")) return RemoteStatus::kAborted;
  return RemoteStatus::kOther;
}

OutputFile ReadOutput(const JsonObject& object) {
  OutputFile file;
  file.url = TextOf(object, "FileUrl");
  file.file_id = TextOf(object, "FileId");
  file.content = TextOf(object, "FileContent");
  file.file_type = TextOf(object, "FileType");
  file.usage_type = TextOf(object, "UsageType");
  file.expires = TimeOf(object, "ExpireTime");
  if (const auto meta = ObjectOf(object, "MetaData")) {
    file.bytes = std::max<std::int64_t>(0, IntOf(*meta, "Size").value_or(0));
  }
  return file;
}

std::vector<OutputFile> ReadOutputs(const JsonObject& task) {
  std::vector<OutputFile> files;
  const auto output = ObjectOf(task, "Output");
  if (!output) return files;
  const auto infos = ArrayOf(*output, "FileInfos");
  if (!infos) return files;
  for (unsigned i = 0; i < infos->size(); ++i) {
    if (const auto object = infos->getObject(i)) files.push_back(ReadOutput(*object));
  }
  return files;
}

int ReadErrCode(const JsonObject& task) {
  const std::int64_t code = IntOf(task, "ErrCode").value_or(0);
  return code >= std::numeric_limits<int>::min() && code <= std::numeric_limits<int>::max()
             ? static_cast<int>(code)
             : std::numeric_limits<int>::max();
}

std::string ReadErrCodeExt(const JsonObject& task) {
  std::string text = TextOf(task, "ErrCodeExt");
  if (text == "0" || EqualsIgnoreCase(text, "Success")) text.clear();
  return text;
}

Answer ReadDetail(const JsonObject& response, const std::string& body) {
  TaskDetail detail;
  detail.status_word = TextOf(response, "Status");
  if (detail.status_word.empty()) return Garbage("it tells no task status", body);
  detail.status = ReadStatus(detail.status_word);
  detail.created = TimeOf(response, "CreateTime");
  detail.began = TimeOf(response, "BeginProcessTime");
  detail.finished = TimeOf(response, "FinishTime");
  auto task = ObjectOf(response, "AigcVideoTask");
  if (!task) task = ObjectOf(response, "AigcImageTask");
  if (!task) return detail;
  detail.has_task = true;
  detail.inner_status = TextOf(*task, "Status");
  detail.err_code = ReadErrCode(*task);
  detail.err_code_ext = ReadErrCodeExt(*task);
  detail.message = TextOf(*task, "Message");
  detail.outputs = ReadOutputs(*task);
  detail.session_id = TextOf(*task, "SessionId");
  detail.session_context = TextOf(*task, "SessionContext");
  return detail;
}

Answer ReadPage(const JsonObject& response, const std::string& body) {
  if (!response.has("TaskSet")) return Garbage("it holds no list of tasks", body);
  TaskPage page;
  page.scroll_token = TextOf(response, "ScrollToken");
  const auto tasks = ArrayOf(response, "TaskSet");
  if (!tasks) {
    if (response.isNull("TaskSet")) return page;  // how some of the service's lists say "none"
    return Garbage("its list of tasks is not a list", body);
  }
  for (unsigned i = 0; i < tasks->size(); ++i) {
    const auto object = tasks->getObject(i);
    if (!object) continue;
    TaskSummary task;
    task.task_id = TextOf(*object, "TaskId");
    if (task.task_id.empty()) continue;
    task.session_id = TextOf(*object, "SessionId");
    task.session_context = TextOf(*object, "SessionContext");
    task.task_type = TextOf(*object, "TaskType");
    task.status_word = TextOf(*object, "Status");
    task.status = ReadStatus(task.status_word);
    task.created = TimeOf(*object, "CreateTime");
    task.began = TimeOf(*object, "BeginProcessTime");
    task.finished = TimeOf(*object, "FinishTime");
    page.tasks.push_back(std::move(task));
  }
  return page;
}

// What becomes part of a host name: nothing that could lead to another host.
bool IsHostPart(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// Its failures show nothing of the body, which may hold the keys to the storage.
Answer ReadPlace(const JsonObject& response) {
  UploadPlace place;
  place.bucket = TextOf(response, "StorageBucket");
  place.region = TextOf(response, "StorageRegion");
  place.path = TextOf(response, "MediaStoragePath");
  place.session_key = TextOf(response, "VodSessionKey");
  if (!IsHostPart(place.bucket) || !IsHostPart(place.region)) {
    return Garbage("it names no place for the upload", "");
  }
  if (place.path.size() < 2 || place.path.front() != '/' || place.session_key.empty()) {
    return Garbage("it names no object for the upload", "");
  }
  if (const auto certificate = ObjectOf(response, "TempCertificate")) {
    place.credentials =
        Credentials{TextOf(*certificate, "SecretId"), Secret(TextOf(*certificate, "SecretKey")),
                    Secret(TextOf(*certificate, "Token"))};
    // Beyond the year 9999 it is no time, and no reason to stop either.
    const auto seconds = IntOf(*certificate, "ExpiredTime");
    if (seconds && *seconds > 0 && *seconds < 253'402'300'800) {
      place.expires = FromUnixMillis(*seconds * 1000);
    }
    if (place.credentials->secret_id.empty() || place.credentials->secret_key.empty()) {
      return Garbage("its certificate for the upload is not whole", "");
    }
  }
  return place;
}

Answer ReadAnswer(const Request& request, const JsonObject& response, const std::string& body,
                  const std::string& request_id) {
  if (response.has("Error") && !response.isNull("Error")) {
    const auto error = ObjectOf(response, "Error");
    std::string code = error ? TextOf(*error, "Code") : std::string();
    if (code.empty()) return Garbage("it holds an error without a code", body);
    return MakeFailure(FailureKind::kApi, std::move(code), TextOf(*error, "Message"));
  }
  if (std::holds_alternative<CreateRequest>(request)) {
    CreateAnswer answer{TextOf(response, "TaskId")};
    if (answer.task_id.empty()) return Garbage("it holds neither a task id nor an error", body);
    return answer;
  }
  if (const auto* question = std::get_if<DetailRequest>(&request)) {
    Answer answer = ReadDetail(response, body);
    if (auto* detail = std::get_if<TaskDetail>(&answer); detail != nullptr && question->whole) {
      detail->body = body;
    }
    return answer;
  }
  if (std::holds_alternative<ListRequest>(request)) return ReadPage(response, body);
  if (std::holds_alternative<ApplyUploadRequest>(request)) return ReadPlace(response);
  if (std::holds_alternative<CommitUploadRequest>(request)) {
    CommitUploadAnswer answer{TextOf(response, "FileId")};
    if (answer.file_id.empty()) return Garbage("it holds neither a file id nor an error", body);
    return answer;
  }
  if (request_id.empty()) return Garbage("it holds no request id", body);
  return AbortAnswer{};
}

}  // namespace

Completion DecodeApiAnswer(const Request& request, const HttpResponse& response) {
  Completion completion;
  completion.server_time = ParseHttpDate(response.headers.Get("Date"));
  if (response.status != 200) {
    completion.answer = HttpFailure(response);
    return completion;
  }
  if (response.body.size() > kMaxAnswerBytes) {
    completion.answer =
        MakeFailure(FailureKind::kUnclear, "too_long", "the answer is longer than 32 MB");
    return completion;
  }
  const auto json = ReadAnswerJson(response.body);
  if (!json.ok()) {
    completion.answer = Garbage(json.error().message, response.body);
    return completion;
  }
  const auto envelope = ObjectOf(**json, "Response");
  if (!envelope) {
    completion.answer = Garbage("it has no Response member", response.body);
    return completion;
  }
  completion.request_id = TextOf(*envelope, "RequestId");
  completion.answer = ReadAnswer(request, *envelope, response.body, completion.request_id);
  return completion;
}

}  // namespace aigc::api
