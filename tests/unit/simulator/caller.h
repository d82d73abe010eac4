// A client of the simulated service for tests: signs calls by its own code, which knows nothing of
// the program's client, and reads answers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "base/http.h"
#include "base/times.h"
#include "simulator/service.h"
#include "test_paths.h"

namespace aigc::simulator {

inline constexpr std::int64_t kSubApp = 1500000001;
inline const WallTime kStart = *ParseIso("2026-08-20T08:00:00Z");

// Adds timestamp and Authorization. `date` is that of the scope; empty: the right one.
void Sign(HttpRequest& request, const std::string& secret_id, const std::string& secret_key,
          WallTime now, std::string date = "");

// A signed call. `host` is the Host header.
HttpRequest ApiCall(std::string_view action, std::string body, WallTime now,
                    const std::string& host = "127.0.0.1:8080");

// `{"SubAppId":…,"ModelName":"Kling",…}` with the session id and more members (each beginning with
// a comma) at will.
std::string VideoBody(std::string_view session_id, std::string_view more = "");
std::string ImageBody(std::string_view session_id, std::string_view more = "");

inline std::string ReadData(const std::string& name) {
  std::ifstream in(std::string(AIGC_TEST_DATA) + "/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The text or number at a path such as "Response.AigcVideoTask.Output.FileInfos.0.FileUrl" of a
// JSON text; "(absent)" and "null" for what is not there or null, and the size of lists and
// objects.
std::string At(const std::string& json, const std::string& path);

// A service at a clock that only moves when told to.
class Caller {
 public:
  explicit Caller(Scenario scenario = {}, std::uint64_t seed = 7);

  static ServiceOptions Options(Scenario scenario, std::uint64_t seed = 7);
  Reply Send(std::string_view action, const std::string& body);
  // The body of an answer that came.
  std::string Call(std::string_view action, const std::string& body);
  // The code of the error in the answer; "" when there is none.
  std::string ErrorOf(std::string_view action, const std::string& body);
  // The new task's id.
  std::string CreateVideo(std::string_view session_id, std::string_view more = "");
  std::string CreateImage(std::string_view session_id, std::string_view more = "");
  std::string Detail(const std::string& task_id);
  std::string Status(const std::string& task_id);
  Reply Get(const std::string& url, HttpHeaders headers = {}, std::string method = "GET");

  Service service;
  WallTime now = kStart;
};

// A service whose tasks take exactly five seconds and whose rates are no obstacle.
Scenario QuickScenario();

}  // namespace aigc::simulator
