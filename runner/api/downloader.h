// One download: redirects, resuming, and the body piece by piece into a sink. Any thread.
#pragma once

#include <string>

#include "api/connection_pool.h"
#include "api/dialer.h"
#include "api/exchange.h"
#include "base/clock.h"

namespace aigc::api {

class Downloader {
 public:
  // `client` is the User-Agent: the only thing about us that a file server is told. References must
  // outlive it.
  Downloader(std::string client, TimeLimits limits, const ProxyChoice& proxies, Dialer& dialer,
             ConnectionPool& pool, const Clock& clock);

  Answer Fetch(const DownloadRequest& request);

 private:
  struct Step;
  std::string OriginOf(const Url& url) const;
  std::string TextOf(const Url& url, const ResumePoint& resume) const;
  Step Get(const Url& url, const ResumePoint& resume, BodySink& sink);
  Step Receive(const Url& url, const ResumePoint& resume, BodySink& sink, Connection& connection);
  Step Store(const BodyHead& head, BodySink& sink, Connection& connection);

  const std::string client_;
  const TimeLimits limits_;
  const ProxyChoice& proxies_;
  Dialer& dialer_;
  ConnectionPool& pool_;
  const Clock& clock_;
};

}  // namespace aigc::api
