#include "api/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/proxy.h"

namespace aigc::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Url, ReadsSchemeHostPortAndTarget) {
  const auto url = ParseUrl("HTTPS://Files.Example.com:8443/a%2Fb?x=1&y=%41#top");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "files.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a%2Fb?x=1&y=%41") << "a signed link must stay as it is";
  EXPECT_EQ(HostHeader(*url), "files.example.com:8443");
  EXPECT_EQ(HostHeader(*ParseUrl("http://h:80")), "h");
  EXPECT_EQ(HostHeader(*ParseUrl("https://h:80")), "h:80");
  EXPECT_EQ(Authority(*ParseUrl("https://[::1]/")), "[::1]:443");
  EXPECT_EQ(ParseUrl("http://h?q")->target, "/?q");
  EXPECT_EQ(ParseUrl("http://u:p@h/")->user_info, "u:p");
}

TEST(Url, EncodesWhatMustNotStandInARequestLine) {
  EXPECT_EQ(ParseUrl("http://h/a b\r\nX: y\xC3\xA9")->target, "/a%20b%0D%0AX:%20y%C3%A9");
}

TEST(Url, RefusesWhatIsNoHttpUrl) {
  for (const char* text :
       {"", "h", "ftp://h/", "http://", "http:///a", "http://h:0/", "http://h:x/",
        "http://h:65536/", "http://h:/", "http://a b/", "http://[::1/", "http://[h]/",
        "http://h\r\n/", "javascript:alert(1)", "file:///etc"}) {
    EXPECT_FALSE(ParseUrl(text)) << text;
  }
}

TEST(Url, FollowsEveryFormOfLocation) {
  const Url base = *ParseUrl("https://h:1/dir/file?q=1");
  EXPECT_EQ(ResolveUrl(base, "http://o/x"), ParseUrl("http://o/x"));
  EXPECT_EQ(ResolveUrl(base, "//o/x"), ParseUrl("https://o/x"));
  EXPECT_EQ(ResolveUrl(base, "/x?y"), ParseUrl("https://h:1/x?y"));
  EXPECT_EQ(ResolveUrl(base, "x"), ParseUrl("https://h:1/dir/x"));
  EXPECT_EQ(ResolveUrl(base, "?z=a:b"), ParseUrl("https://h:1/dir/file?z=a:b"));
  EXPECT_FALSE(ResolveUrl(base, ""));
  EXPECT_FALSE(ResolveUrl(base, "ftp://o/x"));
}

const Proxy* For(const ProxyChoice& choice, const char* url) { return choice.For(*ParseUrl(url)); }

TEST(ProxyChoice, TakesTheProxyOfTheScheme) {
  const auto choice = ProxyChoice::Make({"http://secure:1", "plain:2", ""});
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(For(*choice, "https://h")->url.host, "secure");
  EXPECT_EQ(For(*choice, "http://h")->url.host, "plain");
  EXPECT_EQ(For(*choice, "http://h")->url.port, 2);
}

TEST(ProxyChoice, GoesDirectlyToWhatNoProxyNamesAndToLoopback) {
  const auto choice =
      ProxyChoice::Make({"http://p:1", "", " a.test, .b.test ,*.c.test,d.test:8443"});
  ASSERT_TRUE(choice.ok());
  for (const char* direct : {"https://a.test", "https://x.a.test", "https://b.test",
                             "https://x.b.test", "https://y.c.test", "https://d.test:8443",
                             "https://localhost", "https://127.0.0.5", "https://[::1]"}) {
    EXPECT_EQ(For(*choice, direct), nullptr) << direct;
  }
  for (const char* proxied :
       {"https://aa.test", "https://xb.test", "https://d.test", "https://test"}) {
    EXPECT_NE(For(*choice, proxied), nullptr) << proxied;
  }
  EXPECT_EQ(For(*choice, "http://z.test"), nullptr);
  EXPECT_EQ(For(*ProxyChoice::Make({"http://p:1", "", "*"}), "https://z.test"), nullptr);
}

TEST(ProxyChoice, DecodesCredentialsAndNeverShowsThem) {
  const auto choice = ProxyChoice::Make({"http://user:p%40ss@p:1", "", ""});
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(For(*choice, "https://h")->authorization.Reveal(), "Basic dXNlcjpwQHNz");
  EXPECT_TRUE(For(*choice, "https://h")->url.user_info.empty());
  for (const char* bad : {"https://user:secret@p:1", "socks5://user:secret@p:1",
                          "http://user:secret@", "http://user:secret%zz@p:1"}) {
    const auto refused = ProxyChoice::Make({bad, "", ""});
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
    EXPECT_THAT(Describe(refused.error()), HasSubstr("HTTPS_PROXY"));
    EXPECT_THAT(Describe(refused.error()), Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace aigc::api
