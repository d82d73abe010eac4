#include "serve/app.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "serve/json_body.h"
#include "serve/metrics.h"
#include "serve/site.h"

namespace aigc::serve {
namespace {

// Seconds without news after which a watching page is sent a sign of life.
constexpr int kSignOfLife = 15;

enum class Lane { kHere, kQuick, kSlow, kCommands };

}  // namespace

struct App::Route {
  const char* method;
  // Parts of the path; "*" takes any one.
  std::vector<std::string_view> path;
  Lane lane;
  Reply (App::*answer)(const Request&) = nullptr;
  void (App::*answer_later)(const Request&, const Respond&) = nullptr;
  const char* name;  // for /metrics
};

const std::vector<App::Route>& App::Routes() {
  static const std::vector<Route> kRoutes = {
      {"GET", {"healthz"}, Lane::kHere, &App::Health, nullptr, "healthz"},
      {"GET", {"metrics"}, Lane::kQuick, &App::Metrics, nullptr, "metrics"},
      {"POST", {"sign-in"}, Lane::kHere, &App::SignIn, nullptr, "sign-in"},
      {"GET", {""}, Lane::kHere, &App::Page, nullptr, "page"},
      {"GET", {"docs"}, Lane::kHere, &App::Page, nullptr, "page"},
      {"GET", {"redoc"}, Lane::kHere, &App::Page, nullptr, "page"},
      {"GET", {"openapi.json"}, Lane::kHere, &App::Page, nullptr, "page"},
      {"GET", {"assets", "*"}, Lane::kHere, &App::Page, nullptr, "page"},
      {"GET", {"api", "v1", "batches"}, Lane::kQuick, &App::ListBatches, nullptr, "batches"},
      {"GET", {"api", "v1", "batches", "*"}, Lane::kQuick, &App::ShowBatch, nullptr, "batch"},
      {"GET",
       {"api", "v1", "batches", "*", "tasks"},
       Lane::kSlow,
       &App::ListTasks,
       nullptr,
       "tasks"},
      {"GET",
       {"api", "v1", "batches", "*", "tasks", "*"},
       Lane::kSlow,
       &App::ShowTask,
       nullptr,
       "task"},
      {"GET",
       {"api", "v1", "batches", "*", "tasks", "*", "outputs", "*"},
       Lane::kSlow,
       &App::ShowOutput,
       nullptr,
       "output"},
      {"GET", {"api", "v1", "events"}, Lane::kQuick, &App::Watch, nullptr, "events"},
      {"POST",
       {"api", "v1", "batches", "*", "retry"},
       Lane::kCommands,
       &App::Retry,
       nullptr,
       "retry"},
      {"POST",
       {"api", "v1", "batches", "*", "cancel"},
       Lane::kCommands,
       &App::Cancel,
       nullptr,
       "cancel"},
      {"POST",
       {"api", "v1", "batches", "*", "pause"},
       Lane::kCommands,
       &App::Pause,
       nullptr,
       "pause"},
      {"POST",
       {"api", "v1", "batches", "*", "resume"},
       Lane::kCommands,
       &App::Resume,
       nullptr,
       "resume"},
      {"POST", {"aigc", "create"}, Lane::kQuick, nullptr, &App::AigcCreate, "create"},
      {"POST", {"aigc", "task"}, Lane::kQuick, nullptr, &App::AigcTask, "aigc-task"},
  };
  return kRoutes;
}

App::App(StateView& view, BatchControl& control, const Guard& guard,
         const catalog::Catalog& catalog, const Clock& clock, AppOptions options)
    : view_(view),
      control_(control),
      guard_(guard),
      catalog_(catalog),
      clock_(clock),
      options_(std::move(options)) {}

App::~App() { Stop(); }

void App::Stop() {
  quick_.Stop();
  slow_.Stop();
  commands_.Stop();
}

const App::Route* App::Find(const Request& request, std::string& allowed) const {
  const std::string_view method =
      request.method == "HEAD" ? "GET" : std::string_view(request.method);
  for (const Route& route : Routes()) {
    const bool fits = route.path.size() == request.path.size() &&
                      std::equal(route.path.begin(), route.path.end(), request.path.begin(),
                                 [](std::string_view wanted, const std::string& part) {
                                   return wanted == "*" ? !part.empty() : wanted == part;
                                 });
    if (!fits) continue;
    if (method == route.method) return &route;
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
  }
  return nullptr;
}

void App::Handle(Request request, Respond respond) {
  std::string allowed;
  const Route* route = Find(request, allowed);
  if (route == nullptr || route->lane == Lane::kHere) return Answer(request, respond);
  Workers& workers = route->lane == Lane::kQuick  ? quick_
                     : route->lane == Lane::kSlow ? slow_
                                                  : commands_;
  const bool taken =
      workers.Do([this, respond, request = std::move(request)] { Answer(request, respond); });
  if (!taken) {
    Count(route, 503);
    Reply reply =
        ErrorReply(503, "busy", "too much is being asked at once", "try again in a moment");
    reply.headers.Add("Retry-After", "1");
    respond(std::move(reply));
  }
}

void App::Answer(const Request& request, const Respond& respond) {
  std::string allowed;
  const Route* route = Find(request, allowed);
  const Respond send = [&, route](Reply reply) {
    Count(route, reply.status);
    reply.headers.Add("X-Content-Type-Options", "nosniff");
    reply.headers.Add("Referrer-Policy", "no-referrer");
    reply.headers.Add("Cross-Origin-Resource-Policy", "same-origin");
    respond(std::move(reply));
  };
  if (auto refusal = guard_.Check(request)) return send(*std::move(refusal));
  if (route == nullptr) {
    if (allowed.empty())
      return send(ErrorReply(404, "not_found", "there is nothing at this address"));
    Reply reply = ErrorReply(405, "method", "this address takes " + allowed);
    reply.headers.Add("Allow", allowed == "GET" ? "GET, HEAD" : allowed);
    return send(std::move(reply));
  }
  if (route->answer != nullptr) return send((this->*route->answer)(request));
  // Answered later, when nothing of this call is there any more.
  (this->*route->answer_later)(request, [this, route, respond](Reply reply) {
    Count(route, reply.status);
    reply.headers.Add("X-Content-Type-Options", "nosniff");
    respond(std::move(reply));
  });
}

void App::Count(const Route* route, int status) {
  const std::lock_guard lock(mutex_);
  ++answered_[{route == nullptr ? "none" : route->name, status}];
}

Reply App::Health(const Request&) {
  JsonWriter json;
  json.BeginObject().Key("status").String("ok").Key("version").String(options_.version);
  return JsonReply(200, json.EndObject().Take());
}

Reply App::Metrics(const Request&) {
  const auto batches = view_.Batches();
  if (!batches.ok()) return ErrorReply(batches.error());
  MetricsInput input;
  input.version = options_.version;
  input.connections = connections ? connections() : 0;
  input.waiting = options_.desk == nullptr ? 0 : options_.desk->waiting();
  {
    const std::lock_guard lock(mutex_);
    input.answered = answered_;
  }
  Reply reply;
  reply.headers.Add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  reply.headers.Add("Cache-Control", "no-store");
  reply.body = MetricsText(**batches, input);
  return reply;
}

Reply App::SignIn(const Request& request) {
  JsonBody body = JsonBody::Read(request.body);
  const auto token = body.Text("token", 1000);
  if (!body.ok() || !token) return ErrorReply(422, "invalid", "send {\"token\": \"…\"}");
  const auto cookie = guard_.SignIn(*token);
  if (!cookie) return ErrorReply(401, "token", "that is not the server's token");
  Reply reply = JsonReply(200, "{\"signed_in\":true}");
  reply.headers.Add("Set-Cookie", *cookie);
  return reply;
}

Reply App::Page(const Request& request) {
  return SitePage(request.path.size() > 1 ? request.path[1] : request.path[0]);
}

Reply App::Watch(const Request&) {
  Reply reply;
  reply.headers.Add("Content-Type", "text/event-stream");
  reply.headers.Add("Cache-Control", "no-store");
  reply.body = "retry: 2000\n\n";
  if (const auto json = view_.BatchesJson(); json.ok()) {
    reply.body += "event: batches\ndata: " + **json + "\n\n";
  }
  reply.stream = true;
  return reply;
}

std::string App::NextEvent() {
  const auto json = view_.BatchesJson();
  if (json.ok() && **json != last_event_) {
    last_event_ = **json;
    quiet_ = 0;
    return "event: batches\ndata: " + last_event_ + "\n\n";
  }
  if (++quiet_ < kSignOfLife) return "";
  quiet_ = 0;
  return ": still here\n\n";
}

Reply ErrorReply(const Error& error) {
  int status = 500;
  switch (error.code) {
    case ErrorCode::kNotFound:
      status = 404;
      break;
    case ErrorCode::kUsage:
    case ErrorCode::kInvalid:
    case ErrorCode::kManifest:
      status = 422;
      break;
    case ErrorCode::kStateLocked:
    case ErrorCode::kStateForeign:
      status = 409;
      break;
    case ErrorCode::kCredentials:
    case ErrorCode::kAccount:
    case ErrorCode::kBudget:
    case ErrorCode::kStateDamaged:
    case ErrorCode::kStateNewer:
    case ErrorCode::kStateMissing:
    case ErrorCode::kStateUnusable:
    case ErrorCode::kDiskFull:
    case ErrorCode::kNoPermission:
    case ErrorCode::kIo:
    case ErrorCode::kUnreachable:
    case ErrorCode::kUntrusted:
    case ErrorCode::kInterrupted:
    case ErrorCode::kInternal:
      break;
  }
  // Where it happened stays here: paths of this machine are nobody's business.
  return ErrorReply(status, Name(error.code), error.message, error.hint);
}

}  // namespace aigc::serve
