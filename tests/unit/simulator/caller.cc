#include "unit/simulator/caller.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/digest.h"
#include "base/text.h"

namespace aigc::simulator {

void Sign(HttpRequest& request, const std::string& secret_id, const std::string& secret_key,
          WallTime now, std::string date) {
  std::string timestamp = std::to_string(ToUnixSeconds(now));
  if (date.empty()) date = FormatDate(now);
  std::string canonical = request.method + "\n" + request.target +
                          "\n\ncontent-type:" + ToLower(request.headers.Get("Content-Type")) +
                          "\nhost:" + ToLower(request.headers.Get("Host")) +
                          "\n\ncontent-type;host\n" + Sha256Hex(request.body);
  std::string to_sign =
      "TC3-HMAC-SHA256\n" + timestamp + "\n" + date + "/vod/tc3_request\n" + Sha256Hex(canonical);
  Sha256Bytes key = HmacSha256("TC3" + secret_key, date);
  key = HmacSha256(AsText(key), "vod");
  key = HmacSha256(AsText(key), "tc3_request");
  request.headers.Add("X-TC-Timestamp", timestamp);
  request.headers.Add("Authorization", "TC3-HMAC-SHA256 Credential=" + secret_id + "/" + date +
                                           "/vod/tc3_request, SignedHeaders=content-type;host, "
                                           "Signature=" +
                                           Hex(HmacSha256(AsText(key), to_sign)));
}

HttpRequest ApiCall(std::string_view action, std::string body, WallTime now,
                    const std::string& host) {
  HttpRequest request{"POST", "/", {}, std::move(body)};
  request.headers.Add("Host", host);
  request.headers.Add("Content-Type", "application/json");
  request.headers.Add("X-TC-Action", std::string(action));
  request.headers.Add("X-TC-Version", "2018-07-17");
  Sign(request, "sim", "sim-key", now);
  return request;
}

std::string VideoBody(std::string_view session_id, std::string_view more) {
  return "{\"SubAppId\":1500000001,\"ModelName\":\"Kling\",\"ModelVersion\":\"2.5\",\"Prompt\":"
         "\"a harbour at dawn\",\"SessionId\":\"" +
         std::string(session_id) + "\"" + std::string(more) + "}";
}

std::string ImageBody(std::string_view session_id, std::string_view more) {
  return "{\"SubAppId\":1500000001,\"ModelName\":\"OG\",\"ModelVersion\":\"image2_low\","
         "\"Prompt\":\"a telescope\",\"SessionId\":\"" +
         std::string(session_id) + "\"" + std::string(more) + "}";
}

std::string At(const std::string& json, const std::string& path) {
  using Poco::Dynamic::Var;
  try {
    Var value = Poco::JSON::Parser().parse(json);
    for (std::string_view step : Split(path, '.')) {
      std::string name(step);
      if (value.type() == typeid(Poco::JSON::Object::Ptr)) {
        auto object = value.extract<Poco::JSON::Object::Ptr>();
        if (!object->has(name)) return "(absent)";
        value = object->get(name);
      } else if (value.type() == typeid(Poco::JSON::Array::Ptr)) {
        auto array = value.extract<Poco::JSON::Array::Ptr>();
        unsigned index = static_cast<unsigned>(std::stoul(name));
        if (index >= array->size()) return "(absent)";
        value = array->get(index);
      } else {
        return "(absent)";
      }
    }
    if (value.isEmpty()) return "null";
    if (value.type() == typeid(Poco::JSON::Object::Ptr)) {
      return std::to_string(value.extract<Poco::JSON::Object::Ptr>()->size());
    }
    if (value.type() == typeid(Poco::JSON::Array::Ptr)) {
      return std::to_string(value.extract<Poco::JSON::Array::Ptr>()->size());
    }
    return value.toString();
  } catch (const Poco::Exception& e) {
    return "(not JSON: " + e.displayText() + ")";
  }
}

Caller::Caller(Scenario scenario, std::uint64_t seed)
    : service(Options(std::move(scenario), seed)) {}

ServiceOptions Caller::Options(Scenario scenario, std::uint64_t seed) {
  ServiceOptions options;
  options.credentials = {"sim", Secret("sim-key"), {}};
  options.seed = seed;
  options.scenario = std::move(scenario);
  options.file_base_url = "http://files.test";
  return options;
}

Reply Caller::Send(std::string_view action, const std::string& body) {
  return service.Handle(ApiCall(action, body, now), now);
}

std::string Caller::Call(std::string_view action, const std::string& body) {
  Reply reply = Send(action, body);
  EXPECT_EQ(reply.kind, Reply::Kind::kRespond);
  EXPECT_EQ(reply.response.status, 200);
  return reply.response.body;
}

std::string Caller::ErrorOf(std::string_view action, const std::string& body) {
  std::string answer = Call(action, body);
  EXPECT_THAT(At(answer, "Response.RequestId"), testing::SizeIs(36));
  std::string code = At(answer, "Response.Error.Code");
  return code == "(absent)" ? "" : code;
}

std::string Caller::CreateVideo(std::string_view session_id, std::string_view more) {
  return At(Call("CreateAigcVideoTask", VideoBody(session_id, more)), "Response.TaskId");
}

std::string Caller::CreateImage(std::string_view session_id, std::string_view more) {
  return At(Call("CreateAigcImageTask", ImageBody(session_id, more)), "Response.TaskId");
}

std::string Caller::Detail(const std::string& task_id) {
  return Call("DescribeTaskDetail", "{\"SubAppId\":1500000001,\"TaskId\":\"" + task_id + "\"}");
}

std::string Caller::Status(const std::string& task_id) {
  return At(Detail(task_id), "Response.Status");
}

Reply Caller::Get(const std::string& url, HttpHeaders headers, std::string method) {
  constexpr std::string_view kBase = "http://files.test";
  EXPECT_EQ(url.substr(0, kBase.size()), kBase);
  return service.Handle({std::move(method), url.substr(kBase.size()), std::move(headers), ""}, now);
}

Scenario QuickScenario() {
  Scenario scenario;
  scenario.video_time = {Millis(5000), Millis(5000)};
  scenario.image_time = {Millis(5000), Millis(5000)};
  scenario.limits.create_rate = 100000;
  scenario.limits.query_rate = 100000;
  scenario.limits.manage_rate = 100000;
  return scenario;
}

}  // namespace aigc::simulator
