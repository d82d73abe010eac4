// What the tests of PocoExchange share: an authority, a clock that the test can push, and one call
// from start to completion.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "api/poco_exchange.h"
#include "test_authority.h"
#include "test_server.h"

namespace aigc::api {

class PushedClock final : public Clock {
 public:
  WallTime Now() const override { return machine_.Now() + wall_.load(); }
  SteadyTime Ticks() const override { return machine_.Ticks() + steady_.load(); }
  void PushWall(Millis by) { wall_ = wall_.load() + by; }
  void PushTicks(Millis by) { steady_ = steady_.load() + by; }

 private:
  SystemClock machine_;
  std::atomic<Millis> wall_{Millis(0)}, steady_{Millis(0)};
};

inline const std::string kCreated = R"({"Response":{"TaskId":"task-1","RequestId":"r-1"}})";
inline const std::string kDetailed = R"({"Response":{"Status":"WAITING","RequestId":"r-2"}})";

inline CreateRequest Create() { return {Kind::kVideo, R"({"Prompt":"p"})"}; }

class ExchangeTest : public ::testing::Test {
 protected:
  static TestAuthority& Authority() {
    static TestAuthority authority;
    return authority;
  }
  static Poco::Net::Context::Ptr GoodTls() {
    static const Poco::Net::Context::Ptr tls =
        TestServer::ServerTls(Authority().Issue("DNS:localhost,IP:127.0.0.1,DNS:service.test"));
    return tls;
  }

  PocoExchangeOptions Options(const std::string& authority) {
    PocoExchangeOptions options;
    options.endpoint = "https://" + authority;
    options.credentials = {"id", Secret("key"), {}};
    options.settings.sub_app_id = 7;
    options.settings.client = "aigc-batch/1.2.3";
    options.ca_file = Authority().ca_file();
    options.create_workers = 2;
    options.query_workers = 2;
    options.download_workers = 2;
    return options;
  }

  std::unique_ptr<Exchange> Make(PocoExchangeOptions options) {
    auto made = MakePocoExchange(std::move(options), clock_);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : Describe(made.error()));
    return made.ok() ? std::move(*made) : nullptr;
  }

  // Long, but nothing waits for it to pass unless the test has failed already.
  Completion Finish(Exchange& exchange) {
    const SteadyTime deadline = clock_.Ticks() + Seconds(30);
    while (clock_.Ticks() < deadline) {
      auto done = exchange.Wait(deadline);
      if (!done.empty()) {
        EXPECT_EQ(done.size(), 1u);
        return done.front();
      }
    }
    ADD_FAILURE() << "no completion";
    return {};
  }
  Completion Call(Exchange& exchange, Request request) {
    const Ticket ticket = exchange.Start(std::move(request));
    Completion completion = Finish(exchange);
    EXPECT_EQ(completion.ticket, ticket);
    return completion;
  }
  static Failure FailureOf(const Completion& completion) {
    const auto* failure = std::get_if<Failure>(&completion.answer);
    EXPECT_NE(failure, nullptr) << "it did not fail";
    return failure ? *failure : Failure{};
  }
  static void ExpectFailure(const Completion& completion, FailureKind kind,
                            const std::string& code) {
    const Failure failure = FailureOf(completion);
    EXPECT_EQ(Name(failure.kind), Name(kind)) << failure.message;
    EXPECT_EQ(failure.code, code) << failure.message;
    EXPECT_FALSE(failure.message.empty());
  }
  static void ExpectCreated(const Completion& completion) {
    const auto* failure = std::get_if<Failure>(&completion.answer);
    EXPECT_TRUE(std::holds_alternative<CreateAnswer>(completion.answer))
        << (failure ? failure->message : "");
  }

  PushedClock clock_;
};

}  // namespace aigc::api
