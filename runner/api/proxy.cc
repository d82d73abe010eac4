#include "api/proxy.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace aigc::api {
namespace {

Result<std::optional<Proxy>> ReadProxy(const char* setting, std::string_view text) {
  text = Trim(text);
  if (text.empty()) return std::optional<Proxy>();
  // "host:port" alone is common usage.
  const bool bare = text.find("://") == std::string_view::npos;
  const auto url = ParseUrl(bare ? "http://" + std::string(text) : std::string(text));
  if (!url || url->tls) {
    return Error{ErrorCode::kUsage,
                 std::string(setting) + " is not a proxy address that can be used",
                 {},
                 "give it as http://host:port or http://user:password@host:port"};
  }
  Proxy proxy{*url, {}};
  if (!url->user_info.empty()) {
    try {
      std::string decoded;
      Poco::URI::decode(url->user_info, decoded);
      proxy.authorization = Secret("Basic " + Base64(decoded));
    } catch (const Poco::Exception&) {
      return Error{ErrorCode::kUsage,
                   "the user name or password in " + std::string(setting) + " cannot be read",
                   {},
                   "write reserved characters in it percent-encoded"};
    }
    proxy.url.user_info.clear();
  }
  return std::optional<Proxy>(std::move(proxy));
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.substr(0, 4) == "127.";
}

bool Matches(std::string_view entry, const Url& target) {
  if (entry == "*" || entry == target.host || entry == Authority(target)) return true;
  if (entry.substr(0, 1) == "*") entry.remove_prefix(1);
  if (entry.substr(0, 1) == ".") entry.remove_prefix(1);
  if (entry.empty() || target.host.size() < entry.size()) return false;
  const auto at = target.host.size() - entry.size();
  return target.host.substr(at) == entry && (at == 0 || target.host[at - 1] == '.');
}

}  // namespace

Result<ProxyChoice> ProxyChoice::Make(const ProxySettings& settings) {
  ProxyChoice choice;
  AIGC_ASSIGN_OR_RETURN(choice.https_, ReadProxy("HTTPS_PROXY", settings.https_proxy));
  AIGC_ASSIGN_OR_RETURN(choice.http_, ReadProxy("HTTP_PROXY", settings.http_proxy));
  for (const std::string_view entry : Split(settings.no_proxy, ',')) {
    if (!Trim(entry).empty()) choice.direct_.push_back(ToLower(Trim(entry)));
  }
  return choice;
}

const Proxy* ProxyChoice::For(const Url& target) const {
  const std::optional<Proxy>& proxy = target.tls ? https_ : http_;
  if (!proxy || IsLoopback(target.host)) return nullptr;
  const bool direct = std::any_of(direct_.begin(), direct_.end(),
                                  [&](const std::string& entry) { return Matches(entry, target); });
  return direct ? nullptr : &*proxy;
}

}  // namespace aigc::api
