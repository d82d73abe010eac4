// POST /aigc/create and /aigc/task: the calls of the service that this program grew out of, with
// its names, its defaults and its answers.
#include <fmt/format.h>

#include <utility>

#include "api/error_class.h"
#include "base/text.h"
#include "serve/app.h"
#include "serve/create_call.h"

namespace aigc::serve {
namespace {

Reply ReplyTo(const CreateOutcome& outcome) {
  using Kind = CreateOutcome::Kind;
  switch (outcome.kind) {
    case Kind::kAccepted: {
      JsonWriter json;
      json.BeginObject().Key("Response").BeginObject().Key("TaskId").String(outcome.task_id);
      json.Key("RequestId").String(outcome.request_id).EndObject().EndObject();
      return JsonReply(200, json.Take());
    }
    case Kind::kRefused:
      return DetailReply(
          502, fmt::format("the service refused it: {}: {}", outcome.code, outcome.message));
    case Kind::kUnsent:
      return DetailReply(
          504,
          "there was no free place in time; it was taken out of the queue, nothing will be paid");
    case Kind::kUnknown:
      return DetailReply(504,
                         fmt::format("the service has not answered in time; it may be made and "
                                     "paid for: look at task {} of batch serve before asking again",
                                     outcome.id));
    case Kind::kNoBudget:
      return DetailReply(402, "the budget has no room for it; nothing was sent");
    case Kind::kConflict:
      return DetailReply(409, "this Idempotency-Key was used for another request");
    case Kind::kBusy: {
      Reply reply = DetailReply(503, "too many calls wait already; nothing was sent");
      reply.headers.Add("Retry-After", "5");
      return reply;
    }
    case Kind::kStopped:
      break;
  }
  const bool stopping = outcome.cause.code == ErrorCode::kInterrupted;
  const std::string hint = outcome.cause.hint.empty() ? "" : ". " + outcome.cause.hint;
  return DetailReply(stopping ? 503 : 500, outcome.cause.message + "; nothing was sent" + hint);
}

Reply ReplyTo(const AskOutcome& outcome) {
  if (outcome.cause) {
    return DetailReply(outcome.cause->code == ErrorCode::kInterrupted ? 503 : 500,
                       outcome.cause->message);
  }
  if (!outcome.completion) return DetailReply(504, "the service has not answered in time");
  const api::Answer& answer = outcome.completion->answer;
  if (const auto* detail = std::get_if<api::TaskDetail>(&answer))
    return JsonReply(200, detail->body);
  const auto* failure = std::get_if<api::Failure>(&answer);
  if (failure == nullptr) return DetailReply(500, "the service answered something else");
  const std::string text = failure->code + ": " + failure->message;
  if (failure->kind != api::FailureKind::kApi) {
    return DetailReply(failure->code == "timeout" ? 504 : 502, text);
  }
  const api::ErrorClass kind =
      api::ClassifyApiError(failure->code, failure->message, /*create=*/false).error_class;
  if (kind == api::ErrorClass::kUnknownTask) return DetailReply(404, text);
  if (kind == api::ErrorClass::kAuth) return DetailReply(500, text);
  return DetailReply(502, text);
}

bool IsKey(std::string_view key) { return key.size() <= 255; }

}  // namespace

void App::AigcCreate(const Request& request, const Respond& respond) {
  if (options_.desk == nullptr) return respond(DetailReply(500, Describe(options_.no_desk)));
  CreateCall call = ReadCreateCall(request.body, catalog_);
  if (!call.errors.empty()) return respond(JsonReply(422, DetailJson(call.errors)));
  const std::string_view key = request.headers.Get("Idempotency-Key");
  if (!IsKey(key))
    return respond(DetailReply(422, "Idempotency-Key is longer than 255 characters"));
  const auto estimate = options_.price ? options_.price(call.spec) : std::nullopt;
  const std::string warning = call.dropped.empty() ? "" : WarningText(call.dropped);
  options_.desk->Create(std::move(call.spec), key, estimate, options_.patience,
                        [respond, warning](const CreateOutcome& outcome) {
                          Reply reply = ReplyTo(outcome);
                          if (!warning.empty()) reply.headers.Add("Warning", warning);
                          respond(std::move(reply));
                        });
}

void App::AigcTask(const Request& request, const Respond& respond) {
  JsonBody body = JsonBody::Read(request.body);
  const auto task_id = body.Text("task_id", 200);
  if (body.ok() && Trim(task_id.value_or("")).empty()) body.Complain("task_id", "is missing");
  if (!body.ok()) return respond(JsonReply(422, DetailJson(body.errors())));
  if (options_.desk == nullptr) return respond(DetailReply(500, Describe(options_.no_desk)));
  options_.desk->Ask(*task_id, options_.patience,
                     [respond](const AskOutcome& outcome) { respond(ReplyTo(outcome)); });
}

}  // namespace aigc::serve
