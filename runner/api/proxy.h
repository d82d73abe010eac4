// Which proxy, if any, stands between us and a host. Plain values, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/url.h"
#include "base/result.h"
#include "base/secret.h"

namespace aigc::api {

// As the environment says it; empty: none. URLs are "http://[user:password@]host:port".
struct ProxySettings {
  std::string https_proxy{};  // HTTPS_PROXY: for the API and https downloads, by CONNECT
  std::string http_proxy{};   // HTTP_PROXY: for plain http downloads
  std::string no_proxy{};     // NO_PROXY: comma separated names, ".suffix", "host:port", "*"
};

struct Proxy {
  Url url;
  Secret authorization;  // "Basic …"; empty without credentials
};

class ProxyChoice {
 public:
  // kUsage when a URL cannot be used; the message names the setting and holds no credentials.
  static Result<ProxyChoice> Make(const ProxySettings& settings);
  // None: connect directly. Loopback hosts are always reached directly.
  const Proxy* For(const Url& target) const;

 private:
  std::optional<Proxy> https_, http_;
  std::vector<std::string> direct_;  // lower case
};

}  // namespace aigc::api
