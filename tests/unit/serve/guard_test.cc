#include "serve/guard.h"

#include <gtest/gtest.h>

namespace aigc::serve {
namespace {

constexpr char kToken[] = "correct-horse-battery";

Request Make(std::string method, std::vector<std::string> path,
             std::string host = "127.0.0.1:8080") {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers.Add("Host", std::move(host));
  if (request.method == "POST")
    request.headers.Add("Content-Type", "application/json; charset=utf-8");
  return request;
}

int Status(const Guard& guard, const Request& request) {
  const auto refusal = guard.Check(request);
  return refusal ? refusal->status : 0;
}

Guard Loopback() { return Guard(GuardOptions{}); }
Guard Open() { return Guard(GuardOptions{false, {"batch.example"}, Secret(kToken)}); }

TEST(Guard, KnowsItselfByAddressAndGivenNamesOnly) {
  const Guard guard = Open();
  EXPECT_EQ(Status(guard, Make("GET", {"healthz"}, "10.0.0.1:8080")), 0);
  EXPECT_EQ(Status(guard, Make("GET", {"healthz"}, "[fe80::1]:8080")), 0);
  EXPECT_EQ(Status(guard, Make("GET", {"healthz"}, "LocalHost")), 0);
  EXPECT_EQ(Status(guard, Make("GET", {"healthz"}, "Batch.example:8080")), 0);
  EXPECT_EQ(Status(guard, Make("GET", {"healthz"}, "evil.example:8080")), 421);
  EXPECT_EQ(Status(guard, Make("GET", {"healthz"}, "127.0.0.1.evil.example")), 421);
  EXPECT_EQ(Status(guard, Make("GET", {"healthz"}, "localhost:80:80")), 421);
  EXPECT_EQ(Status(guard, Make("GET", {"healthz"}, "")), 421);
}

TEST(Guard, TurnsPagesOfOtherSitesAway) {
  const Guard guard = Loopback();
  Request request = Make("GET", {"api", "v1", "batches"});
  request.headers.Add("Origin", "https://evil.example");
  EXPECT_EQ(Status(guard, request), 403);
  Request own = Make("POST", {"aigc", "create"});
  own.headers.Add("Origin", "http://127.0.0.1:8080");
  EXPECT_EQ(Status(guard, own), 0);
  Request other_port = Make("POST", {"aigc", "create"});
  other_port.headers.Add("Origin", "http://127.0.0.1:9999");
  EXPECT_EQ(Status(guard, other_port), 403);
  Request sandboxed = Make("POST", {"aigc", "create"});
  sandboxed.headers.Add("Origin", "null");
  EXPECT_EQ(Status(guard, sandboxed), 403);
  Request fetched = Make("POST", {"aigc", "create"});
  fetched.headers.Add("Sec-Fetch-Site", "cross-site");
  EXPECT_EQ(Status(guard, fetched), 403);
}

TEST(Guard, TakesNoForms) {
  Request request;
  request.method = "POST";
  request.path = {"aigc", "create"};
  request.headers.Add("Host", "localhost");
  EXPECT_EQ(Status(Loopback(), request), 415);
  request.headers.Add("Content-Type", "text/plain");
  EXPECT_EQ(Status(Loopback(), request), 415);
}

TEST(Guard, WantsTheTokenForEverythingWhereOthersCanConnect) {
  const Guard guard = Open();
  EXPECT_EQ(Status(guard, Make("GET", {"healthz"})), 0);
  EXPECT_EQ(Status(guard, Make("GET", {""})), 0);  // where to sign in
  EXPECT_EQ(Status(guard, Make("GET", {"assets", "app.js"})), 0);
  EXPECT_EQ(Status(guard, Make("POST", {"sign-in"})), 0);
  EXPECT_EQ(Status(guard, Make("GET", {"metrics"})), 401);
  EXPECT_EQ(Status(guard, Make("GET", {"healthz", "x"})), 401);
  EXPECT_EQ(Status(guard, Make("GET", {"api", "v1", "batches"})), 401);
  EXPECT_EQ(Status(guard, Make("POST", {"aigc", "create"})), 401);
  Request right = Make("POST", {"aigc", "create"});
  right.headers.Add("Authorization", std::string("bearer ") + kToken);
  EXPECT_EQ(Status(guard, right), 0);
  Request wrong = Make("POST", {"aigc", "create"});
  wrong.headers.Add("Authorization", std::string("Bearer ") + kToken + "x");
  EXPECT_EQ(Status(guard, wrong), 401);
}

TEST(Guard, WantsATokenOnTheLoopbackOnlyForWhatChanges) {
  const Guard guard(GuardOptions{true, {}, Secret(kToken)});
  EXPECT_EQ(Status(guard, Make("GET", {"api", "v1", "batches"})), 0);
  EXPECT_EQ(Status(guard, Make("POST", {"aigc", "create"})), 401);
  EXPECT_EQ(Status(Loopback(), Make("POST", {"aigc", "create"})), 0);
}

TEST(Guard, GivesACookieThatIsNotTheToken) {
  const Guard guard = Open();
  EXPECT_FALSE(guard.SignIn("wrong"));
  EXPECT_FALSE(Loopback().SignIn(""));
  const auto cookie = guard.SignIn(kToken);
  ASSERT_TRUE(cookie);
  EXPECT_EQ(cookie->find(kToken), std::string::npos);
  EXPECT_NE(cookie->find("HttpOnly"), std::string::npos);
  EXPECT_NE(cookie->find("SameSite=Strict"), std::string::npos);
  Request request = Make("GET", {"api", "v1", "batches"});
  request.headers.Add("Cookie", "other=1; " + cookie->substr(0, cookie->find(';')));
  EXPECT_EQ(Status(guard, request), 0);
}

}  // namespace
}  // namespace aigc::serve
