// MakeApiRequest: headers (reference 1.2) and the bodies of all actions but the creates, whose body
// comes ready.
#include <chrono>
#include <utility>

#include "api/codec.h"
#include "base/json_writer.h"

namespace aigc::api {
namespace {

constexpr std::string_view kVersion = "2018-07-17";
constexpr std::string_view kContentType = "application/json; charset=utf-8";

WallTime RoundUp(WallTime time) { return std::chrono::ceil<Seconds>(time); }

std::string BodyOf(const DetailRequest& request, std::int64_t sub_app_id) {
  JsonWriter json;
  json.BeginObject();
  json.Key("TaskId").String(request.task_id);
  json.Key("SubAppId").Int(sub_app_id);
  json.EndObject();
  return json.Take();
}

std::string BodyOf(const AbortRequest& request, std::int64_t sub_app_id) {
  JsonWriter json;
  json.BeginObject();
  json.Key("SubAppId").Int(sub_app_id);
  json.Key("TaskId").String(request.task_id);
  json.Key("OperationType").String("Abort");
  json.EndObject();
  return json.Take();
}

std::string BodyOf(const ListRequest& request, std::int64_t sub_app_id) {
  const std::string_view field =
      request.field == ListRequest::Field::kCreateTime ? "CreateTime" : "FinishTime";
  JsonWriter json;
  json.BeginObject();
  json.Key("SubAppId").Int(sub_app_id);
  if (!request.status.empty()) json.Key("Status").String(request.status);
  json.Key(field).BeginObject();
  json.Key("After").String(FormatIso(request.after));
  json.Key("Before").String(FormatIso(RoundUp(request.before)));
  json.EndObject();
  json.Key("Sort").BeginObject();
  json.Key("Field").String(field);
  json.Key("Order").String(request.ascending ? "Asc" : "Desc");
  json.EndObject();
  json.Key("Limit").Int(request.limit);
  if (!request.scroll_token.empty()) json.Key("ScrollToken").String(request.scroll_token);
  json.EndObject();
  return json.Take();
}

std::string BodyOf(const ApplyUploadRequest& request, std::int64_t sub_app_id) {
  JsonWriter json;
  json.BeginObject();
  json.Key("SubAppId").Int(sub_app_id);
  json.Key("MediaType").String(request.media_type);
  if (!request.media_name.empty()) json.Key("MediaName").String(request.media_name);
  if (request.delete_at) json.Key("ExpireTime").String(FormatIso(*request.delete_at));
  json.EndObject();
  return json.Take();
}

std::string BodyOf(const CommitUploadRequest& request, std::int64_t sub_app_id) {
  JsonWriter json;
  json.BeginObject();
  json.Key("SubAppId").Int(sub_app_id);
  json.Key("VodSessionKey").String(request.session_key);
  json.EndObject();
  return json.Take();
}

std::string BodyOf(const Request& request, std::int64_t sub_app_id) {
  if (const auto* create = std::get_if<CreateRequest>(&request)) return create->body;
  if (const auto* detail = std::get_if<DetailRequest>(&request)) return BodyOf(*detail, sub_app_id);
  if (const auto* list = std::get_if<ListRequest>(&request)) return BodyOf(*list, sub_app_id);
  if (const auto* abort = std::get_if<AbortRequest>(&request)) return BodyOf(*abort, sub_app_id);
  if (const auto* apply = std::get_if<ApplyUploadRequest>(&request)) {
    return BodyOf(*apply, sub_app_id);
  }
  if (const auto* commit = std::get_if<CommitUploadRequest>(&request)) {
    return BodyOf(*commit, sub_app_id);
  }
  return {};
}

}  // namespace

std::string_view DefaultRegion(std::string_view host) {
  return host.find(".intl.") == std::string_view::npos ? "ap-guangzhou" : "ap-singapore";
}

std::string_view ActionOf(const Request& request) {
  if (const auto* create = std::get_if<CreateRequest>(&request)) {
    return create->kind == Kind::kVideo ? "CreateAigcVideoTask" : "CreateAigcImageTask";
  }
  if (std::holds_alternative<DetailRequest>(request)) return "DescribeTaskDetail";
  if (std::holds_alternative<ListRequest>(request)) return "DescribeTasks";
  if (std::holds_alternative<AbortRequest>(request)) return "ManageTask";
  if (std::holds_alternative<ApplyUploadRequest>(request)) return "ApplyUpload";
  if (std::holds_alternative<CommitUploadRequest>(request)) return "CommitUpload";
  return {};
}

HttpRequest MakeApiRequest(const Request& request, const ApiSettings& settings,
                           const Credentials& credentials, WallTime signing_time,
                           SigningKeyCache& keys) {
  HttpRequest out{"POST", "/", {}, BodyOf(request, settings.sub_app_id)};
  SignInput to_sign;
  to_sign.body = out.body;
  to_sign.timestamp = ToUnixSeconds(signing_time);
  to_sign.headers = {{"content-type", kContentType}, {"host", settings.host}};
  out.headers.Add("Host", settings.host);
  out.headers.Add("Content-Type", std::string(kContentType));
  out.headers.Add("Content-Length", std::to_string(out.body.size()));
  out.headers.Add("User-Agent", settings.client);
  out.headers.Add("X-TC-Action", std::string(ActionOf(request)));
  out.headers.Add("X-TC-Version", std::string(kVersion));
  out.headers.Add("X-TC-Timestamp", std::to_string(to_sign.timestamp));
  // An upload goes to a place near the region that is named, so it always is (reference 9.1).
  const bool places = std::holds_alternative<ApplyUploadRequest>(request) ||
                      std::holds_alternative<CommitUploadRequest>(request);
  const std::string region = settings.region.empty() && places
                                 ? std::string(DefaultRegion(settings.host))
                                 : settings.region;
  if (!region.empty()) out.headers.Add("X-TC-Region", region);
  if (!settings.language.empty()) out.headers.Add("X-TC-Language", settings.language);
  out.headers.Add("X-TC-RequestClient", settings.client);
  if (!credentials.token.empty()) {
    out.headers.Add("X-TC-Token", std::string(credentials.token.Reveal()));
  }
  out.headers.Add("Authorization", Sign(to_sign, credentials, keys).authorization);
  return out;
}

}  // namespace aigc::api
