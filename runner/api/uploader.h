// One PUT of a file into the object storage. Any thread.
#pragma once

#include <functional>
#include <string>

#include "api/connection_pool.h"
#include "api/dialer.h"
#include "api/exchange.h"
#include "api/url.h"
#include "base/clock.h"
#include "base/secret.h"

namespace aigc::api {

// Where contents go. Behind an endpoint of the real service: to the storage host that the service
// names. Behind any other (the simulator, a gateway): to that endpoint itself, under the storage's
// Host header, so that no answer of a stand-in can send a file anywhere but where the user pointed
// the program.
Url StorageUrl(const Url& endpoint, const UploadPlace& place);

class Uploader {
 public:
  // `signing_time` gives the time to sign with. References must outlive it.
  Uploader(Url endpoint, std::string client, Credentials credentials, TimeLimits limits,
           std::function<WallTime()> signing_time, Dialer& dialer, ConnectionPool& pool,
           const Clock& clock);

  // The content leaves piece by piece. Its last piece leaves only when all that went before and it
  // have the promised length and hash; else the connection is cut and the failure is kLocal with
  // kInvalid.
  Completion Put(const PutObjectRequest& request);

 private:
  Completion Send(const PutObjectRequest& request, const std::string& head, Connection& connection);

  const Url endpoint_;
  const std::string client_;
  const Credentials credentials_;
  const TimeLimits limits_;
  const std::function<WallTime()> signing_time_;
  Dialer& dialer_;
  ConnectionPool& pool_;
  const Clock& clock_;
};

}  // namespace aigc::api
