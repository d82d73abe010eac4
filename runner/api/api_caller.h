// One call of the API: sign, send, receive, decode. Any thread.
#pragma once

#include <mutex>
#include <string>

#include "api/codec.h"
#include "api/connection_pool.h"
#include "api/dialer.h"
#include "api/exchange.h"
#include "api/signer.h"
#include "base/clock.h"
#include "base/secret.h"

namespace aigc::api {

class ApiCaller {
 public:
  // References must outlive it.
  ApiCaller(Url endpoint, ApiSettings settings, Credentials credentials, TimeLimits limits,
            Dialer& dialer, ConnectionPool& pool, const Clock& clock);

  // Sends a create at most once. A detail, list or step of an upload whose kept connection dies
  // without a byte of answer is sent once more on a new one: doing it twice costs nothing.
  // REQUIRES: neither a DownloadRequest nor a PutObjectRequest.
  Completion Call(const Request& request);
  // The time to sign with: ours, or the service's once ours was found wrong.
  WallTime SigningTime();

 private:
  struct Reply {
    std::variant<HttpResponse, Failure> outcome;
    bool may_repeat = false;  // the connection was an old one and died without an answer
  };
  Reply Exchange(const std::string& text, bool create, bool fresh);
  HttpResponse Converse(Connection& connection, const std::string& text);
  Millis ClockOffset();
  bool CorrectClock(const Completion& completion, Millis signed_offset);

  const Url endpoint_;
  const ApiSettings settings_;
  const Credentials credentials_;
  const TimeLimits limits_;
  const std::string origin_;
  Dialer& dialer_;
  ConnectionPool& pool_;
  const Clock& clock_;
  SigningKeyCache keys_;
  std::mutex mutex_;  // guards the two below
  Millis offset_{0};  // the service's clock less ours, once it was found wrong
};

}  // namespace aigc::api
